"""What people decide about one of several items or branches that have failed, and what they have not decided."""

import pytest

from sagadsl import UnexpectedEvent, compile_saga, load
from sagadsl.machine.commands import Compensate, Invoke
from sagadsl.machine.events import (
    CompensationRequested,
    Failure,
    RetryRequested,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)

ITEMS = """
name: tour
states:
  all:
    type: map
    items: "[1, 2, 3]"
    on_failure: fail
    BEARS
    steps:
      - {id: book, service: hotel, action: book, compensation: cancel}
      - {id: pay, service: bank, action: pay, compensation: refund}
    next: done
  done: {type: succeed, output: {all: "${states.all.output}"}}
"""
GONE = Failure("Gone", "sold out", retryable=False)


def items(*failed, bears=""):
    """A map whose second step has failed for these items, and was answered for the others."""
    compiled = compile_saga(load(ITEMS.replace("BEARS", bears)))
    saga = compiled.new("s")
    saga.apply(compiled.started({}))
    for item in "012":
        saga.apply(StepSucceeded("book", 1, {}, region=item))
    for item in "012":
        saga.apply(
            StepFailed("pay", 1, GONE, region=item) if item in failed else StepSucceeded("pay", 1, {}, region=item)
        )
    return saga


def called(commands):
    return [f"{each.state}/{each.region}" for each in commands if isinstance(each, Invoke)]


@pytest.mark.parametrize("decision", [StepResolved, StepSkipped])
def test_whoever_decides_about_one_item_has_decided_about_no_other(decision):
    saga = items("0", "2")

    commands = saga.apply(decision("pay", region="0"))

    assert called(commands) == []
    assert (saga.status, saga.error, saga.error_state) == ("failed", GONE, "pay")
    assert saga.latest["pay", "2"].status == "failed"
    with pytest.raises(UnexpectedEvent, match="not failed"):
        saga.apply(StepSkipped("pay", region="0"))


def test_the_saga_goes_on_when_everything_that_has_failed_has_been_decided_about():
    saga = items("0", "1", "2")
    for item in "021":
        assert saga.status == "failed"
        saga.apply(StepResolved("pay", {"by": "hand"}, region=item))

    assert (saga.status, saga.error) == ("completed", None)


def test_a_retry_tries_again_what_nobody_has_decided_about():
    saga = items("0", "2")
    saga.apply(StepResolved("pay", {}, region="0"))

    assert called(saga.apply(RetryRequested())) == ["pay/2"]
    saga.apply(StepSucceeded("pay", 2, {}, region="2"))

    assert saga.status == "completed"


def test_what_was_resolved_is_undone_if_the_others_are_given_up():
    saga = items("0", "2")
    saga.apply(StepResolved("pay", {}, region="0"))

    saga.apply(CompensationRequested())

    assert [each.label for each in saga.to_undo if each.name == "pay"] + [
        each.state for each in saga.outstanding.values() if isinstance(each, Compensate)
    ] == ["pay/1", "pay"]


def test_a_map_that_may_bear_some_still_calls_nothing_again_that_nobody_has_decided_about():
    saga = items("0", "1", "2", bears="max_failures: 1")
    saga.apply(StepResolved("pay", {}, region="0"))
    commands = saga.apply(StepSkipped("pay", region="1"))

    assert (saga.status, called(commands)) == ("failed", [])
    assert called(saga.apply(RetryRequested())) == ["pay/2"]


BOTH = """
name: both
states:
  both:
    type: parallel
    on_failure: fail
    branches:
      left:
        steps:
          - id: all
            type: map
            items: "[1]"
            steps: [{id: pay, service: bank, action: pay, compensation: refund}]
      right:
        steps: [{id: ship, service: post, action: ship, compensation: back}]
    next: done
  done: {type: succeed, output: {all: "${states.all.output}"}}
"""
REGION = {"pay": "0", "ship": ""}


@pytest.mark.parametrize(("first", "then"), [("pay", "ship"), ("ship", "pay")])
@pytest.mark.parametrize("fails", [("pay", "ship"), ("ship", "pay")], ids=["the map first", "the map while awaited"])
def test_a_map_in_a_branch_waits_for_the_other_branch_too(fails, first, then):
    compiled = compile_saga(load(BOTH))
    saga = compiled.new("s")
    saga.apply(compiled.started({}))
    for step in fails:
        saga.apply(StepFailed(step, 1, GONE, region=REGION[step]))

    assert called(saga.apply(StepResolved(first, {}, region=REGION[first]))) == []
    assert (saga.status, saga.error_state) == ("failed", then)
    saga.apply(StepResolved(then, {}, region=REGION[then]))

    assert saga.status == "completed"


@pytest.mark.parametrize("decision", [StepResolved("ship", {}), StepSkipped("ship"), RetryRequested()])
def test_an_item_that_its_map_has_borne_is_not_called_again_because_of_what_failed_beside_the_map(decision):
    """The map goes on from where it was: with what it could bear then, and without asking anybody about it."""
    compiled = compile_saga(load(BOTH.replace('"[1]"', '"[1, 2, 3]"\n            max_failures: 1')))
    saga = compiled.new("s")
    saga.apply(compiled.started({}))
    saga.apply(StepFailed("pay", 1, GONE, region="0"))
    saga.apply(StepSucceeded("pay", 1, {"n": 2}, region="1"))
    saga.apply(StepFailed("ship", 1, GONE))
    saga.apply(StepFailed("pay", 1, GONE, region="2"))
    assert saga.status == "failed"

    again = called(saga.apply(decision))

    if isinstance(decision, RetryRequested):
        assert again == ["pay/2", "ship/"]
        saga.apply(StepSucceeded("ship", 2, {}))
        saga.apply(StepSucceeded("pay", 2, {"n": 3}, region="2"))
    else:
        assert (again, saga.status, saga.error_state) == ([], "failed", "pay")
        saga.apply(StepResolved("pay", {"n": 3}, region="2"))
    assert (saga.status, saga.output) == ("completed", {"all": [None, {}, {}]})
