"""Waiting, other sagas, jobs that are reported later, and locks."""

import pytest

from sagadsl import UnexpectedEvent
from sagadsl.machine.commands import CompensateChild, Finish, Invoke, StartChild
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    Failure,
    LocksAcquired,
    RetryRequested,
    SignalReceived,
    StepFailed,
    StepSucceeded,
)
from tests.machine.build import definition, sub, succeed, task, undo, wait
from tests.machine.story import Story


def waiting(**kwargs):
    return definition(
        task("a", next="w"),
        wait("w", next="b", **kwargs),
        task("b", next="end"),
        task("late", next="end"),
        succeed("end"),
    )


def test_a_wait_for_some_time():
    story = Story(waiting(for_=90.0)).succeeds()
    assert story.wants == ["wait 90"]
    assert story.status_of("w") == "waiting"

    assert story.timer_fires().wants == ["do b"]
    assert story.status_of("w") == "completed"


@pytest.mark.parametrize(
    "event", [StepSucceeded("w", 0, reported=True), StepFailed("w", 0, Failure("No"), reported=True)]
)
def test_a_wait_is_ended_by_no_report(event):
    story = Story(waiting(for_=90.0)).succeeds()

    with pytest.raises(UnexpectedEvent, match="'w' does not wait for a report"):
        story.saga.apply(event)


@pytest.mark.parametrize(
    ("until", "delay"),
    [
        ("'1970-01-01T00:10:00Z'", 600),
        ("'1970-01-01T01:10:00+01:00'", 600),
        ("timestamp('1970-01-01T00:10:00Z')", 600),
        ("'1969-01-01T00:00:00Z'", 0),
        ("saga.started_at + duration('30s')", 30),
    ],
)
def test_a_wait_until_an_instant(until, delay):
    story = Story(waiting(until=until)).succeeds()

    assert story.wants == [f"wait {delay}"]
    assert story.timer_fires().wants == ["do b"]


def test_an_instant_that_is_none_fails_the_wait():
    story = Story(waiting(until="'tomorrow'")).succeeds()

    assert story.wants == ["undo a"]
    assert "'tomorrow'" in story.saga.error.message


def test_a_wait_for_a_signal_whose_payload_is_its_output():
    story = Story(waiting(signal="go", timeout=60.0)).succeeds()
    assert story.wants == ["wait 60"]

    story.given(SignalReceived("go", {"ok": True}))
    assert story.wants == ["cancel w/wait/1", "do b"]
    assert story.saga.scope["states.w.output"] == story.saga.scope["signals.go"] == {"ok": True}


def test_a_signal_that_comes_before_its_wait_is_kept():
    story = Story(waiting(signal="go")).given(SignalReceived("go", 1)).given(SignalReceived("go", 2)).succeeds()

    assert story.wants == ["do b"]
    assert story.saga.scope["signals.go"] == 1
    assert story.saga.signals["go"] == [2]


def test_a_signal_that_does_not_come_in_time_leads_elsewhere_or_is_a_failure():
    elsewhere = Story(waiting(signal="go", timeout=60.0, on_timeout="late")).succeeds().timer_fires()
    failure = Story(waiting(signal="go", timeout=60.0)).succeeds().timer_fires()

    assert elsewhere.wants == ["do late"]
    assert failure.wants == ["undo a"]
    assert (failure.saga.error.code, failure.saga.error_state) == ("Timeout", "w")


def test_a_saga_that_is_told_to_compensate_while_it_waits_has_nothing_in_doubt():
    story = Story(waiting(for_=90.0)).succeeds().given(CompensationRequested())

    assert story.wants == ["cancel w/wait/1", "undo a"]


def parent(**kwargs):
    return definition(
        task("a", next="child"),
        sub("child", "shipping", next="b", input={"n": "${input.n}"}, version="2", **kwargs),
        task("b", next="end", payload={"got": "${states.child.output}"}),
        succeed("end"),
    )


def test_another_saga_is_started_with_an_input_and_an_id_of_its_own():
    story = Story(parent(), {"n": 7}).succeeds()
    assert story.commands == [StartChild("child", 1, 1, "shipping", "2", {"n": 7}, "s1/child")]

    assert story.succeeds(output={"done": 1}).call().payload == {"got": {"done": 1}}


def test_undoing_the_state_undoes_the_other_saga():
    story = Story(parent(), {"n": 7}).succeeds().succeeds().fails()
    assert story.commands == [CompensateChild("child", 1, 1, "s1/child")]

    assert story.succeeds().wants == ["undo a"]


def test_undoing_the_state_runs_its_own_compensation_if_it_has_one():
    story = Story(parent(compensation=undo("child")), {"n": 7}).succeeds().succeeds().fails()

    assert story.wants == ["undo child"]


def test_another_saga_that_fails_is_caught_as_any_other_step():
    story = Story(parent(catch={"OutOfStock": "b"}).with_payload("b", {}), {"n": 7}).succeeds().fails("OutOfStock")

    assert story.wants == ["do b"]


def test_another_saga_that_takes_too_long_is_undone_because_nobody_knows_how_far_it_is():
    story = Story(parent(timeout=60.0), {"n": 7}).succeeds()
    assert story.wants == ["start shipping", "wait 60"]

    assert story.timer_fires().wants == ["undo saga s1/child"]


