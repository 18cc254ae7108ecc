"""What a transition and a saga cost, beside plain `transitions` and a bare loop. See `test_validate.py`."""

import timeit

from transitions import Machine

from sagadsl import compile_saga, load
from sagadsl.machine.commands import Finish
from sagadsl.machine.dispatch import DispatchMachine
from sagadsl.machine.events import SagaStarted, StepSucceeded
from tests.benchmarks.sagas import chain

STATES = ["a", "b"]
TRANSITIONS = [["go", "a", "b"], ["go", "b", "a"]]


class Model:
    __slots__ = ("state",)


def best(statement, number):
    """Microseconds for one call."""
    return min(timeit.repeat(statement, number=number, repeat=5)) / number * 1e6


def test_a_transition_beside_plain_transitions_and_a_dictionary():
    machines = {
        kind: kind(
            model=None, states=STATES, transitions=TRANSITIONS, initial="a", auto_transitions=False, send_event=True
        )
        for kind in (Machine, DispatchMachine)
    }
    model = Model()
    model.state = "a"
    table = {("go", "a"): "b", ("go", "b"): "a"}

    def bare():
        model.state = table["go", model.state]

    plain = best(lambda: machines[Machine].events["go"].trigger(model), 2_000)
    ours = best(lambda: machines[DispatchMachine].fire(model, "go"), 50_000)
    floor = best(bare, 200_000)

    print(f"\ntransitions {plain:.2f} µs, ours {ours:.2f} µs, a dictionary and an assignment {floor:.2f} µs", end="")
    print(f"\nratios: {plain / ours:.0f} times faster than transitions, {ours / floor:.1f} times the dictionary")


def test_a_five_step_saga_from_start_to_end_through_apply():
    compiled = compile_saga(load(chain(5)))
    definition = compiled.definition
    events = [SagaStarted({"amount": 1.0}, definition.name, definition.version, compiled.hash)]
    events += [StepSucceeded(f"s{number}", 1, {"ref": "r"}) for number in range(5)]

    def run():
        saga = compiled.new("x")
        for event in events:
            commands = saga.apply(event)
        return commands

    assert isinstance(run()[-1], Finish)
    print(f"\na five-step saga: {best(run, 500):.0f} µs, {best(run, 500) / len(events):.1f} µs an event")
