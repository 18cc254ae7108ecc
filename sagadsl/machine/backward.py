"""Going backward: the compensations, their order, their attempts, and what is left when one of them fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.language.definition import NO_RETRY, Compensation, Json
from sagadsl.language.expressions import EvaluationError
from sagadsl.language.templates import Template
from sagadsl.machine.backoff import delay_after, may_retry
from sagadsl.machine.commands import SAGA_TIMER, Compensate, CompensateChild
from sagadsl.machine.events import INVALID_PAYLOAD, CompensationFailed, CompensationSucceeded, Failure
from sagadsl.machine.execution import Execution
from sagadsl.machine.journal import find

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def begin(saga: Saga, failure: Failure, at: str) -> None:
    """Start to undo because of `failure`, which happened in the state `at`."""
    saga.error, saga.error_state = failure, at
    _leave_behind(saga, failure)
    saga.fire("compensate")
    saga.cancel_timer(SAGA_TIMER)
    go_on(saga)


def _leave_behind(saga: Saga, failure: Failure) -> None:
    """End the parallels, maps and waits that were stopped on the way: nothing will go on with them any more."""
    for execution in saga.executions.values():
        if execution.status == "waiting":
            saga.fire_step(execution, "resume")
        if execution.status == "running":
            saga.fire_step(execution, "fail")
            execution.failure, execution.ended_at = failure, saga.now


def go_on(saga: Saga) -> None:
    """Undo what is left to undo: all at once, or the last one first."""
    saga.to_undo = [execution for execution in saga.done if execution.must_be_undone]
    if saga.definition.compensation.order == "parallel":
        waiting, saga.to_undo = saga.to_undo, []
        for execution in waiting:
            _start(saga, execution)
    _continue(saga)


def _continue(saga: Saga) -> None:
    """Start the next compensation if none is under way, and end when there is none left.

    While a saga compensates, calls and retry timers of compensations are all that can be outstanding.
    """
    while saga.awaits_nothing:
        if not saga.to_undo or _halted(saga):
            _end(saga)
            return
        _start(saga, saga.to_undo.pop())


def _halted(saga: Saga) -> bool:
    halts = saga.definition.compensation.on_failure == "halt"
    return halts and any(_gave_up(saga, execution) for execution in saga.done)


def _gave_up(saga: Saga, execution: Execution) -> bool:
    return execution.status == "compensation_failed" and execution not in saga.to_undo


def _end(saga: Saga) -> None:
    failed = any(execution.status == "compensation_failed" for execution in saga.done)
    saga.to_undo = []
    saga.fire("fail_compensation" if failed else "finish_compensation")
    saga.finish()


def _start(saga: Saga, execution: Execution) -> None:
    """Begin a round of attempts at undoing this step."""
    again = execution.status == "compensation_failed"
    execution.undo_attempts.begin_round()
    saga.fire_step(execution, "retry_compensation" if again else "compensate")
    _call(saga, execution)


def _call(saga: Saga, execution: Execution) -> None:
    attempts, undo = execution.undo_attempts, _undo_of(execution)
    attempts.number += 1
    if undo is None:
        saga.issue(
            CompensateChild(
                execution.name, execution.number, attempts.number, execution.child_id(saga.id), execution.region
            )
        )
        return
    try:
        payload = _payload(saga, execution)
    except EvaluationError as error:
        _fail(saga, execution, Failure(INVALID_PAYLOAD, str(error), retryable=False))
        return
    saga.issue(
        Compensate(
            execution.name,
            execution.number,
            attempts.number,
            undo.service,
            undo.action,
            payload,
            execution.undo_key(saga.id),
            undo.timeout,
            execution.key(saga.id),
            execution.region,
        )
    )


def _undo_of(execution: Execution) -> Compensation | None:
    """Return the compensation, or `None` for a sub-saga that is undone as a whole."""
    undo: Compensation | None = getattr(execution.state, "compensation", None)
    return undo


def _payload(saga: Saga, execution: Execution) -> Json:
    """Return the compensation's payload; this step's own output, not a later one's, is what it reads."""
    template: Template | None = getattr(execution.plan, "compensation", None)
    if template is None:
        return {"input": execution.payload, "output": execution.output}
    own = execution.plan.output_name
    scope = {key: value for key, value in execution.cursor.scope.items() if key != own}
    if saga.error is not None:
        scope["error"] = {"code": saga.error.code, "message": saga.error.message, "state": saga.error_state}
    if execution.output is not None:
        scope[own] = execution.output
    return template.render(scope)


def _awaited(saga: Saga, event: CompensationSucceeded | CompensationFailed) -> Execution | None:
    """Return the step whose present compensation attempt this belongs to, or `None` for a late result."""
    execution = find(saga.steps, event.state, event.region, event.execution)
    if execution is None or not execution.undo_attempts.number:
        raise saga.refuse(event, f"no compensation of {event.state!r} has been started")
    if execution.status == "compensating" and execution.undo_attempts.number == event.attempt:
        return execution
    if execution.undo_attempts.forget(event.attempt):
        return None
    raise saga.refuse(
        event,
        f"nobody waits for attempt {event.attempt} to undo {event.state!r}, which is {execution.status}",
    )


def compensation_succeeded(saga: Saga, event: CompensationSucceeded) -> None:
    """A step was undone."""
    execution = _awaited(saga, event)
    if execution is None:
        return
    saga.answered(execution)
    saga.fire_step(execution, "finish_compensation")
    execution.undo_failure = None
    _continue(saga)


def compensation_failed(saga: Saga, event: CompensationFailed) -> None:
    """An attempt to undo a step failed."""
    execution = _awaited(saga, event)
    if execution is None:
        return
    saga.answered(execution)
    _fail(saga, execution, event.error)
    _continue(saga)


def _fail(saga: Saga, execution: Execution, failure: Failure) -> None:
    """Try again, now or later; or leave the step in `compensation_failed`."""
    undo, attempts = _undo_of(execution), execution.undo_attempts
    retry = NO_RETRY if undo is None else undo.retry
    saga.fire_step(execution, "fail_compensation")
    execution.undo_failure = failure
    if failure.in_doubt:
        attempts.abandoned.add(attempts.number)
    if not may_retry(retry, failure.code, attempts.in_round, retryable=failure.retryable):
        return
    seed = f"{execution.undo_key(saga.id)}/{attempts.number}"
    delay = delay_after(retry, attempts.in_round, seed, failure.retry_after)
    if delay > 0:
        timer_id = f"{execution.label}/compensate/retry/{attempts.number}"
        saga.start_step_timer(timer_id, delay, _retry, execution)
    else:
        _retry(saga, execution)


def _retry(saga: Saga, execution: Execution) -> None:
    saga.fire_step(execution, "retry_compensation")
    _call(saga, execution)
