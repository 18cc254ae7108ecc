"""The tables hold what the specification says, and the machines hold what the tables say."""

import pytest
from transitions import MachineError

from sagadsl.machine.compiler import SAGA_MACHINE, STEP_MACHINE
from sagadsl.machine.lifecycles import SAGA, STEP

SPECIFIED = {
    "saga": """
        created start running            running complete completed
        running fail failed              failed retry retrying
        retrying resume running          retrying give_up failed
        running compensate compensating  failed compensate compensating
        compensating finish_compensation compensated
        compensating fail_compensation compensation_failed
        compensation_failed retry_compensation compensating
        compensation_failed resolve compensated
    """,
    "step": """
        pending start running            running complete completed       pending skip skipped
        running fail failed              failed retry retrying
        retrying resume running          retrying give_up failed
        running wait waiting             waiting resume running           waiting complete completed
        completed compensate compensating  failed compensate compensating
        compensating finish_compensation compensated
        compensating fail_compensation compensation_failed
        compensation_failed retry_compensation compensating
        compensation_failed resolve compensated
    """,
}


class Model:
    def __init__(self, status):
        self.status = status


@pytest.mark.parametrize("lifecycle", [SAGA, STEP], ids=lambda lifecycle: lifecycle.name)
def test_a_lifecycle_has_every_transition_of_the_specification(lifecycle):
    words = SPECIFIED[lifecycle.name].split()
    specified = set(zip(words[0::3], words[1::3], words[2::3], strict=True))

    rows = {(row.source, row.trigger, row.dest) for row in lifecycle.rows}

    assert specified <= rows
    # what operators add to a step: a failed one is resolved or skipped, and a skipped one may be in doubt
    added = {
        ("failed", "resolve", "completed"),
        ("failed", "skip", "skipped"),
        ("skipped", "compensate", "compensating"),
    }
    assert rows - specified == (added if lifecycle is STEP else set())


@pytest.mark.parametrize(("lifecycle", "machine"), [(SAGA, SAGA_MACHINE), (STEP, STEP_MACHINE)], ids=["saga", "step"])
def test_a_lifecycle_machine_does_what_its_table_says_and_refuses_the_rest(lifecycle, machine):
    allowed = {(row.source, row.trigger): row.dest for row in lifecycle.rows}
    for status in lifecycle.states:
        for trigger in {row.trigger for row in lifecycle.rows}:
            model = Model(status)
            if (status, trigger) in allowed:
                machine.fire(model, trigger)
                assert model.status == allowed[status, trigger]
            else:
                with pytest.raises(MachineError):
                    machine.fire(model, trigger)
                assert model.status == status


@pytest.mark.parametrize("lifecycle", [SAGA, STEP], ids=lambda lifecycle: lifecycle.name)
def test_nothing_leaves_a_final_status_and_everything_else_can_be_left(lifecycle):
    left = {row.source for row in lifecycle.rows}

    assert set(lifecycle.states) - left == lifecycle.final


@pytest.mark.parametrize("lifecycle", [SAGA, STEP], ids=lambda lifecycle: lifecycle.name)
def test_a_table_is_deterministic(lifecycle):
    sources = [(row.source, row.trigger) for row in lifecycle.rows]

    assert len(sources) == len(set(sources))
