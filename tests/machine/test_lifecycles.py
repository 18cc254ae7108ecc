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


ADDED = {
    # a saga that has not begun is cancelled; a sub-saga that has completed is undone with the saga around it; one that
    # has failed behind its pivot at no step is completed by hand
    "saga": {
        ("created", "cancel", "compensated"),
        ("completed", "compensate", "compensating"),
        ("failed", "resolve", "completed"),
    },
    # a person resolves or skips a failed step; what was skipped may have taken place all the same
    "step": {
        ("failed", "resolve", "completed"),
        ("failed", "skip", "skipped"),
        ("skipped", "compensate", "compensating"),
    },
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
    assert rows - specified == ADDED[lifecycle.name]


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
def test_a_final_status_is_left_only_to_be_undone_and_every_other_can_be_left(lifecycle):
    left = {row.source for row in lifecycle.rows}
    left_otherwise = {row.source for row in lifecycle.rows if row.trigger != "compensate"}

    assert not left_otherwise & lifecycle.final
    assert set(lifecycle.states) - left <= lifecycle.final


@pytest.mark.parametrize("lifecycle", [SAGA, STEP], ids=lambda lifecycle: lifecycle.name)
def test_a_table_is_deterministic(lifecycle):
    sources = [(row.source, row.trigger) for row in lifecycle.rows]

    assert len(sources) == len(set(sources))
