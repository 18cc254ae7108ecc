"""Very many sagas: 10,000 in flight, 10,000 to be taken up again after a crash, and 1,000,000 in the store.

    pytest -s tests/benchmarks/test_engine_many.py

See `test_engine.py`. Of times, only ratios are asserted; the aims are printed beside what was measured.
"""

import json
import subprocess
import sys
import time

import pytest

from tests.benchmarks.databases import Databases, durable_postgres, fill
from tests.benchmarks.test_engine import IN_FLIGHT, ROOT, Best, measured

MANY = 10_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SAMPLE = 3_000
ROUNDS = 3


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("databases")
    if request.param == "sqlite":
        yield Databases("sqlite", folder, None)
    else:
        with durable_postgres() as server:
            yield Databases("postgresql", folder, server)


def percentile(seconds, share):
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


@pytest.mark.parametrize("worker", [[], ["--worker"]], ids=["as a library", "as a worker"])
def test_start_and_get_with_ten_thousand_in_flight(databases, worker):
    with databases.new() as url:
        result = measured("engine_load", *worker, "latency", url, MANY)

    print(
        f"\n{databases.kind}: {result['active']:,} in flight, {result['bytes'] / 1024:.1f} KiB of memory each", end=""
    )
    for what in ("start", "get"):
        median, high = (1000 * percentile(result[what], share) for share in (0.5, 0.99))
        print(f"\n{what}: median {median:.1f} ms, 99 % within {high:.1f} ms (aim: 100 ms)", end="")
    assert result["active"] >= MANY
    assert len(result["start"]) == len(result["get"])


def test_ten_thousand_interrupted_sagas_run_again(databases):
    with databases.new() as url:
        _until_it_says("begin", url, MANY)
        began = time.perf_counter()
        told = _until_it_says("resume", url, MANY)
        seconds = time.perf_counter() - began

    print(
        f"\n{databases.kind}: {told['running']:,} running again {seconds:.1f} s after the restart (aim: 30 s)", end=""
    )
    assert told == {"running": MANY}


def _until_it_says(what, url, count):
    """Let a process work until it says something, and kill it."""
    command = [sys.executable, "-m", "tests.benchmarks.engine_load", what, url, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
        finally:
            process.kill()
    return json.loads(line)


def test_a_saga_costs_the_same_whether_a_thousand_or_a_million_are_in_the_store(databases):
    best = {}
    with databases.new() as url:
        measured("engine_load", "--worker", "throughput", url, 100, 100)
        for size in SIZES:
            fill(url, size)
            best[size] = Best()
            for _ in range(ROUNDS):
                best[size].take(
                    f"{size:,} in the store", measured("engine_load", "--worker", "throughput", url, SAMPLE, IN_FLIGHT)
                )

    for each in best.values():
        each.tell(*each.rates)
    rates = [rate for each in best.values() for rate in each.rates.values()]
    cpu = [cost for each in best.values() for cost in each.cpu.values()]
    print(
        f"\n{databases.kind}: the last takes {rates[0] / rates[-1]:.2f} times as long, {cpu[-1] / cpu[0]:.2f} times the work"
    )
    assert rates[0] / rates[-1] < 3  # both ends had three rounds, but the machine may have had others to serve
    assert cpu[-1] / cpu[0] < 2
