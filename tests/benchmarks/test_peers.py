"""A five-step saga from start to end beside two statechart libraries that run an equivalent chart.

    pip install 'sagadsl[bench]'
    pytest -s tests/benchmarks/test_peers.py

Equivalent means that the chart can do what the saga can: each step is called with a payload of the input and the answer
before it, is tried three times with a pause between, and leads to the undoing of the completed steps, the last one
first; a compensation that fails leads to `compensation_failed`. What is measured is the way on which all goes well.
The peers still do less: they know no attempts in doubt, give no commands that a replay would give again, and payloads
are Python code that nobody has checked.
"""

import io

import pytest

from sagadsl import compile_saga, load
from sagadsl.machine.commands import Finish
from sagadsl.machine.events import SagaStarted, StepSucceeded
from tests.benchmarks.sagas import chain
from tests.benchmarks.test_machine import best

STEPS = 5
statemachine = pytest.importorskip("statemachine")
sismic_io = pytest.importorskip("sismic.io")
sismic_interpreter = pytest.importorskip("sismic.interpreter")


def ours():
    compiled = compile_saga(load(chain(STEPS)))
    definition = compiled.definition

    def run():
        saga = compiled.new("x")
        saga.apply(SagaStarted({"amount": 1.0}, definition.name, definition.version, compiled.hash))
        for step in range(STEPS):
            commands = saga.apply(StepSucceeded(f"s{step}", 1, {"ref": "r"}))
        return isinstance(commands[-1], Finish)

    return run


def _step(number):
    """A step of the saga in `statemachine`: it is running, or it waits to be tried again."""

    class Step(statemachine.State.Compound, name=f"s{number}"):
        vars()[f"running{number}"] = running = statemachine.State(initial=True, enter="call")
        vars()[f"retrying{number}"] = retrying = statemachine.State()
        again = retrying.to(running)
        failed = running.to(retrying, cond="may_retry")
        del running, retrying  # a state's name is unique in the whole chart

    return Step


class Chain(statemachine.StateChart):
    allow_event_without_transition = False

    s0, s1, s2, s3, s4 = (_step(number) for number in range(STEPS))
    c0, c1, c2, c3 = (statemachine.State(enter="undo") for _ in range(STEPS - 1))
    done = statemachine.State(final=True)
    compensated = statemachine.State(final=True)
    compensation_failed = statemachine.State()

    succeeded = s0.to(s1) | s1.to(s2) | s2.to(s3) | s3.to(s4) | s4.to(done)
    given_up = s0.to(compensated) | s1.to(c0) | s2.to(c1) | s3.to(c2) | s4.to(c3)
    undone = c3.to(c2) | c2.to(c1) | c1.to(c0) | c0.to(compensated)
    undo_failed = (
        c3.to(compensation_failed)
        | c2.to(compensation_failed)
        | c1.to(compensation_failed)
        | c0.to(compensation_failed)
    )

    resolved = compensation_failed.to(compensated)

    def __init__(self, amount):
        self.amount, self.outputs, self.wanted, self.attempts = amount, [], [], 0
        super().__init__()

    def before_succeeded(self, output):
        self.outputs.append(output)
        self.attempts = 0

    def may_retry(self):
        return self.attempts < 3

    def call(self):
        self.attempts += 1
        payload = {"amount": self.amount}
        if self.outputs:
            payload["before"] = self.outputs[-1]["ref"]
        self.wanted.append((f"do {len(self.outputs)}", payload))

    def undo(self):
        self.wanted.append(("undo", self.outputs.pop()))


def python_statemachine():
    def run():
        machine = Chain(1.0)
        for _ in range(STEPS):
            machine.succeeded(output={"ref": "r"})
        return len(machine.wanted) == STEPS and "done" in machine.configuration_values

    return run


def sismic():
    states = "".join(
        f"""
      - name: s{step}
        initial: running{step}
        transitions:
          - event: succeeded
            action: |
              outputs.append(event.output)
              attempts = 0
            target: {f"s{step + 1}" if step + 1 < STEPS else "done"}
          - event: given_up
            target: {f"c{step - 1}" if step else "compensated"}
        states:
          - name: running{step}
            on entry: |
              attempts = attempts + 1
              payload = {{'amount': amount}}
              if outputs:
                  payload['before'] = outputs[-1]['ref']
              wanted.append(('do {step}', payload))
            transitions:
              - event: failed
                guard: attempts < 3
                target: retrying{step}
          - name: retrying{step}
            transitions:
              - event: again
                target: running{step}"""
        for step in range(STEPS)
    )
    undoing = "".join(
        f"""
      - name: c{step}
        on entry: wanted.append(('undo', outputs.pop()))
        transitions:
          - event: undone
            target: {f"c{step - 1}" if step else "compensated"}
          - event: undo_failed
            target: compensation_failed"""
        for step in range(STEPS - 1)
    )
    text = f"""
statechart:
  name: chain
  preamble: |
    amount = 1.0
    attempts = 0
    outputs = []
    wanted = []
  root state:
    name: root
    initial: s0
    states:{states}{undoing}
      - name: compensation_failed
        transitions:
          - event: resolved
            target: compensated
      - name: done
        type: final
      - name: compensated
        type: final
"""
    chart = sismic_io.import_from_yaml(io.StringIO(text))

    def run():
        interpreter = sismic_interpreter.Interpreter(chart)
        interpreter.execute()
        for _ in range(STEPS):
            interpreter.queue("succeeded", output={"ref": "r"})
            interpreter.execute()
        return interpreter.final and len(interpreter.context["wanted"]) == STEPS

    return run


def test_a_five_step_saga_beside_python_statemachine_and_sismic():
    """In turns, and the best of each: the machine may be busy with something else for a while."""
    runs = {kind.__name__: (kind(), number) for kind, number in ((ours, 500), (python_statemachine, 20), (sismic, 20))}
    assert all(run() for run, _ in runs.values())
    turns = [{name: best(*run) for name, run in runs.items()} for _ in range(3)]
    costs = {name: min(turn[name] for turn in turns) for name in runs}

    cost = costs.pop("ours")
    print(f"\nours: {cost:.0f} µs from start to end")
    for name, theirs in costs.items():
        print(f"{name}: {theirs:,.0f} µs, {theirs / cost:.0f} times as long")
    assert min(costs.values()) / cost >= 20
