"""Decisions that would lead nowhere are refused before anything has happened; all others are not."""

from dataclasses import replace

import pytest

from sagadsl import UnexpectedEvent, compile_saga, load
from sagadsl.machine.events import Failure, StepFailed, StepResolved, StepSkipped, StepSucceeded
from sagadsl.runtime import foreseen

TEXT = """
name: order
steps:
  - {id: z, service: s, action: a, compensation: undo}
  - {id: a, service: s, action: a, compensation: undo, on_failure: fail}
  - {id: b, service: s, action: b, kind: read_only, payload: {x: "PAYLOAD"}}
"""


def failed_at_a(payload):
    compiled = compile_saga(load(TEXT.replace("PAYLOAD", payload)))
    events = [compiled.started({}), StepSucceeded("z", 1, {"n": 1}), StepFailed("a", 1, Failure("No", retryable=False))]
    return compiled.replay("s", [replace(event, seq=n, at=float(n)) for n, event in enumerate(events, 1)])


TX = "${states.a.output.tx}"


@pytest.mark.parametrize(
    ("payload", "output"),
    [
        (TX, {}),
        ("${states.a.output.list[0]}", {"list": []}),
        ("${states.a.output.list.map(x, x.y)}", {"list": [{}]}),
        ("${states.a.output.tx.ty}", {"tx": "text"}),
        ("${states.z.output.n + states.a.output.tx}", {}),
    ],
)
def test_an_output_that_the_next_state_cannot_read_is_refused(payload, output):
    saga = failed_at_a(payload)
    before = saga.snapshot()

    with pytest.raises(UnexpectedEvent, match="'b' cannot go on from this output: at x: "):
        foreseen.check(saga, StepResolved("a", output))

    assert saga.snapshot() == before


def test_a_skip_is_refused_where_the_next_state_reads_the_output_and_the_way_out_is_said():
    with pytest.raises(UnexpectedEvent, match=r"'b' cannot go on without 'a': .*; resolve it with an output instead"):
        foreseen.check(failed_at_a(TX), StepSkipped("a"))


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (TX, StepResolved("a", {"tx": 1})),
        ("${has(states.a.output.tx) ? states.a.output.tx : 0}", StepSkipped("a")),
        ("${states.a.output}", StepSkipped("a")),
        ("${has(states.a.output.u) ? 1 : states.z.output.gone}", StepSkipped("a")),
        (TX, StepFailed("a", 1, Failure("No"))),
    ],
    ids=["what is read is there", "guarded", "the whole", "another output is missing", "no decision"],
)
def test_whatever_else_is_let_pass(payload, event):
    foreseen.check(failed_at_a(payload), event)


def test_what_the_machine_refuses_is_refused():
    with pytest.raises(UnexpectedEvent, match="'b' has not been started"):
        foreseen.check(failed_at_a(TX), StepSkipped("b"))
