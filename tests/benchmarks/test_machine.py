"""What a transition and a saga cost, beside plain `transitions` and a bare dictionary. See `test_validate.py`.

    pytest -s tests/benchmarks/test_machine.py

The numbers are ratios of what was measured in one run, one after the other, on the same machine.
"""

import time
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
    pass


def best(statement, number):
    """Microseconds of this process for one call; what others do on the machine meanwhile does not count."""
    return min(timeit.repeat(statement, timer=time.process_time, number=number, repeat=7)) / number * 1e6


def test_a_transition_beside_plain_transitions_and_a_dictionary():
    """Through the event, as a saga does it; and through the method that the library gives an added model."""
    costs = {}
    for kind, number in ((Machine, 3_000), (DispatchMachine, 100_000)):
        model = Model()
        machine = kind(model=model, states=STATES, transitions=TRANSITIONS, initial="a", auto_transitions=False)
        event = machine.events["go"]
        costs[kind] = [
            best(lambda event=event, model=model: event.trigger(model), number),
            best(lambda model=model: model.go(), number),
        ]
    model, table = Model(), {("go", "a"): "b", ("go", "b"): "a"}
    model.state = "a"

    def bare():
        model.state = table["go", model.state]

    floor = best(bare, 200_000)
    for way, plain, ours in zip(("the event", "the model's method"), *costs.values(), strict=True):
        print(f"\n{way}: transitions {plain:.2f} µs, ours {ours:.3f} µs, a dictionary and an assignment {floor:.3f} µs")
        print(f"  {plain / ours:.0f} times faster than transitions, {ours / floor:.1f} times the dictionary")
        assert plain / ours >= 40
        assert ours / floor <= 5


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
    cost = best(run, 500)
    print(f"\na five-step saga: {cost:.0f} µs, {cost / len(events):.1f} µs an event, {1e6 / cost:,.0f} sagas a second")
