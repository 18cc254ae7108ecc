"""Going forward through the states of the flow, until something has to be waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.language.durations import format_duration
from sagadsl.language.expressions import EvaluationError
from sagadsl.machine import steps
from sagadsl.machine.commands import SAGA_TIMER
from sagadsl.machine.compiler import DEFAULT, NEXT, ChoicePlan, FailPlan, PassPlan, SucceedPlan, TaskPlan
from sagadsl.machine.endings import give_up
from sagadsl.machine.events import INVALID_PAYLOAD, NO_CHOICE, TIMEOUT, Failure, SagaStarted, SagaTimedOut

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def start(saga: Saga, event: SagaStarted) -> None:
    """The saga begins in its first state."""
    saga.require(event, "created")
    definition, ours = saga.definition, saga.compiled.hash
    if (event.name, event.version, event.hash) != (definition.name, definition.version, ours):
        theirs = f"{event.name} {event.version} ({event.hash[:12]})"
        mine = f"{definition.name} {definition.version} ({ours[:12]})"
        raise saga.refuse(event, f"it was started as {theirs}, this definition is {mine}")
    saga.input, saga.started_at = event.input, event.at
    saga.scope["input"] = event.input
    saga.scope["saga"] = {
        "id": saga.id,
        "name": definition.name,
        "version": definition.version,
        "started_at": event.at,
    }
    saga.fire("start")
    start_saga_timer(saga)
    arrive(saga)


def start_saga_timer(saga: Saga) -> None:
    """The whole `timeout` begins, or begins again after a retry of the saga."""
    if saga.definition.timeout is not None:
        saga.start_timer(SAGA_TIMER, saga.definition.timeout)


def arrive(saga: Saga) -> None:
    """Do what the present state says, and go on until something has to be waited for."""
    while (trigger := _enter(saga)) is not None:
        saga.move(trigger)


def go_on(saga: Saga, trigger: str) -> None:
    """Leave the present state by this trigger."""
    saga.move(trigger)
    arrive(saga)


def _enter(saga: Saga) -> str | None:
    """Return the trigger by which the present state is left at once, or `None` when it is not."""
    plan = saga.compiled.plans[saga.state]
    try:
        match plan:
            case TaskPlan():
                steps.begin(saga, plan)
            case ChoicePlan():
                return _choose(saga, plan)
            case PassPlan():
                saga.scope[f"states.{saga.state}.output"] = plan.output.render(saga.scope)
                return NEXT
            case SucceedPlan():
                _succeed(saga, plan)
            case FailPlan():
                give_up(saga, Failure(plan.state.error, plan.state.message, retryable=False))
    except EvaluationError as error:
        give_up(saga, Failure(INVALID_PAYLOAD, str(error), retryable=False))
    return None


def _choose(saga: Saga, plan: ChoicePlan) -> str | None:
    for condition, trigger in plan.arms:
        if condition.test(saga.scope):
            return trigger
    if plan.state.default is not None:
        return DEFAULT
    give_up(saga, Failure(NO_CHOICE, "no condition holds, and there is no default", retryable=False))
    return None


def _succeed(saga: Saga, plan: SucceedPlan) -> None:
    saga.output = plan.output.render(saga.scope)
    saga.fire("complete")
    saga.finish()


def saga_timed_out(saga: Saga, event: SagaTimedOut) -> None:
    """The definition's `timeout` has passed: undo, or stop if the pivot has been passed."""
    if not saga.timer_is_set(SAGA_TIMER):
        raise saga.refuse(event, "no time-out of the saga is running")
    saga.take_timer(SAGA_TIMER)
    limit = format_duration(saga.definition.timeout or 0)
    failure = Failure(TIMEOUT, f"the saga took longer than {limit}", retryable=False)
    steps.abandon(saga, failure)
    give_up(saga, failure)
