"""The fast path and the library's own path are one behaviour."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import Machine, MachineError

from sagadsl.machine.dispatch import DispatchMachine

STATES = ["a", "b", "c"]
TRIGGERS = ["go", "back", "jump"]
PLACES = ["prepare", "conditions", "unless", "before", "after"]

rows = st.lists(
    st.fixed_dictionaries(
        {
            "trigger": st.sampled_from(TRIGGERS),
            "source": st.sampled_from(STATES),
            "dest": st.sampled_from(STATES),
            "hooks": st.frozensets(st.sampled_from(PLACES), max_size=2),
        }
    ),
    min_size=1,
    max_size=8,
)


class Model:
    def __init__(self):
        self.state = "a"


def build(machine_cls, table, entered, left, log, answers):
    def hook(name, value=None):
        def called(event):
            log.append((name, event.model.state, event.event.name))
            return answers.get(name, True) if value is None else value

        return called

    transitions = []
    for index, row in enumerate(table):
        hooks = {place: hook(f"{place}{index}") for place in row["hooks"]}
        transitions.append({key: row[key] for key in ("trigger", "source", "dest")} | hooks)
    states = [
        {
            "name": name,
            **({"on_enter": hook(f"enter {name}")} if name in entered else {}),
            **({"on_exit": hook(f"exit {name}")} if name in left else {}),
        }
        for name in STATES
    ]
    return machine_cls(
        model=None,
        states=states,
        transitions=transitions,
        initial="a",
        auto_transitions=False,
        send_event=True,
    )


def outcomes(machine, events, log):
    model, seen = Model(), []
    for trigger in events:
        try:
            result = machine.events[trigger].trigger(model) if trigger in machine.events else "no such trigger"
        except MachineError as error:
            result = str(error)
        seen.append((result, model.state, list(log)))
    return seen


@given(
    table=rows,
    entered=st.frozensets(st.sampled_from(STATES), max_size=1),
    left=st.frozensets(st.sampled_from(STATES), max_size=1),
    answers=st.dictionaries(
        st.sampled_from([f"{p}{i}" for p in ("conditions", "unless") for i in range(8)]), st.booleans()
    ),
    events=st.lists(st.sampled_from(TRIGGERS), max_size=12),
)
@settings(max_examples=300, deadline=None)
def test_random_machines_behave_as_plain_transitions_machines_do(table, entered, left, answers, events):
    log, plain_log = [], []
    ours = build(DispatchMachine, table, entered, left, log, answers)
    plain = build(Machine, table, entered, left, plain_log, answers)

    assert outcomes(ours, events, log) == outcomes(plain, events, plain_log)


def simple():
    return DispatchMachine(
        model=None,
        states=STATES,
        initial="a",
        auto_transitions=False,
        transitions=[["go", "a", "b"], ["go", "b", "c"]],
    )


def test_a_callback_that_is_added_later_is_called():
    machine, model, seen = simple(), Model(), []
    machine.fire(model, "go")

    machine.on_enter_c(lambda: seen.append("c"))
    machine.fire(model, "go")

    assert (model.state, seen) == ("c", ["c"])


@pytest.mark.parametrize("where", ["before_state_change", "after_state_change", "prepare_event", "finalize_event"])
def test_a_callback_of_the_whole_machine_is_called(where):
    machine, model, seen = simple(), Model(), []

    setattr(machine, where, lambda: seen.append(where))
    machine.fire(model, "go")

    assert (model.state, seen) == ("b", [where])


def test_transitions_may_be_added_and_removed_while_it_runs():
    machine, model = simple(), Model()

    machine.add_transition("go", "c", "a")
    for _ in range(3):
        machine.fire(model, "go")
    assert model.state == "a"

    machine.remove_transition("go", source="a")
    with pytest.raises(MachineError, match="Can't trigger event go from state a"):
        machine.fire(model, "go")


def test_the_plain_path_takes_models_with_slots_that_were_never_added():
    class Slotted:
        __slots__ = ("state",)

    model = Slotted()
    model.state = "a"
    simple().fire(model, "go")

    assert model.state == "b"
