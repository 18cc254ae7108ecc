"""A step and its attempts: called, answered, failed, tried again, caught, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagadsl.language.definition import FailWhen
from sagadsl.language.expressions import EvaluationError
from sagadsl.machine.backoff import delay_after, may_retry
from sagadsl.machine.commands import Invoke
from sagadsl.machine.compiler import NEXT, PROCEED, TaskPlan, catch_trigger
from sagadsl.machine.endings import give_up, rest
from sagadsl.machine.events import (
    INVALID_PAYLOAD,
    TIMEOUT,
    Failure,
    SignalReceived,
    StepFailed,
    StepSucceeded,
    TimerFired,
)
from sagadsl.machine.execution import Execution

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def begin(saga: Saga, plan: TaskPlan) -> None:
    """The saga enters a task: a new execution, and its first attempt."""
    earlier = saga.latest.get(plan.state.name)
    execution = Execution(plan, 1 if earlier is None else earlier.number + 1, saga.now)
    saga.executions[execution.name, execution.number] = execution
    saga.latest[execution.name] = execution
    execution.fire("start")
    _invoke(saga, execution)


def _invoke(saga: Saga, execution: Execution) -> None:
    """Call the action for the next time; a payload that cannot be made is a failure of the step."""
    execution.attempts.number += 1
    if not execution.has_payload:
        try:
            execution.payload = execution.plan.payload.render(saga.scope)
        except EvaluationError as error:
            fail(saga, execution, Failure(INVALID_PAYLOAD, str(error), retryable=False))
            return
        execution.has_payload = True
    state = execution.state
    saga.issue(
        Invoke(
            state.name,
            execution.number,
            execution.attempts.number,
            state.service,
            state.action,
            execution.payload,
            execution.key(saga.id),
            state.timeout,
        )
    )


def _awaited(saga: Saga, event: StepSucceeded | StepFailed) -> Execution | None:
    """Return the step whose present attempt this result belongs to, or `None` for a late result."""
    execution = saga.executions.get((event.state, event.execution))
    if execution is None:
        raise saga.refuse(event, f"{event.state!r} has not been started")
    if execution.status == "running" and execution.attempts.number == event.attempt:
        return execution
    if execution.attempts.forget(event.attempt):
        return None
    raise saga.refuse(
        event, f"nobody waits for attempt {event.attempt} of {event.state!r}, which is {execution.status}"
    )


def step_succeeded(saga: Saga, event: StepSucceeded) -> None:
    """An action was answered: the step is complete, unless `fail_when` reads a failure in the answer."""
    execution = _awaited(saga, event)
    if execution is None:
        return
    saga.answered(execution)
    failure = _failure_in(saga, execution, event.output)
    if failure is not None:
        fail(saga, execution, failure)
        return
    execution.fire("complete")
    complete(saga, execution, event.output)


def _failure_in(saga: Saga, execution: Execution, output: Any) -> Failure | None:
    rules = execution.plan.fail_when
    scope = {**saga.scope, "output": output} if rules else saga.scope
    for condition, rule in rules:
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
    execution.output, execution.failure, execution.in_doubt = output, None, False
    execution.ended_at = saga.now
    saga.scope[f"states.{execution.name}.output"] = output
    saga.note_done(execution)
    saga.pivot_passed = saga.pivot_passed or execution.state.kind == "pivot"
    saga.go_on(NEXT)


def step_failed(saga: Saga, event: StepFailed) -> None:
    """An attempt failed."""
    execution = _awaited(saga, event)
    if execution is not None:
        fail(saga, execution, event.error)


def fail(saga: Saga, execution: Execution, failure: Failure) -> None:
    """Retry the step; where that is over, catch its error; where nothing does, do what `on_failure` says."""
    _note_failure(saga, execution, failure)
    state, attempts = execution.state, execution.attempts
    if not may_retry(state.retry, failure.code, attempts.in_round, retryable=failure.retryable):
        _after_last_attempt(saga, execution, failure)
        return
    execution.fire("retry")
    seed = f"{execution.key(saga.id)}/{attempts.number}"
    delay = delay_after(state.retry, attempts.in_round, seed)
    if delay > 0:
        saga.start_step_timer(f"{execution.label}/retry/{attempts.number}", delay, _resume, execution)
    else:
        _resume(saga, execution)


def _note_failure(saga: Saga, execution: Execution, failure: Failure) -> None:
    saga.answered(execution)
    execution.fire("fail")
    execution.failure, execution.ended_at = failure, saga.now
    if failure.in_doubt:
        execution.in_doubt = True
        execution.attempts.abandoned.add(execution.attempts.number)
        saga.note_done(execution)


def _resume(saga: Saga, execution: Execution) -> None:
    execution.fire("resume")
    _invoke(saga, execution)


def try_again(saga: Saga, execution: Execution) -> None:
    """Begin a new round of attempts at a failed step."""
    execution.awaits = None
    execution.attempts.begin_round()
    execution.fire("retry")
    _resume(saga, execution)


def _after_last_attempt(saga: Saga, execution: Execution, failure: Failure) -> None:
    for index, catch in enumerate(execution.state.catch):
        if catch.takes(failure.code):
            saga.scope["error"] = {"code": failure.code, "message": failure.message, "state": execution.name}
            saga.go_on(catch_trigger(index))
            return
    rule = execution.state.on_failure
    match rule.then if rule else "compensate":
        case "continue":
            saga.go_on(PROCEED)
        case "wait_for":
            _wait_for_signal(saga, execution)
        case "fail":
            rest(saga, failure)
        case _:
            give_up(saga, failure)


def _wait_for_signal(saga: Saga, execution: Execution) -> None:
    rule = execution.state.on_failure
    if rule is None or rule.signal is None:
        raise ValueError(f"{execution.name}: on_failure waits for no signal")
    if saga.take_signal(rule.signal):
        try_again(saga, execution)
        return
    execution.awaits = rule.signal
    if rule.timeout is not None:
        timer_id = f"{execution.label}/signal/{execution.attempts.number}"
        saga.start_step_timer(timer_id, rule.timeout, _signal_missed, execution)


def _signal_missed(saga: Saga, execution: Execution) -> None:
    execution.awaits = None
    give_up(saga, execution.failure or Failure(TIMEOUT))


def signal_received(saga: Saga, event: SignalReceived) -> None:
    """Keep the signal, or go on with it."""
    saga.require(event, "running", "failed")
    if event.name not in saga.compiled.signals:
        raise saga.refuse(event, f"the definition waits for no signal {event.name!r}")
    saga.signals.setdefault(event.name, []).append(event.payload)
    execution = saga.current
    if saga.status == "running" and execution is not None and execution.awaits == event.name:
        saga.take_signal(event.name)
        saga.cancel_step_timers(execution)
        try_again(saga, execution)


def timer_fired(saga: Saga, event: TimerFired) -> None:
    """A step's timer ran out."""
    if event.timer_id not in saga.timers:
        raise saga.refuse(event, f"there is no timer {event.timer_id!r}")
    taken = saga.take_timer(event.timer_id)
    if taken is not None:
        handler, execution = taken
        handler(saga, execution)


def abandon(saga: Saga, failure: Failure) -> None:
    """Stop waiting for the present step. If it was running, nobody knows whether its action took place."""
    execution = saga.current
    if execution is None:
        return
    saga.cancel_step_timers(execution)
    execution.awaits = None
    if execution.status == "running":
        in_doubt = Failure(failure.code, failure.message, retryable=False, in_doubt=True)
        _note_failure(saga, execution, in_doubt)
    elif execution.status == "retrying":
        execution.fire("give_up")
