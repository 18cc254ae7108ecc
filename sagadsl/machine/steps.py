"""A step and its attempts: called, answered, failed, tried again, caught, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagadsl.language.definition import NO_RETRY, Catch, FailWhen, Json, OnFailure, Retry, Task
from sagadsl.language.expressions import EvaluationError
from sagadsl.machine import regions
from sagadsl.machine.backoff import delay_after, may_retry
from sagadsl.machine.commands import Invoke, StartChild
from sagadsl.machine.compiler import NEXT, PROCEED, catch_trigger
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.endings import give_up
from sagadsl.machine.events import INVALID_PAYLOAD, TIMEOUT, Failure, StepFailed, StepSucceeded
from sagadsl.machine.execution import NO_PAYLOAD, Execution
from sagadsl.machine.journal import find
from sagadsl.machine.plans import SubSagaPlan, TaskPlan

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga

_CALLING = (TaskPlan, SubSagaPlan)


def begin(saga: Saga, cursor: Cursor, plan: TaskPlan | SubSagaPlan) -> None:
    """The saga enters a task or a sub-saga: a new execution, and its first attempt."""
    _invoke(saga, saga.new_execution(cursor, plan))


def _invoke(saga: Saga, execution: Execution) -> None:
    """Call the action for the next time; a payload that cannot be made is a failure of the step."""
    attempt, plan = execution.begin_attempt(), execution.plan
    if not isinstance(plan, _CALLING):
        raise TypeError(f"{execution.label} calls nobody")
    payload = execution.packed
    if payload is NO_PAYLOAD:
        try:
            payload = execution.packed = plan.payload.render(execution.cursor.scope)
        except EvaluationError as error:
            fail(saga, execution, Failure(INVALID_PAYLOAD, str(error), retryable=False))
            return
    if isinstance(plan, TaskPlan):
        _call(saga, execution, plan.state, attempt, payload)
    else:
        _start_child(saga, execution, plan)


def _call(saga: Saga, execution: Execution, state: Task, attempt: int, payload: Json) -> None:
    if state.callback:
        execution.due = saga.now + state.timeout
    saga.issue(
        Invoke(
            state.name,
            execution.number,
            attempt,
            state.service,
            state.action,
            payload,
            execution.key(saga.id),
            state.timeout,
            execution.cursor.region,
            state.callback,
        )
    )


def _start_child(saga: Saga, execution: Execution, plan: SubSagaPlan) -> None:
    state = plan.state
    saga.issue(
        StartChild(
            state.name,
            execution.number,
            execution.attempt,
            state.saga,
            state.version,
            execution.payload,
            execution.child_id(saga.id),
            execution.region,
        )
    )
    if state.timeout is not None:
        saga.start_step_timer(f"{execution.label}/timeout", state.timeout, _timed_out, execution)


def _timed_out(saga: Saga, execution: Execution) -> None:
    failure = Failure(TIMEOUT, "no outcome in time", retryable=execution.status == "waiting", in_doubt=True)
    if execution.status == "waiting":
        saga.fire_step(execution, "resume")
    fail(saga, execution, failure)


def _awaited(saga: Saga, event: StepSucceeded | StepFailed) -> Execution | None:
    """Return the step whose present attempt this result belongs to, or `None` for a late result."""
    execution = find(saga.steps, event.state, event.region, event.execution)
    if execution is None:
        raise saga.refuse(event, saga.executions.not_there(event.state, event.region))
    status = execution.status
    if event.reported and not getattr(execution.state, "callback", False):
        raise saga.refuse(event, f"{event.state!r} does not wait for a report")
    if (
        (status == "running" or (status == "waiting" and event.reported))
        and execution.attempt == event.attempt
        and (execution.extras is None or execution.regions is None)
    ):
        return execution
    if execution.attempts.forget(event.attempt):
        return None
    raise saga.refuse(event, f"nobody waits for attempt {event.attempt} of {execution.label!r}, which is {status}")


def step_succeeded(saga: Saga, event: StepSucceeded) -> None:
    """An action was answered: the step is complete, unless `fail_when` reads a failure in the answer."""
    execution = _awaited(saga, event)
    if execution is None:
        return
    was_called = saga.answered(execution)
    plan = execution.plan
    if event.reported:
        if was_called:
            execution.attempts.abandoned.add(event.attempt)  # the action's own answer is still to come, and too late
    elif isinstance(plan, TaskPlan) and plan.state.callback:
        _wait_for_report(saga, execution)
        return
    saga.cancel_step_timers(execution)
    failure = _failure_in(execution, plan, event.output) if isinstance(plan, TaskPlan) and plan.fail_when else None
    if failure is not None:
        if execution.status == "waiting":
            saga.fire_step(execution, "resume")
        fail(saga, execution, failure)
        return
    saga.fire_step(execution, "complete")
    complete(saga, execution, event.output)


def _wait_for_report(saga: Saga, execution: Execution) -> None:
    """The job was taken; its outcome comes from outside, in what is left of the attempt's time."""
    saga.fire_step(execution, "wait")
    left = max(0.0, (execution.due or saga.now) - saga.now)
    saga.start_step_timer(f"{execution.label}/report/{execution.attempts.number}", left, _timed_out, execution)


def _failure_in(execution: Execution, plan: TaskPlan, output: Any) -> Failure | None:
    scope = {**execution.cursor.scope, "output": output}
    for condition, rule in plan.fail_when:
        try:
            if condition.test(scope):
                return _declined(rule)
        except EvaluationError as error:
            return Failure(INVALID_PAYLOAD, str(error), retryable=False, in_doubt=True)
    return None


