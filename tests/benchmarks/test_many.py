"""Many definitions in one call, beside other checkers of YAML, and very long ones. See `test_validate.py`."""

import gc
import time

import pytest

from sagadsl.language.load import check
from tests.benchmarks.sagas import chain, dense_chain, template
from tests.benchmarks.test_validate import SCHEMA, script, seconds

DEFINITIONS, TEMPLATES = 1_000, 100  # of the slowest, fewer: its start of a second or two then weighs more
STATES = 20
ROUNDS = 3
MOST = 12  # times as long for ten times the states


def written(folder, count, make):
    """Write so many files into a new folder and return their paths."""
    folder.mkdir()
    paths = [folder / f"f{number}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(make(number), encoding="utf-8")
    return paths


def test_a_thousand_definitions_in_one_call_beside_other_checkers(tmp_path):
    sagas = written(tmp_path / "sagas", DEFINITIONS, lambda number: chain(STATES - 1, f"chain_{number}"))
    templates = written(tmp_path / "templates", TEMPLATES, lambda _: template(STATES))
    commands = {
        "sagadsl validate": (len(sagas), [script("sagadsl"), "validate", tmp_path / "sagas"]),
        "check-jsonschema": (len(sagas), [script("check-jsonschema"), "--schemafile", SCHEMA, *sagas]),
        "cfn-lint": (len(templates), [script("cfn-lint"), "--regions", "us-east-1", "--", *templates]),
    }

    best = dict.fromkeys(commands, float("inf"))
    for _ in range(ROUNDS):  # in turn, so that whatever else the machine does falls on all alike
        for name, (_, command) in commands.items():
            best[name] = min(best[name], seconds(*command))

    for name, (count, _) in commands.items():
        print(f"\n{name}: {count} files in {best[name]:.1f} s, {count / best[name]:.0f} a second", end="")


@pytest.fixture(params=[None, 50_000], ids=["as a library", "as the command line"])
def collector(request):
    """How often Python looks for garbage: what it takes grows faster than the text, so the command line has it less."""
    before = gc.get_threshold()
    if request.param:
        gc.set_threshold(request.param)
    yield request.param
    gc.set_threshold(*before)


def test_ten_times_the_states_take_at_most_twelve_times_as_long(collector):
    def once(text):
        began = time.process_time()
        definition, diagnostics = check(text, "chain.yaml")
        took = time.process_time() - began
        assert definition is not None
        assert not diagnostics
        return took

    short, long = dense_chain(1_000), dense_chain(10_000)
    once(short)
    times = [(once(short), once(long)) for _ in range(ROUNDS)]

    shortest, longest = (min(column) for column in zip(*times, strict=True))
    ratio = longest / shortest
    print(f"\n1,000 states {1000 * shortest:.0f} ms, 10,000 states {1000 * longest:.0f} ms: {ratio:.1f} times", end="")
    assert ratio <= MOST
