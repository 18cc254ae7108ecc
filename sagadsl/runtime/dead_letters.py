"""Sagas that wait for a person, with everything needed to decide: what has happened, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from sagadsl.language.definition import Json, Task
from sagadsl.machine.commands import Command, Compensate, CompensateChild, Invoke, StartChild
from sagadsl.machine.events import (
    CompensationRequested,
    Event,
    Failure,
    RetryRequested,
    SignalReceived,
    StepResolved,
    StepSkipped,
)
from sagadsl.machine.execution import Execution
from sagadsl.machine.lifecycles import STEP
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.runtime import decisions, foreseen
from sagadsl.runtime.decisions import Make

DEAD = ("compensation_failed", "failed")
"""The statuses in which a saga waits for a person."""

_NAMED = 5

MANY = 100
"""Of so many steps it is tried out, at the most, what can be decided about them."""

_CAN_BE_DECIDED = {row.source for row in STEP.rows if row.trigger in {"resolve", "skip"}} - {STEP.initial}


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one step.

    Args:
        state: The state's name, and `region` the items of maps that it is in.
        label: Both, with `:2`, `:3`, … when the state was entered again.
        status: Where it is in its lifecycle.
        attempts: How often the action was tried, and `compensation_attempts` its compensation.
        output: What the action answered.
        error: What it answered the last time it failed; for a failed compensation, what that answered.
        in_doubt: Whether the action may have taken place although nobody knows.
    """

    state: str
    region: str
    label: str
    status: str
    attempts: int
    compensation_attempts: int
    output: Json = None
    error: Failure | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a person can decide now.

    Args:
        decision: `retry`, `compensate`, `resolve`, `skip`, `signal` or `report`.
        about: The state or the signal, and `region` which item of a map; empty for the whole saga.
        meaning: What comes of it, for people.
        needs_output: Whether it takes an output or a payload, which later states may read.
    """

    decision: str
    meaning: str
    about: str = ""
    region: str = ""
    needs_output: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What a person needs to know in order to decide about a saga."""

    done: Sequence[Step]
    undone: Sequence[Step]
    failed: Sequence[Step]
    in_doubt: Sequence[Step]
    not_begun: Sequence[str]
    choices: Sequence[Choice] = field(default=())


def findings(saga: Saga) -> Findings:
    """Return what has become of each step, and what can be decided now."""
    steps = [_step(execution) for execution in saga.executions.values() if execution.regions is None]
    begun = {execution.name for execution in saga.executions.values()}
    return Findings(
        done=[step for step in steps if step.status == "completed"],
        undone=[step for step in steps if step.status == "compensated"],
        failed=[step for step in steps if step.status in DEAD],
        in_doubt=[step for step in steps if step.in_doubt],
        not_begun=[state.name for state in saga.definition.all_states.values() if _waits_its_turn(state, begun)],
        choices=list(choices(saga)),
    )


def choices(saga: Saga) -> Iterator[Choice]:
    """Yield what can be decided: each decision is tried out on a copy of the saga, which says whether it is refused.

    The copy says as well what is set in motion, where that is not all that has failed, or more than one thing.
    """
    for choice, make in _thinkable(saga):
        copy = copy_saga(saga)
        try:
            commands = _try_out(saga, copy, make)
        except UnexpectedEvent:
            continue
        yield replace(choice, meaning=choice.meaning + _besides(choice, saga, copy, commands))


def refusal(saga: Saga, make: Make) -> str | None:
    """Return why a decision would be refused, or `None` if it would not; the saga stays as it is."""
    try:
        _try_out(saga, copy_saga(saga), make)
    except UnexpectedEvent as unexpected:
        return str(unexpected)
    return None


def _try_out(saga: Saga, copy: Saga, make: Make) -> Sequence[Command]:
    event = make(copy)
    if isinstance(event, StepSkipped):  # what is resolved gets an output from whoever does
        foreseen.check(saga, event)
    return copy.apply(event)


def _besides(choice: Choice, saga: Saga, copy: Saga, commands: Sequence[Command]) -> str:
    """Say which steps a retry calls, if there are several, or which ones have yet to be decided about."""
    if choice.decision == "retry":
        again = [
            _place(each) for each in commands if isinstance(each, Invoke | Compensate | StartChild | CompensateChild)
        ]
        return f": {_listed(again)}" if len(again) > 1 else ""
    if choice.decision in {"resolve", "skip"} and copy.status in DEAD:
        was = {each.label for each in saga.latest.values() if each.status in DEAD and not _is_around(each)}
        left = [each.label for each in copy.latest.values() if each.label in was and each.status in DEAD]
        return f"; then {_listed(left)} {'is' if len(left) == 1 else 'are'} still to be decided about" if left else ""
    return ""


def _place(command: Invoke | Compensate | StartChild | CompensateChild) -> str:
    return f"{command.state}/{command.region}" if command.region else command.state


def _is_around(execution: Execution) -> bool:
    return execution.regions is not None


def _listed(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _NAMED:,} more" if len(labels) > _NAMED else ""
    return ", ".join(labels[:_NAMED]) + more


def _thinkable(saga: Saga) -> Iterator[tuple[Choice, Make]]:
    undoing = saga.status == "compensation_failed"
    again = (
        "tries the compensations again that failed" if undoing else "tries again what failed, and goes on from there"
    )
    yield Choice("retry", again), decisions.retry()
    latest = list(saga.latest.values())
    for execution in islice((e for e in latest if e.status in _CAN_BE_DECIDED), MANY):
        state, region, label = execution.name, execution.region, execution.label
        by_hand = f"says that {label} has been {'undone' if undoing else 'done'} by hand"
        resolve = Choice("resolve", by_hand, state, region, needs_output=not undoing)
        yield resolve, decisions.resolve(state, region=region)
        yield Choice("skip", f"goes on without {label}", state, region), decisions.skip(state, region=region)
    waiting = list(islice((e for e in latest if e.status in {"running", "waiting"} or e.awaits), MANY))
    for name in dict.fromkeys(e.awaits for e in waiting if e.awaits is not None):
        yield Choice("signal", "is what a step waits for", name, needs_output=True), decisions.signal(name)
    for execution in waiting:
        if isinstance(execution.state, Task) and execution.state.callback:
            told = Choice("report", f"gives the outcome of {execution.label}", execution.name, execution.region, True)
            yield told, decisions.report(execution.name, region=execution.region)
    yield Choice("compensate", "undoes everything that was done"), decisions.compensate()


def _step(execution: Execution) -> Step:
    return Step(
        state=execution.name,
        region=execution.region,
        label=execution.label,
        status=execution.status,
        attempts=execution.attempts.number,
        compensation_attempts=execution.undo_attempts.number,
        output=execution.output,
        error=execution.undo_failure or execution.failure,
        in_doubt=_is_in_doubt(execution),
    )


def _is_in_doubt(execution: Execution) -> bool:
    """Whether nobody knows what has taken place: the action of a step, or a compensation that failed so."""
    if execution.status in {"compensated", "skipped"}:
        return False
    return execution.in_doubt or any(
        failure is not None and failure.in_doubt and execution.status in DEAD
        for failure in (execution.failure, execution.undo_failure)
    )


def _waits_its_turn(state: object, begun: set[str]) -> bool:
    return isinstance(state, Task) and state.name not in begun


def people(events: Sequence[Event]) -> Iterator[Event]:
    """Yield what people have decided about a saga so far."""
    asked = RetryRequested | CompensationRequested | StepResolved | StepSkipped | SignalReceived
    return (event for event in events if isinstance(event, asked) or getattr(event, "reported", False))
