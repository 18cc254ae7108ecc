"""Going forward through the states of a flow, until something has to be waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sagadsl.language.definition import Json
from sagadsl.language.durations import format_duration
from sagadsl.language.expressions import EvaluationError
from sagadsl.language.templates import Template, as_text
from sagadsl.machine import regions, steps, waits
from sagadsl.machine.commands import SAGA_TIMER, AcquireLocks
from sagadsl.machine.compiler import DEFAULT, NEXT
from sagadsl.machine.cursor import NOTHING, Action, Cursor
from sagadsl.machine.endings import give_up
from sagadsl.machine.events import (
    INVALID_PAYLOAD,
    NO_CHOICE,
    TIMEOUT,
    Failure,
    LocksAcquired,
    SagaStarted,
    SagaTimedOut,
)
from sagadsl.machine.plans import (
    ChoicePlan,
    FailPlan,
    MapPlan,
    ParallelPlan,
    PassPlan,
    SubSagaPlan,
    SucceedPlan,
    TaskPlan,
    WaitPlan,
)

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


ROUNDS = 20
"""How often a region may come by each of its definition's states before somebody is called."""


def start(saga: Saga, event: SagaStarted) -> None:
    """The saga has its input; it begins once it holds its locks."""
    saga.require(event, "created")
    if saga.started_at is not None:
        raise saga.refuse(event, "it has started already")
    compiled = saga.compiled
    definition, ours = compiled.definition, compiled.hash
    if (event.name, event.version, event.hash) != (definition.name, definition.version, ours):
        theirs = f"{event.name} {event.version} ({event.hash[:12]})"
        mine = f"{definition.name} {definition.version} ({ours[:12]})"
        raise saga.refuse(event, f"it was started as {theirs}, this definition is {mine}")
    saga.started_at = event.at
    saga.root.scope["input"] = event.input
    if event.sensitive:
        saga.sensitive = tuple(tuple(path) for path in event.sensitive)
    if compiled.reads_saga:
        saga.scope["saga"] = _facts(saga)
    try:
        if compiled.key is not None:
            saga.key = _text(saga, compiled.key)
        if compiled.locks:
            saga.locks = tuple(sorted({_text(saga, lock) for lock in compiled.locks}))
    except EvaluationError as error:
        saga.fire("start")
        give_up(saga, saga.root, Failure(INVALID_PAYLOAD, str(error), retryable=False))
        return
    if compiled.locks:
        saga.issue(AcquireLocks(saga.locks))
    else:
        _begin(saga)


def _facts(saga: Saga) -> Json:
    definition = saga.definition
    return {"id": saga.id, "name": definition.name, "version": definition.version, "started_at": saga.started_at}


def _text(saga: Saga, template: Template) -> str:
    return as_text(template.render(saga.scope))


def locks_acquired(saga: Saga, event: LocksAcquired) -> None:
    """The saga holds its locks and begins."""
    saga.require(event, "created")
    if not saga.locks_are_granted():
        raise saga.refuse(event, "it has asked for no locks")
    _begin(saga)


def _begin(saga: Saga) -> None:
    saga.fire("start")
    start_saga_timer(saga)
    arrive(saga, saga.root)


def start_saga_timer(saga: Saga) -> None:
    """The whole `timeout` begins, or begins again after a retry of the saga."""
    if saga.definition.timeout is not None:
        saga.start_timer(SAGA_TIMER, saga.definition.timeout)


def drive(saga: Saga, cursor: Cursor, action: Action, about: Any = None) -> None:
    """Take an action in a region; one that follows from it at once is taken after it, not inside it.

    However long a row of states is in which nobody is called, the stack does not grow with it. A row that comes by
    every state many times will never end: steps whose payloads fail lead to each other in a circle.
    """
    if cursor.following is not None:
        cursor.following = (action, about)
        return
    cursor.following = NOTHING
    try:
        action(saga, cursor, about)
        if cursor.following is not NOTHING:
            _follow(saga, cursor)
    finally:
        cursor.following = None


