"""pytest collects scenarios as tests of its own."""

import pytest

from tests.runtime.scenarios.conftest import STAY

pytest_plugins = ["pytester"]

SCENARIOS = """
defaults: {input: {city: Rome}}
scenarios:
  - {name: all is well, expect: {status: completed}}
  - {name: the hotel is full, services: {book: {fails: Full}}, expect: {status: completed, actions: [book]}}
"""


@pytest.fixture
def run(pytester):
    def run(scenarios, *options):
        (pytester.path / "stay.yaml").write_text(STAY, encoding="utf-8")
        (pytester.path / "stay.scenarios.yaml").write_text(scenarios, encoding="utf-8")
        loaded = [] if _is_installed() else ["-p", "sagadsl.pytest_plugin"]
        return pytester.runpytest_inprocess(*loaded, "-p", "no:asyncio", "-p", "no:hypothesispytest", *options)

    return run


def _is_installed():
    from importlib.metadata import entry_points

    return any(point.value == "sagadsl.pytest_plugin" for point in entry_points(group="pytest11"))


def test_each_scenario_is_a_test_with_its_name(run):
    result = run(SCENARIOS, "-v")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["stay.scenarios.yaml::all is well PASSED*", "stay.scenarios.yaml::the hotel is full FAILED*"]
    )


def test_a_failure_is_the_comparison_and_no_traceback(run):
    result = run(SCENARIOS)

    result.stdout.fnmatch_lines(
        [
            "*_ scenario: the hotel is full _*",
            "status not as expected, at *stay.scenarios.yaml:5",
            "status",
            "  >   completed  compensated",
            "what happened:",
            "in the end: compensated, because of Full, in book",
            "FAILED stay.scenarios.yaml::the hotel is full - status not as expected*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*.py:*")


def test_one_scenario_can_be_asked_for(run):
    run(SCENARIOS, "stay.scenarios.yaml::all is well").assert_outcomes(passed=1)
    run(SCENARIOS, "-k", "hotel").assert_outcomes(failed=1, deselected=1)


def test_a_file_with_errors_says_so_and_where(run):
    result = run(SCENARIOS.replace("{book:", "{boook:"))

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*stay.scenarios.yaml:5:42: error: stay has no state 'boook' [[]SAGA723]", "*did you mean 'book'?"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_mistake_of_ours_keeps_its_traceback(run, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("sagadsl.runtime.scenarios.verdict.judge", broken)

    run(SCENARIOS).stdout.fnmatch_lines(["*ZeroDivisionError: ours*"])


def test_other_files_are_left_alone(run, pytester):
    pytester.makefile(".yaml", notes="scenarios: none")

    run(SCENARIOS, "notes.yaml").assert_outcomes()
