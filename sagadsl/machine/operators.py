"""What people ask for: retry, compensate, resolve, skip; each refused where the lifecycles do not allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.machine import backward, forward, steps
from sagadsl.machine.compiler import NEXT
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
    execution = saga.current
    if execution is not None and execution.status == "failed":
        steps.try_again(saga, execution)
    else:
        forward.arrive(saga)


def _run_again(saga: Saga) -> None:
    saga.error, saga.error_state = None, None
    saga.fire("retry")
    saga.fire("resume")
    forward.start_saga_timer(saga)


def compensate(saga: Saga, event: CompensationRequested) -> None:
    """Undo the saga, unless it has passed its pivot."""
    saga.require(event, "running", "failed")
    if saga.pivot_passed:
        raise saga.refuse(event, "the saga has passed its pivot and only goes forward: retry, resolve or skip instead")
    failure = Failure(CANCELLED, _reason("compensation requested", event), retryable=False)
    steps.abandon(saga, failure)
    backward.begin(saga, failure)


def resolve(saga: Saga, event: StepResolved) -> None:
    """Take the step as completed with the given output, or its compensation as done."""
    saga.require(event, "running", "failed", "compensation_failed")
    if saga.status == "compensation_failed":
        _resolve_compensation(saga, event)
        return
    execution = _failed_step(saga, event)
    execution.fire("resolve")
    _leave_failure(saga, execution)
    steps.complete(saga, execution, {} if event.output is None else event.output)


def skip(saga: Saga, event: StepSkipped) -> None:
    """Go on without the step."""
    saga.require(event, "running", "failed")
    execution = _failed_step(saga, event)
    execution.fire("skip")
    _leave_failure(saga, execution)
    saga.go_on(NEXT)


def _failed_step(saga: Saga, event: StepResolved | StepSkipped) -> Execution:
    """Return the step if the saga stands still because of it."""
    execution = saga.current
    if execution is None or execution.name != event.state:
        raise saga.refuse(event, f"the saga is at {saga.state!r}, not at {event.state!r}")
    if execution.status != "failed":
        raise saga.refuse(event, f"{event.state!r} is {execution.status}, not failed")
    return execution


def _leave_failure(saga: Saga, execution: Execution) -> None:
    saga.cancel_step_timers(execution)
    execution.awaits, execution.ended_at = None, saga.now
    if saga.status == "failed":
        _run_again(saga)


def _resolve_compensation(saga: Saga, event: StepResolved) -> None:
    execution = saga.latest.get(event.state)
    if execution is None or execution.status != "compensation_failed":
        status = "not begun" if execution is None else execution.status
        raise saga.refuse(event, f"{event.state!r} is {status}, not compensation_failed")
    execution.fire("resolve")
    left = [other for other in saga.done if other.must_be_undone]
    if not left:
        saga.fire("resolve")
        saga.finish()
    elif not any(other.status == "compensation_failed" for other in left):
        saga.fire("retry_compensation")
        backward.go_on(saga)


def _reason(what: str, event: CompensationRequested) -> str:
    by = f" by {event.by}" if event.by else ""
    return f"{what}{by}: {event.why}" if event.why else f"{what}{by}"
