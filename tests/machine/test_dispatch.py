"""The looked-up path and the library's own path are one behaviour."""

import copy
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from transitions import Machine, MachineError, State
from transitions.extensions.states import Tags, add_state_features

from sagadsl.machine.dispatch import DispatchMachine
from tests.machine.machines import MACHINES, OPERATIONS, STATES, Model, Run


@given(MACHINES, OPERATIONS)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_machines_behave_as_plain_transitions_machines_do(machine, operations):
    ours, plain = Run(DispatchMachine, machine), Run(Machine, machine)

    for operation in operations:
        assert ours.do(operation) == plain.do(operation), operation
        assert ours.standing == plain.standing, operation


def simple(**kwargs):
    return DispatchMachine(
        model=None,
        states=STATES,
        initial="a",
        auto_transitions=False,
        transitions=[["go", "a", "b"], ["go", "b", "c"]],
        **kwargs,
    )


def shortcuts(machine):
    return {trigger: dict(moves) for trigger, moves in machine.shortcuts.moves.items()}


def after_a_step(machine):
    model = Model("state", "a")
    machine.fire(model, "go")
    return machine, model


def test_what_leads_on_without_a_call_is_looked_up_and_the_rest_is_not():
    machine, _ = after_a_step(simple())
    assert shortcuts(machine) == {"go": {"a": "b", "b": "c"}}

    machine.add_transition("go", "c", "a", conditions=lambda: False)
    machine.add_transition("stay", "a", None)
    machine.fire(Model("state", "a"), "go")

    assert shortcuts(machine) == {"go": {"a": "b", "b": "c"}, "stay": {}}


CHANGES = {
    "a callback in a state's list": lambda m, seen: m.states["c"].on_enter.append(seen),
    "a callback by its name": lambda m, seen: m.on_enter_c(seen),
    "a list of callbacks in the place of another": lambda m, seen: setattr(m.states["b"], "on_exit", [seen]),
    "a callback in a transition's list": lambda m, seen: m.get_transitions("go", "b")[0].after.append(seen),
    "two callbacks at once": lambda m, seen: m.get_transitions("go", "b")[0].before.extend([seen]),
    "a callback for every transition of a trigger": lambda m, seen: m.before_go(seen),
    "a callback of the whole machine": lambda m, seen: setattr(m, "after_state_change", seen),
    "another one in that list": lambda m, seen: m.finalize_event.append(seen),
    "a callback by addition in place": lambda m, seen: m.states["c"].on_enter.__iadd__([seen]),
    "a callback by a slice": lambda m, seen: m.states["c"].on_enter.__setitem__(slice(0, 0), [seen]),
    "another state under its name": lambda m, seen: m.states.update(c=State("c", on_enter=seen)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_callback_that_is_added_later_is_called(what):
    (machine, model), calls = after_a_step(simple()), []
    assert shortcuts(machine)["go"]

    CHANGES[what](machine, lambda: calls.append(model.state))
    machine.fire(model, "go")

    assert model.state == "c"
    assert len(calls) == 1


def test_a_callback_that_is_taken_away_makes_the_way_short_again():
    machine, model = after_a_step(simple())

    machine.states["c"].on_enter.append(print)
    machine.states["c"].on_enter.remove(print)
    model.state = "b"
    machine.fire(model, "go")

    assert shortcuts(machine) == {"go": {"a": "b", "b": "c"}}


def test_transitions_may_be_added_removed_and_changed_while_it_runs():
    machine, model = after_a_step(simple())

    machine.add_transition("go", "c", "a")
    machine.fire(model, "go")
    machine.fire(model, "go")
    assert model.state == "a"

    machine.get_transitions("go", "a")[0].dest = "c"
    machine.fire(model, "go")
    assert model.state == "c"

    machine.remove_transition("go", source="c")
    with pytest.raises(MachineError, match="Can't trigger event go from state c"):
        machine.fire(model, "go")

    machine.remove_transition("go")
    with pytest.raises(KeyError):
        machine.fire(Model("state", "a"), "go")


def test_a_removed_transition_among_several_leaves_the_next_one():
    machine = simple()
    machine.add_transition("go", "a", "c")
    model = after_a_step(machine)[1]
    assert model.state == "b"

    del machine.events["go"].transitions["a"][0]

    assert after_a_step(machine)[1].state == "c"


def test_a_list_that_nobody_watches_is_never_concluded_from():
    callbacks, called = [], []
    machine, model = after_a_step(simple(after_state_change=callbacks))
    assert shortcuts(machine) == {"go": {}}

    callbacks.append(lambda: called.append("called"))
    machine.fire(model, "go")

    assert called == ["called"]


def test_states_of_another_kind_are_left_to_the_library():
    @add_state_features(Tags)
    class Tagged(DispatchMachine):
        pass

    machine = Tagged(model=None, states=[{"name": "a", "tags": ["first"]}, "b"], initial="a", auto_transitions=False)
    machine.add_transition("go", "a", "b")
    machine, model = after_a_step(machine)

    assert (model.state, machine.states["a"].is_first) == ("b", True)
    assert shortcuts(machine) == {"go": {}}


def test_it_takes_models_with_slots_that_were_never_added():
    class Slotted:
        __slots__ = ("state",)

    model = Slotted()
    model.state = "a"
    simple().fire(model, "go")

    assert model.state == "b"


@pytest.mark.parametrize("clone", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy])
def test_a_copy_of_a_machine_goes_its_own_way(clone):
    machine, _ = after_a_step(simple())
    twin = clone(machine)
    assert after_a_step(twin)[1].state == "b"

    twin.on_enter_b(twin.events.clear)
    after_a_step(twin)

    assert not twin.events
    assert shortcuts(machine) == {"go": {"a": "b", "b": "c"}}
    machine.on_enter_b(machine.events.clear)
    after_a_step(machine)
    assert not machine.events
