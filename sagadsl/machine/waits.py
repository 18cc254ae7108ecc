"""Waiting: for some time, until an instant, or for a signal; and signals that come before anybody waits for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sagadsl.language.definition import Json
from sagadsl.language.expressions import EvaluationError
from sagadsl.machine import steps
from sagadsl.machine.backoff import LONGEST_DELAY
from sagadsl.machine.compiler import TIME_OUT
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.endings import give_up
from sagadsl.machine.events import INVALID_PAYLOAD, TIMEOUT, Failure, SignalReceived, TimerFired
from sagadsl.machine.execution import Execution
from sagadsl.machine.plans import WaitPlan

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def begin(saga: Saga, cursor: Cursor, plan: WaitPlan) -> None:
    """The saga enters a wait."""
    execution = saga.new_execution(cursor, plan)
    execution.attempts.number = 1
    try:
        execution.due = _due(saga, cursor, plan)
    except EvaluationError as error:
        steps.fail(saga, execution, Failure(INVALID_PAYLOAD, str(error), retryable=False))
        return
    wait(saga, execution)


def wait(saga: Saga, execution: Execution) -> None:
    """Wait, or go on at once if what is waited for is there; also when a region that was stopped goes on again."""
    state = execution.state
    saga.fire_step(execution, "wait")
    signal = getattr(state, "signal", None)
    if signal is not None:
        kept = saga.take_signal(signal)
        if kept is not None:
            _signalled(saga, execution, kept[0])
            return
        execution.awaits = signal
    if execution.due is not None:
        timer_id = f"{execution.label}/wait/{execution.attempts.number}"
        saga.start_step_timer(timer_id, max(0.0, execution.due - saga.now), _time_is_over, execution)


def _due(saga: Saga, cursor: Cursor, plan: WaitPlan) -> float | None:
    """Return the instant at which the wait is over, or `None` if only a signal ends it."""
    state = plan.state
    if plan.until is not None:
        return _instant(plan.until.evaluate(cursor.scope), plan.until.text)
    seconds = state.timeout if state.signal is not None else state.for_
    return None if seconds is None else saga.now + seconds


def _instant(value: Json, expression: str) -> float:
    """Return the seconds since 1970 of RFC 3339 text; a number is that already."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LONGEST_DELAY * 100:
        return float(value)
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise EvaluationError(
            f"until gives {value!r}, which is no timestamp such as 2030-01-31T12:00:00Z", expression
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _time_is_over(saga: Saga, execution: Execution) -> None:
    """The time has come that was waited for; or, with a signal, it has passed without one."""
    if execution.awaits is None:
        saga.fire_step(execution, "complete")
        steps.complete(saga, execution, {})
        return
    execution.awaits = None
    failure = Failure(TIMEOUT, "the signal did not come in time", retryable=False)
    saga.fire_step(execution, "resume")
    steps.note_failure(saga, execution, failure)
    if getattr(execution.state, "on_timeout", None) is not None:
        saga.go_on(execution.cursor, TIME_OUT)
    else:
        give_up(saga, execution.cursor, failure)


def _signalled(saga: Saga, execution: Execution, payload: Json) -> None:
    signal = getattr(execution.state, "signal", None)
    execution.awaits = None
    saga.cancel_step_timers(execution)
    saga.fire_step(execution, "complete")
    execution.cursor.scope[f"signals.{signal}"] = payload
    steps.complete(saga, execution, payload)


def signal_received(saga: Saga, event: SignalReceived) -> None:
    """Keep the signal, or let the step that has waited longest for it go on."""
    saga.require(event, "created", "running", "failed")
    if saga.started_at is None:
        raise saga.refuse(event, "it has not started")
    if event.name not in saga.compiled.signals:
        raise saga.refuse(event, f"the definition waits for no signal {event.name!r}")
    waiting = [e for e in saga.latest.values() if e.awaits == event.name] if saga.status == "running" else []
    if not waiting:
        saga.keep_signal(event.name, event.payload)
        return
    execution = waiting[0]
    if execution.is_wait:
        _signalled(saga, execution, event.payload)
    else:
        saga.cancel_step_timers(execution)
        steps.try_again(saga, execution)


def timer_fired(saga: Saga, event: TimerFired) -> None:
    """A step's timer ran out."""
    if event.timer_id not in saga.timers:
        raise saga.refuse(event, f"there is no timer {event.timer_id!r}")
    taken = saga.take_timer(event.timer_id)
    if taken is not None:
        handler, execution = taken
        handler(saga, execution)
