"""Sagas a second, beside DBOS and beside a bare loop that writes the same rows. Five steps, actions that do nothing.

    pip install 'sagadsl[test,bench]'
    pytest -s tests/benchmarks/test_engine.py

Every measurement is a process of its own; they take turns, and of each the best round counts, so that whatever else
the machine does falls on all alike. `µs` is processor time, which is the more reliable figure on a shared machine.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.databases import Databases, bare, durable_postgres

ROOT = Path(__file__).parents[2]
IN_FLIGHT = 1_000
SAGAS, FEWER = 5_000, 1_000  # DBOS is given fewer, or one would wait for it all day
ROUNDS = 3
ROWS = 7  # of a saga: six events, and the one that lists it

# As its documentation has it, and then what serves it best here: a pool of one where SQLite lets only one write anyway,
# and the sizes that its makers' own benchmark has for PostgreSQL. A pool of 0 stands for the library's own numbers.
DBOS = {
    "sqlite": {"as documented": ("tasks", "0", "plain"), "at its best": ("threads", "1", "tuned")},
    "postgresql": {"as documented": ("tasks", "0", "plain"), "at its best": ("threads", "16", "tuned")},
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("databases")
    if request.param == "sqlite":
        yield Databases("sqlite", folder, None)
    else:
        with durable_postgres() as server:
            yield Databases("postgresql", folder, server)


def measured(module, *arguments):
    """What a measurement prints at last."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


class Best:
    """The best rounds of several contestants."""

    def __init__(self):
        self.rates, self.cpu = {}, {}

    def take(self, name, result):
        self.rates[name] = max(self.rates.get(name, 0), result["sagas"] / result["seconds"])
        self.cpu[name] = min(self.cpu.get(name, 1e9), 1e6 * result["cpu"] / result["sagas"])

    def tell(self, name):
        print(f"\n{name}: {self.rates[name]:,.0f} sagas/s, {self.cpu[name]:,.0f} µs each", end="")


def test_sagas_a_second_with_a_thousand_in_flight_by_store(databases):
    best = Best()
    for _ in range(ROUNDS):
        best.take("memory", measured("engine_load", "--worker", "throughput", "memory:", SAGAS, IN_FLIGHT))
        with databases.new() as url:
            best.take(f"{databases.kind}, as a library", measured("engine_load", "throughput", url, SAGAS, IN_FLIGHT))
        for what, name in {"throughput": "as a worker", "outcomes": "as a worker that reads every outcome"}.items():
            with databases.new() as url:
                best.take(f"{databases.kind}, {name}", measured("engine_load", "--worker", what, url, SAGAS, IN_FLIGHT))

    for name in best.rates:
        best.tell(name)
    share = best.rates[f"{databases.kind}, as a worker"] / best.rates["memory"]
    print(f"\n{databases.kind} beside memory: {share:.2f} (aim: 1,000 sagas/s on SQLite)")
    assert share > 0.1


def test_the_share_of_what_a_bare_loop_writes(databases):
    rows, limit = 0.0, 0.0
    for _ in range(ROUNDS):
        with databases.new() as url, databases.new() as other:
            result = measured("engine_load", "--worker", "throughput", url, SAGAS, IN_FLIGHT)
            measured("engine_load", "--worker", "throughput", other, 0, 1)  # makes the tables
            rows = max(rows, ROWS * result["sagas"] / result["seconds"])
            limit = max(limit, bare(url, other))

    share = rows / limit
    print(f"\n{databases.kind}: {rows:,.0f} rows/s of {limit:,.0f} rows/s in batches of 100: {share:.0%}", end="")
    assert share > 0.02


def test_the_same_five_steps_with_dbos(databases):
    pytest.importorskip("dbos")
    best = Best()
    for _ in range(ROUNDS):
        with databases.new() as url:
            best.take("sagadsl", measured("engine_load", "--worker", "throughput", url, SAGAS, IN_FLIGHT))
        for name, (style, pool, tuned) in DBOS[databases.kind].items():
            with databases.new() as url:
                best.take(f"DBOS {name}", measured("dbos_app", url, style, FEWER, IN_FLIGHT, pool, tuned))

    ours = best.rates["sagadsl"]
    for name, rate in best.rates.items():
        best.tell(name)
        print(f"; sagadsl does {ours / rate:.1f} times as many" if rate != ours else "", end="")
    print("\n(aim: 100 times)")
    assert ours > 2 * max(rate for name, rate in best.rates.items() if name != "sagadsl")
