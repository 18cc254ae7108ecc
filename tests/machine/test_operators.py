"""What people may ask of a saga, and what they are told when they may not."""

from dataclasses import replace

import pytest

from sagadsl import UnexpectedEvent
from sagadsl.machine.commands import ReleaseLocks
from sagadsl.machine.events import CompensationRequested, LocksAcquired, RetryRequested, StepResolved, StepSkipped
from tests.machine.build import branch, definition, parallel, succeed, task
from tests.machine.story import Story

SAGA = """
name: order
states:
  reserve: {service: stock, action: reserve, compensation: release, next: pay}
  pay: {service: bank, action: pay, kind: pivot, retry: {max_attempts: 2, initial_delay: 1s}, on_failure: fail, next: ship}
  ship: {service: post, action: ship, kind: retriable, payload: {paid: "${has(states.pay.output.id)}"}, next: end}
  end: {type: succeed}
"""


def failed_at_pay():
    return Story(SAGA).succeeds().fails("Down", retryable=False)


def test_a_running_saga_can_be_undone_and_what_runs_is_in_doubt():
    story = Story(SAGA).given(CompensationRequested(by="ann", why="customer called"))

    assert story.wants == ["undo reserve"]
    assert story.saga.error.code == "Cancelled"
    assert story.saga.error.message == "compensation requested by ann: customer called"


def test_a_failed_saga_can_be_undone_before_its_pivot():
    story = failed_at_pay().given(CompensationRequested())

    assert story.wants == ["undo reserve"]
    assert story.succeeds().wants == ["compensated"]


def test_nothing_is_undone_after_the_pivot_even_if_asked():
    story = Story(SAGA).succeeds().succeeds().fails()

    with pytest.raises(UnexpectedEvent, match="passed its pivot and only goes forward"):
        story.given(CompensationRequested())


def test_a_failed_step_is_resolved_with_an_output_given_by_hand():
    story = failed_at_pay().given(StepResolved("pay", {"id": "by hand"}, by="ann"))

    assert story.wants == ["do ship"]
    assert story.call().payload == {"paid": True}
    assert story.saga.pivot_passed
    assert story.status == "running"


def test_a_failed_step_is_skipped_and_has_no_output():
    story = failed_at_pay().given(StepSkipped("pay"))

    assert story.call().payload == {"paid": False}
    assert story.status_of("pay") == "skipped"
    assert not story.saga.pivot_passed


def test_a_step_that_was_skipped_in_doubt_is_undone_when_the_saga_is():
    text = SAGA.replace("action: pay,", "action: pay, compensation: refund,")
    story = Story(text).succeeds().fails("Timeout", retryable=False, in_doubt=True)
    story.given(StepSkipped("pay")).given(CompensationRequested())

    assert story.wants == ["undo pay"]


def test_a_retry_begins_a_new_round_of_attempts():
    story = Story(SAGA).succeeds().fails().timer_fires().fails()
    assert story.wants == ["failed"]

    assert story.given(RetryRequested()).wants == ["do pay"]
    assert story.call().attempt == 3
    assert story.fails().wants == ["wait 1"]
    assert story.timer_fires().call().attempt == 4
    assert story.fails().wants == ["failed"]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (RetryRequested(), "the saga is running, not failed or compensation_failed"),
        (StepResolved("reserve"), "'reserve' is running, not failed"),
        (StepSkipped("pay"), "'pay' has not been started"),
    ],
    ids=["retry", "resolve", "skip"],
)
def test_a_request_that_does_not_fit_is_refused_with_the_reason(event, why):
    story = Story(SAGA)

    with pytest.raises(UnexpectedEvent, match=why):
        story.given(event)


@pytest.mark.parametrize("event", [RetryRequested(), CompensationRequested(), StepResolved("pay"), StepSkipped("pay")])
def test_nothing_can_be_asked_of_a_completed_saga(event):
    story = Story(SAGA).succeeds().succeeds().succeeds()
    assert story.status == "completed"

    with pytest.raises(UnexpectedEvent, match="the saga is completed"):
        story.given(event)


SIDE_BY_SIDE = """
name: parcels
states:
  both:
    type: parallel
    ON_FAILURE
    branches:
      left:
        steps:
          - {id: pack, service: stock, action: pack, compensation: unpack}
          - {id: label, service: stock, action: label}
      right:
        steps: [{id: weigh, service: stock, action: weigh, compensation: forget}]
    next: end
  end: {type: succeed}
"""


@pytest.mark.parametrize("decision", [StepResolved, StepSkipped])
def test_while_a_parallel_is_failing_and_awaits_what_runs_beside_nothing_is_decided_by_hand(decision):
    story = Story(SIDE_BY_SIDE.replace("ON_FAILURE", "")).fails(state="pack", retryable=False)
    before = story.saga.snapshot()

    with pytest.raises(UnexpectedEvent, match="'both' is failing because of 'pack' and awaits what still runs inside"):
        story.given(decision("pack"))

    assert story.saga.snapshot() == before
    assert story.succeeds("weigh").wants == ["undo weigh"]
    assert story.succeeds().wants == ["compensated"]


def test_once_the_saga_has_failed_the_step_inside_the_parallel_is_done_by_hand_and_its_branch_goes_on():
    story = Story(SIDE_BY_SIDE.replace("ON_FAILURE", "on_failure: fail")).fails(state="pack", retryable=False)
    assert story.succeeds("weigh").wants == ["failed"]

    assert story.given(StepResolved("pack")).wants == ["do label"]
    assert story.succeeds().wants == ["completed"]


def test_a_step_inside_a_nested_parallel_is_not_decided_about_while_the_one_around_it_is_failing():
    inner = parallel("inner", {"x": branch(task("x", "x_end"), succeed("x_end"))}, "m_end", on_failure="wait_for")
    inner = replace(inner, on_failure=replace(inner.on_failure, signal="go"))
    branches = {
        "middle": branch(inner, succeed("m_end")),
        "right": branch(task("r", "r_end"), succeed("r_end")),
        "left": branch(task("l", "l_end"), succeed("l_end")),
    }
    story = Story(definition(parallel("outer", branches, "end"), succeed("end")))
    story.fails(state="x", retryable=False).fails(state="r", retryable=False)

    with pytest.raises(UnexpectedEvent, match="'outer' is failing because of 'r'"):
        story.given(StepResolved("x"))
    assert story.succeeds("l").wants == ["undo l"]


BEHIND_THE_PIVOT = """
name: stuck
locks: [account]
states:
  pay: {service: bank, action: pay, kind: pivot, next: which}
  which: {type: choice, choices: [{when: "input.n > 1", next: end}]}
  end: {type: succeed}
"""


def stuck():
    return Story(BEHIND_THE_PIVOT, {"n": 1}).given(LocksAcquired()).succeeds()


def test_a_saga_that_stands_at_no_step_behind_its_pivot_is_completed_by_hand_and_gives_its_locks_back():
    story = stuck()
    assert story.saga.status == "failed"
    assert story.saga.error.code == "NoChoice"

    story.given(StepResolved("which", {"by": "phone"}, by="ann"))

    assert story.saga.status == "completed"
    assert story.saga.output == {"by": "phone"}
    assert story.saga.error is None
    assert any(isinstance(command, ReleaseLocks) for command in story.commands)


@pytest.mark.parametrize(
    "event", [StepResolved("pay"), StepResolved("end"), StepResolved("which", region="0"), StepSkipped("which")]
)
def test_nothing_else_ends_such_a_saga(event):
    with pytest.raises(UnexpectedEvent):
        stuck().given(event)