def test_a_saga_that_cannot_be_undone_leaves_the_one_around_it_to_a_person():
    story = Story(parent(), {"n": 7}).succeeds().succeeds().fails()
    story.given(CompensationFailed("child", 1, Failure("NotCompensated")))

    assert story.wants == ["compensation_failed"]


def test_a_saga_that_completed_is_undone_only_by_the_saga_around_it():
    story = Story(definition(task("a", next="end"), succeed("end"))).succeeds()
    assert story.status == "completed"

    with pytest.raises(UnexpectedEvent, match="the saga is completed"):
        story.given(CompensationRequested())
    assert story.given(CompensationRequested(parent=True)).wants == ["undo a"]
    assert story.succeeds().wants == ["compensated"]


def reporting(**kwargs):
    return definition(
        task("job", next="end", callback=True, timeout=100.0, **kwargs), succeed("end", "${states.job.output}")
    )


def report(story, output, attempt=1):
    return story.given(StepSucceeded("job", attempt, output, reported=True))


def test_a_callback_step_waits_for_its_outcome_after_the_job_was_taken():
    story = Story(reporting())
    assert story.commands[0].callback

    story.given(StepSucceeded("job", 1, {"taken": True}), after=10)
    assert story.wants == ["wait 90"]
    assert story.status_of("job") == "waiting"
    assert report(story, {"result": 5}).commands[-1] == Finish("completed", {"result": 5})


def test_an_outcome_may_come_before_the_job_was_confirmed_and_the_confirmation_is_then_too_late():
    story = report(Story(reporting()), {"result": 5})
    assert story.status == "completed"

    assert story.given(StepSucceeded("job", 1, {"taken": True})).wants == []
    assert story.saga.output == {"result": 5}


def test_an_outcome_that_does_not_come_in_time_is_in_doubt():
    story = Story(reporting()).given(StepSucceeded("job", 1, {})).timer_fires()

    assert story.wants == ["undo job"]
    assert story.saga.error.code == "Timeout"


def test_a_failure_may_be_reported_and_is_retried_as_any_other():
    from sagadsl.language.definition import Retry

    story = Story(reporting(retry=Retry(max_attempts=2))).given(StepSucceeded("job", 1, {}))
    story.given(StepFailed("job", 1, Failure("Broken"), reported=True))
    assert story.wants == ["cancel job/report/1", "wait 1"]

    assert isinstance(story.timer_fires().commands[0], Invoke)
    assert story.call().attempt == 2


def test_an_outcome_that_nobody_waits_for_is_refused():
    story = Story(reporting()).given(StepSucceeded("job", 1, {}))

    with pytest.raises(UnexpectedEvent, match="nobody waits for attempt 2"):
        report(story, {}, attempt=2)


LOCKED = definition(
    task("a", next="end"),
    succeed("end"),
    locks=("order ${input.n}", "customer ${input.c}"),
    timeout=60.0,
    key="${input.n}",
)


def test_locks_are_asked_for_in_sorted_order_and_given_back_in_the_end():
    story = Story(LOCKED, {"n": 1, "c": "ann"})
    assert story.wants == ["lock customer ann order 1"]
    assert (story.status, story.saga.key) == ("created", "1")

    assert story.given(LocksAcquired()).wants == ["wait 60", "do a"]
    assert story.succeeds().wants == ["cancel saga", "unlock customer ann order 1", "completed"]


def test_a_saga_that_waits_for_its_locks_can_be_cancelled():
    story = Story(LOCKED, {"n": 1, "c": "ann"}).given(CompensationRequested(by="bob"))

    assert story.wants == ["unlock customer ann order 1", "compensated"]
    assert story.saga.error.code == "Cancelled"


def test_a_failed_saga_keeps_its_locks():
    story = Story(LOCKED.vary(kinds={"a": "pivot"}), {"n": 1, "c": "ann"}).given(LocksAcquired()).succeeds()
    assert "unlock customer ann order 1" in story.wants

    story = Story(LOCKED.vary(order="reverse", on_failure="halt"), {"n": 1, "c": "ann"}).given(LocksAcquired())
    assert story.fails().wants == ["cancel saga", "unlock customer ann order 1", "compensated"]


def test_locks_that_were_not_asked_for_are_out_of_place():
    with pytest.raises(UnexpectedEvent, match="the saga is running"):
        Story(waiting(for_=1.0)).given(LocksAcquired())


def test_a_lock_whose_name_cannot_be_made_starts_nothing():
    story = Story(LOCKED, {"n": 1})

    assert story.wants == ["compensated"]
    assert story.saga.error.code == "InvalidPayload"


def test_replaying_gives_the_same_saga():
    story = Story(parent(timeout=60.0), {"n": 7}).succeeds().fails("X").succeeds()
    again = story.replayed()
    assert again.snapshot() == story.saga.snapshot()

    story = Story(waiting(signal="go", timeout=5.0), max_retries=1).given(SignalReceived("go")).succeeds().fails()
    assert story.replayed().snapshot() == story.saga.snapshot()
    with pytest.raises(UnexpectedEvent):
        story.given(RetryRequested())