def _follow(saga: Saga, cursor: Cursor) -> None:
    """Take what follows, until nothing does."""
    left = ROUNDS * len(saga.compiled.plans)
    while cursor.following:
        (action, about), cursor.following = cursor.following, NOTHING
        left -= 1
        (action if left else _out_of_the_circle)(saga, cursor, about)


def _out_of_the_circle(saga: Saga, cursor: Cursor, _: object) -> None:
    message = f"the saga goes in a circle at {cursor.state} without calling anybody"
    give_up(saga, cursor, Failure(INVALID_PAYLOAD, message, retryable=False))


def arrive(saga: Saga, cursor: Cursor) -> None:
    """Do what the cursor's state says, and go on until something has to be waited for."""
    drive(saga, cursor, _arrive)


def _arrive(saga: Saga, cursor: Cursor, trigger: str | None) -> None:
    """Leave the state by this trigger, if there is one, and go on as `arrive` does."""
    plans = saga.compiled.plans
    while True:
        if trigger is not None:
            saga.move(cursor, trigger)
        plan = plans[cursor.state]
        try:
            trigger = _ENTER[type(plan)](saga, cursor, plan)
        except EvaluationError as error:
            give_up(saga, cursor, Failure(INVALID_PAYLOAD, str(error), retryable=False))
            return
        if trigger is None:
            return


def go_on(saga: Saga, cursor: Cursor, trigger: str) -> None:
    """Leave the cursor's state by this trigger; a region that has been stopped keeps it for later."""
    if cursor.extras is not None and cursor.stopped:
        cursor.pending = trigger
        regions.park(saga, cursor)
    else:
        drive(saga, cursor, _arrive, trigger)


def _compute(_: Saga, cursor: Cursor, plan: PassPlan) -> str:
    cursor.scope[plan.output_name] = plan.output.render(cursor.scope)
    return NEXT


def _choose(saga: Saga, cursor: Cursor, plan: ChoicePlan) -> str | None:
    for condition, trigger in plan.arms:
        if condition.test(cursor.scope):
            return trigger
    if plan.state.default is not None:
        return DEFAULT
    give_up(saga, cursor, Failure(NO_CHOICE, "no condition holds, and there is no default", retryable=False))
    return None


def _succeed(saga: Saga, cursor: Cursor, plan: SucceedPlan) -> None:
    output = plan.output.render(cursor.scope)
    if cursor.parent is not None:
        regions.ended(saga, cursor, output)
        return
    saga.output = output
    saga.fire("complete")
    saga.finish()


def _fail(saga: Saga, cursor: Cursor, plan: FailPlan) -> None:
    give_up(saga, cursor, Failure(plan.state.error, plan.state.message, retryable=False))


_ENTER: Mapping[type[Any], Callable[[Saga, Cursor, Any], str | None]] = {
    TaskPlan: steps.begin,
    SubSagaPlan: steps.begin,
    ParallelPlan: regions.begin,
    MapPlan: regions.begin,
    WaitPlan: waits.begin,
    ChoicePlan: _choose,
    PassPlan: _compute,
    SucceedPlan: _succeed,
    FailPlan: _fail,
}
"""What is done in each kind of state; it returns the trigger by which the state is left at once, if it is."""


def saga_timed_out(saga: Saga, event: SagaTimedOut) -> None:
    """The definition's `timeout` has passed: undo, or stop if the pivot has been passed."""
    if not saga.timer_is_set(SAGA_TIMER):
        raise saga.refuse(event, "no time-out of the saga is running")
    saga.take_timer(SAGA_TIMER)
    limit = format_duration(saga.definition.timeout or 0)
    failure = Failure(TIMEOUT, f"the saga took longer than {limit}", retryable=False)
    regions.abandon(saga, saga.root, failure)
    give_up(saga, saga.root, failure)