def _declined(rule: FailWhen) -> Failure:
    return Failure(rule.error, rule.message)


def complete(saga: Saga, execution: Execution, output: Any) -> None:
    """Go on from a step that now is complete."""
    cursor, plan = execution.cursor, execution.plan
    execution.succeed(output, saga.now)
    cursor.scope[plan.output_name] = output
    saga.note_done(execution)
    if plan.is_pivot:
        saga.pivot_passed = True
    saga.go_on(cursor, NEXT)


def step_failed(saga: Saga, event: StepFailed) -> None:
    """An attempt failed."""
    execution = _awaited(saga, event)
    if execution is None:
        return
    was_called = saga.answered(execution)
    if event.reported and was_called:
        execution.attempts.abandoned.add(event.attempt)
    if execution.status == "waiting":
        saga.fire_step(execution, "resume")
    fail(saga, execution, event.error)


def fail(saga: Saga, execution: Execution, failure: Failure) -> None:
    """Retry the step; where that is over, catch its error; where nothing does, do what `on_failure` says."""
    note_failure(saga, execution, failure)
    retry: Retry = getattr(execution.state, "retry", NO_RETRY)
    attempts = execution.attempts
    if execution.cursor.stopped:
        regions.park(saga, execution.cursor)
        return
    if not may_retry(retry, failure.code, attempts.in_round, retryable=failure.retryable):
        after_last_attempt(saga, execution, failure)
        return
    saga.fire_step(execution, "retry")
    seed = f"{execution.key(saga.id)}/{attempts.number}"
    delay = delay_after(retry, attempts.in_round, seed, failure.retry_after)
    if delay > 0:
        saga.start_step_timer(f"{execution.label}/retry/{attempts.number}", delay, _resume, execution)
    else:
        _resume(saga, execution)


def note_failure(saga: Saga, execution: Execution, failure: Failure) -> None:
    """The running attempt has failed, for now."""
    saga.answered(execution)
    saga.cancel_step_timers(execution)
    saga.fire_step(execution, "fail")
    execution.failure, execution.ended_at = failure, saga.now
    if failure.in_doubt:
        execution.in_doubt = True
        execution.attempts.abandoned.add(execution.attempts.number)
        saga.note_done(execution)


def _resume(saga: Saga, execution: Execution) -> None:
    saga.fire_step(execution, "resume")
    _invoke(saga, execution)


def try_again(saga: Saga, execution: Execution) -> None:
    """Begin a new round of attempts at a failed step; a parallel or a map goes on inside."""
    saga.drive(execution.cursor, _try_again, execution)


def _try_again(saga: Saga, _: Cursor, execution: Execution) -> None:
    execution.awaits = None
    execution.attempts.begin_round()
    saga.fire_step(execution, "retry")
    if execution.regions is None:
        _resume(saga, execution)
    else:
        saga.fire_step(execution, "resume")
        regions.resume_inside(saga, execution)


def after_last_attempt(saga: Saga, execution: Execution, failure: Failure, *, at: str = "", rest: bool = False) -> None:
    """The step has failed for good: catch its error, or do what `on_failure` says.

    `at` and `rest` are as for `endings.give_up`; a step that has to rest is not caught.
    """
    state, cursor = execution.state, execution.cursor
    catches: tuple[Catch, ...] = () if rest else getattr(state, "catch", ())
    for index, catch in enumerate(catches):
        if catch.takes(failure.code):
            regions.close(saga, execution)
            cursor.scope["error"] = {
                "code": failure.code,
                "message": failure.message,
                "state": at or execution.name,
            }
            saga.go_on(cursor, catch_trigger(index))
            return
    rule: OnFailure | None = getattr(state, "on_failure", None)
    match "fail" if rest else rule.then if rule else "compensate":
        case "continue":
            regions.close(saga, execution)
            saga.go_on(cursor, PROCEED)
        case "wait_for":
            _wait_for_signal(saga, execution)
        case then:
            give_up(saga, cursor, failure, at=at, rest=then == "fail")


def _wait_for_signal(saga: Saga, execution: Execution) -> None:
    rule: OnFailure = getattr(execution.state, "on_failure")  # noqa: B009 - not every kind of step has one
    if saga.take_signal(rule.signal or "") is not None:
        try_again(saga, execution)
        return
    execution.awaits = rule.signal
    if rule.timeout is not None:
        timer_id = f"{execution.label}/signal/{execution.attempts.number}"
        saga.start_step_timer(timer_id, rule.timeout, _signal_missed, execution)


def _signal_missed(saga: Saga, execution: Execution) -> None:
    execution.awaits = None
    give_up(saga, execution.cursor, execution.failure or Failure(TIMEOUT))


def stop_waiting(saga: Saga, cursor: Cursor, failure: Failure) -> None:
    """Stop waiting for a region's present step. If it was called, nobody knows whether its action took place."""
    execution = saga.current(cursor)
    if execution is None:
        return
    execution.awaits = None
    match execution.status:
        case "running" | "waiting" if execution.regions is None:
            called = not execution.is_wait
            if execution.status == "waiting":
                saga.fire_step(execution, "resume")
            note_failure(saga, execution, Failure(failure.code, failure.message, retryable=False, in_doubt=called))
        case "running":
            saga.fire_step(execution, "fail")
            execution.failure, execution.ended_at = failure, saga.now
        case "retrying":
            saga.cancel_step_timers(execution)
            saga.fire_step(execution, "give_up")
        case _:
            saga.cancel_step_timers(execution)
