"""How long checking takes: as a whole process beside check-jsonschema, and by the length of the definition.

    .venv/bin/pip install '.[test,bench]'
    .venv/bin/python -m pytest tests/benchmarks -s

Prints a ratio for each; nothing here is asserted of time.
"""

import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from sagadsl.language.load import check
from tests.benchmarks.sagas import chain

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "definitions" / "order_processing.yaml"
SCHEMA = ROOT / "sagadsl" / "language" / "saga.schema.json"
ROUNDS = 25


def script(name):
    """The path of a command of this environment."""
    return shutil.which(name, path=sysconfig.get_path("scripts")) or pytest.skip(f"{name} is not installed")


def seconds(*command):
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def test_validating_one_file_as_a_whole_process_beside_check_jsonschema():
    ours = [script("sagadsl"), "validate", DEFINITION]
    theirs = [script("check-jsonschema"), "--schemafile", SCHEMA, DEFINITION]
    bare = [sys.executable, "-c", "pass"]
    times = {"sagadsl": [], "check-jsonschema": [], "bare python": []}

    for _ in range(ROUNDS):  # in turn, so that whatever else the machine does falls on all alike
        for name, command in zip(times, (ours, theirs, bare), strict=True):
            times[name].append(seconds(*command))

    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"\n{name}: median {1000 * median:.0f} ms, best {1000 * min(times[name]):.0f} ms", end="")
    print(f"\nratio sagadsl / check-jsonschema: {medians['sagadsl'] / medians['check-jsonschema']:.2f}")


@pytest.mark.parametrize("states", [100, 1_000, 4_000])
def test_parsing_and_checking_by_the_number_of_states(benchmark, states):
    text = chain(states)
    check(text, "warm.yaml")

    definition, diagnostics = benchmark.pedantic(check, args=(text, "chain.yaml"), rounds=5)

    assert definition is not None
    assert not diagnostics
    benchmark.extra_info["milliseconds a state"] = round(1000 * benchmark.stats.stats.min / states, 4)
    print(
        f"\n{states} states: {1000 * benchmark.stats.stats.min:.1f} ms, {benchmark.extra_info['milliseconds a state']} ms a state"
    )
