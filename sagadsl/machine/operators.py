"""What people ask for: retry, compensate, resolve, skip; each refused where the lifecycles do not allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.machine import backward, forward, regions, steps
from sagadsl.machine.compiler import NEXT
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.events import (
    CANCELLED,
    CompensationRequested,
    Failure,
    RetryRequested,
    StepResolved,
    StepSkipped,
)
from sagadsl.machine.execution import Execution

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def retry(saga: Saga, event: RetryRequested) -> None:
    """Try again what failed: the state in which the saga stopped, or the compensations that did not succeed."""
    saga.require(event, "failed", "compensation_failed")
    if saga.status == "compensation_failed":
        saga.fire("retry_compensation")
        backward.go_on(saga)
        return
    limit = saga.definition.max_retries
    if saga.retries >= limit:
        raise saga.refuse(event, f"the saga has been retried {saga.retries} times, and its max_retries is {limit}")
    saga.retries += 1
    _run_again(saga)
    regions.resume(saga, saga.root)


def _run_again(saga: Saga) -> None:
    saga.error, saga.error_state = None, None
    saga.fire("retry")
    saga.fire("resume")
    forward.start_saga_timer(saga)


def compensate(saga: Saga, event: CompensationRequested) -> None:
    """Undo the saga, unless it has passed its pivot; one that has not begun is just cancelled."""
    saga.require(event, *("created", "running", "failed"), *(("completed",) if event.parent else ()))
    if saga.started_at is None:
        raise saga.refuse(event, "it has not started")
    if saga.pivot_passed:
        raise saga.refuse(event, "the saga has passed its pivot and only goes forward: retry, resolve or skip instead")
    failure = Failure(CANCELLED, _reason(event), retryable=False)
    if saga.status == "created":
        saga.locks_are_granted()
        saga.error, saga.error_state = failure, saga.state
        saga.fire("cancel")
        saga.finish()
        return
    at = saga.state
    regions.abandon(saga, saga.root, failure)
    backward.begin(saga, failure, at)


def resolve(saga: Saga, event: StepResolved) -> None:
    """Take the step as completed with the given output, or its compensation as done.

    A saga that has failed where there is no step is completed as a whole: what was left has been done by hand.
    """
    saga.require(event, "running", "failed", "compensation_failed")
    if saga.status == "compensation_failed":
        _resolve_compensation(saga, event)
        return
    if saga.status == "failed" and _stands_at_no_step(saga, event):
        _complete_by_hand(saga, event)
        return
    execution = _failed_step(saga, event)
    around = _leave_failure(saga, execution)
    saga.fire_step(execution, "resolve")
    steps.complete(saga, execution, {} if event.output is None else event.output)
    _go_on_around(saga, execution, around)


def _stands_at_no_step(saga: Saga, event: StepResolved | StepSkipped) -> bool:
    """Whether the saga has failed in a state that calls nobody, such as a choice none of whose conditions holds.

    Behind the pivot it can neither go on from there nor be undone, and would keep its locks and its key for ever.
    """
    return event.state == saga.state and not event.region and saga.current(saga.root) is None


def _complete_by_hand(saga: Saga, event: StepResolved) -> None:
    saga.output = {} if event.output is None else event.output
    saga.error, saga.error_state = None, None
    saga.fire("resolve")
    saga.finish()


def skip(saga: Saga, event: StepSkipped) -> None:
    """Go on without the step."""
    saga.require(event, "running", "failed")
    execution = _failed_step(saga, event)
    around = _leave_failure(saga, execution)
    saga.fire_step(execution, "skip")
    saga.go_on(execution.cursor, NEXT)
    _go_on_around(saga, execution, around)


def _failed_step(saga: Saga, event: StepResolved | StepSkipped) -> Execution:
    """Return the step if the saga, or a part of it, stands still because of it."""
    execution = saga.latest.get((event.state, event.region))
    if execution is None and _stands_at_no_step(saga, event):
        raise saga.refuse(event, f"the saga is at {event.state!r}, which is no step that could be skipped")
    if execution is None:
        raise saga.refuse(event, saga.executions.not_there(event.state, event.region))
    if saga.current(execution.cursor) is not execution or not _is_open(execution):
        raise saga.refuse(event, f"the saga is at {saga.state!r}, not at {event.state!r}")
    if execution.status != "failed":
        raise saga.refuse(event, f"{event.state!r} is {execution.status}, not failed")
    around = _failing_around(execution)
    if around is not None and around.regions is not None:
        because = f"{around.name!r} is failing because of {around.regions.failed_at!r}"
        raise saga.refuse(event, f"{because} and awaits what still runs inside it; decide once it has come to rest")
    return execution


def _failing_around(execution: Execution) -> Execution | None:
    """Return the parallel or map around the step that will fail once what is in flight inside it has been answered.

    That is settled (`language.md`, "What happens", rule 3): a step that has been decided about would let the next one
    start, only to be undone with the others.
    """
    around = execution.cursor.parent
    while around is not None:
        if around.status == "running" and around.regions is not None and around.regions.failure is not None:
            return around
        around = around.cursor.parent
    return None


def _is_open(execution: Execution) -> bool:
    """Whether the saga is still inside every parallel or map that the step is inside of; see also `regions.close`."""
    cursor = execution.cursor
    while cursor.parent is not None:
        inside = cursor.parent.regions
        if cursor.parent.status not in {"running", "failed"} or inside is None or cursor not in inside.cursors:
            return False
        cursor = cursor.parent.cursor
    return True


def _leave_failure(saga: Saga, execution: Execution) -> Execution | None:
    """Let the step's region go on, for which it may have to wait; return the failed step around it that goes on first.

    That is the outermost one. The region is held until then, and so the saga is, where other steps have failed too.
    """
    saga.cancel_step_timers(execution)
    execution.awaits, execution.ended_at = None, saga.now
    _run_region_again(execution.cursor)
    around = _outermost_failed(execution)
    if around is not None:
        execution.cursor.stopped = True
    elif saga.status == "failed":
        _run_again(saga)
    return around


def _run_region_again(cursor: Cursor) -> None:
    if cursor.status == "failed":
        cursor.status, cursor.failure = "running", None  # a map may have borne it and not stand still at all


def _outermost_failed(execution: Execution) -> Execution | None:
    found: Execution | None = None
    around = execution.cursor.parent
    while around is not None:
        found = around if around.status == "failed" else found
        around = around.cursor.parent
    return found


def _go_on_around(saga: Saga, execution: Execution, around: Execution | None) -> None:
    """Go on with what has failed around a step, unless something else in there has failed, and is to be decided about.

    Whoever decides about one step has decided about no other: nothing is called again that nobody has asked for.
    """
    if around is None:
        return
    other = _still_failed(saga, around)
    if other is not None:
        if saga.status == "failed":
            saga.error, saga.error_state = other.failure, other.name
        return
    cursor = execution.cursor
    while cursor.parent is not None:
        _run_region_again(cursor)
        cursor = cursor.parent.cursor
    if saga.status == "failed":
        _run_again(saga)
    saga.cancel_step_timers(around)
    steps.try_again(saga, around)


def _still_failed(saga: Saga, around: Execution) -> Execution | None:
    """Return a step inside a parallel or map that has failed, and would be called again with what is around it.

    One that has failed while it was only awaited is among them, whatever attempts it had left; so is one inside a
    parallel or map that has itself not failed, but came to rest because of what failed beside it.
    """
    inside = around.regions
    for cursor in inside.cursors if inside is not None else ():
        current = None if cursor.status == "ended" or regions.is_borne(cursor) else saga.current(cursor)
        if current is None or current.status not in {"failed", "running"}:
            continue
        if current.regions is not None and current.regions.cursors:
            found = _still_failed(saga, current)
        else:
            found = current if current.status == "failed" else None
        if found is not None:
            return found
    return None


def _resolve_compensation(saga: Saga, event: StepResolved) -> None:
    entered = [e for e in saga.executions.values() if (e.name, e.region) == (event.state, event.region)]
    failed = [execution for execution in entered if execution.status == "compensation_failed"]
    if not failed:
        if not entered:
            raise saga.refuse(event, saga.executions.not_there(event.state, event.region))
        raise saga.refuse(event, f"{event.state!r} is {entered[-1].status}, not compensation_failed")
    execution = failed[-1]
    saga.fire_step(execution, "resolve")
    left = [other for other in saga.done if other.must_be_undone]
    if not left:
        saga.fire("resolve")
        saga.finish()
    elif not any(other.status == "compensation_failed" for other in left):
        saga.fire("retry_compensation")
        backward.go_on(saga)


def _reason(event: CompensationRequested) -> str:
    what = "the saga around it is undone" if event.parent else "compensation requested"
    by = f" by {event.by}" if event.by else ""
    return f"{what}{by}: {event.why}" if event.why else f"{what}{by}"
