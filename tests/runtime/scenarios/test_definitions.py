"""The scenarios of the sample sagas pass, and leave nothing out that an analyst would ask about."""

from functools import cache
from pathlib import Path

import pytest

from sagadsl.cli.story import Teller
from sagadsl.language.definition import SubSaga, Task
from sagadsl.machine.events import TIMEOUT
from sagadsl.runtime.scenarios.reading import read_scenarios
from sagadsl.runtime.scenarios.running import play
from sagadsl.runtime.scenarios.verdict import judge

FOLDER = Path(__file__).parents[3] / "definitions"
SAGAS = sorted(path.stem for path in FOLDER.glob("*.yaml") if "." not in path.stem)


@cache
def read(saga):
    return read_scenarios(FOLDER / f"{saga}.scenarios.yaml")


@cache
def played(saga):
    file = read(saga)
    return [play(scenario, file.compiled) for scenario in file.scenarios]


SCENARIOS = [
    pytest.param(saga, index, id=f"{saga}: {scenario.name}")
    for saga in SAGAS
    for index, scenario in enumerate(read(saga).scenarios)
]


@pytest.mark.parametrize(("saga", "index"), SCENARIOS)
def test_a_scenario_passes(saga, index):
    file = read(saga)
    verdict = judge(file.scenarios[index], file.compiled, Teller().tell)

    assert verdict.passed, verdict.text


@pytest.mark.parametrize("saga", SAGAS)
def test_a_saga_completes_in_some_scenario(saga):
    assert any(run.outcome.status == "completed" and run.outcome.error is None for run in played(saga))


@pytest.mark.parametrize("saga", SAGAS)
def test_every_step_fails_in_some_scenario(saga):
    failing = {step.state for run in played(saga) for step in run.outcome.steps if step.status == "failed"}
    undone = {run.outcome.error_state for run in played(saga)}
    calling = {s.name for s in read(saga).compiled.definition.all_states.values() if isinstance(s, Task | SubSaga)}

    assert calling - failing - undone == set()


@pytest.mark.parametrize("saga", SAGAS)
def test_a_compensation_fails_in_some_scenario(saga):
    assert any(run.outcome.status == "compensation_failed" for run in played(saga))


@pytest.mark.parametrize("saga", SAGAS)
def test_something_times_out_in_some_scenario(saga):
    errors = [step.error for run in played(saga) for step in run.outcome.steps if step.error is not None]

    assert any(error.code == TIMEOUT for error in errors)


@pytest.mark.parametrize("saga", SAGAS)
def test_every_scenario_says_how_the_saga_ends(saga):
    assert all("status" in scenario.expect for scenario in read(saga).scenarios)
