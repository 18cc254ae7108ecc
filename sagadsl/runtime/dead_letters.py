"""Sagas that wait for a person, with everything needed to decide: what has happened, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from sagadsl.language.definition import Json, SubSaga, Task, Wait
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
from sagadsl.machine.lifecycles import DEAD, STEP
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.runtime import decisions, foreseen
from sagadsl.runtime.decisions import Make

_NAMED = 5

MANY = 100
"""Of so many steps it is tried out, at the most, what can be decided about them."""

_UNDER_WAY = {"running", "waiting", "retrying"}

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
        child: The id of the saga that it runs, which knows what has taken place; empty for all other steps.
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
    child: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a person can decide now.

    Args:
        decision: `retry`, `compensate`, `resolve`, `skip`, `signal` or `report`.
        about: The state or the signal, and `region` which item of a map; empty for the whole saga.
        meaning: What comes of it, for people.
        needs_output: Whether it takes an output or a payload, which later states may read.
        output: What that needs at the least for the saga to go on at once, `foreseen.TO_FILL_IN` for each value.
    """

    decision: str
    meaning: str
    about: str = ""
    region: str = ""
    needs_output: bool = False
    output: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a person needs to know in order to decide about a saga."""

    done: Sequence[Step]
    under_way: Sequence[Step]
    being_undone: Sequence[Step]
    undone: Sequence[Step]
    failed: Sequence[Step]
    in_doubt: Sequence[Step]
    not_begun: Sequence[str]
    choices: Sequence[Choice] = field(default=())


def findings(saga: Saga) -> Findings:
    """Return what has become of each step, and what can be decided now."""
    steps = [_step(saga, execution) for execution in saga.executions.values() if execution.regions is None]
    begun = {execution.name for execution in saga.executions.values()}
    return Findings(
        done=[step for step in steps if step.status == "completed"],
        under_way=[step for step in steps if step.status in _UNDER_WAY],
        being_undone=[step for step in steps if step.status == "compensating"],
        undone=[step for step in steps if step.status == "compensated"],
        failed=[*(step for step in steps if step.status in DEAD), *_stopped(saga)],
        in_doubt=[step for step in steps if step.in_doubt],
        not_begun=[state.name for state in saga.definition.all_states.values() if _waits_its_turn(state, begun)],
        choices=list(choices(saga)),
    )


def choices(saga: Saga) -> Iterator[Choice]:
    """Yield what can be decided: each decision is tried out on a copy of the saga, which says whether it is refused.

    The copy says as well what is set in motion, where that is not all that has failed, or more than one thing. A retry
    that is known to fail again is taken, but it is none of what can be decided.
    """
    for choice, make in _thinkable(saga):
        copy = copy_saga(saga)
        try:
            commands = _try_out(saga, copy, make)
        except UnexpectedEvent:
            continue
        if choice.decision == "retry" and _is_where(saga, copy):
            continue
        told = replace(choice, meaning=choice.meaning + _besides(choice, saga, copy, commands))
        event = make(saga)
        if isinstance(event, StepResolved) and choice.needs_output and not stands_at_no_step(saga):
            told = replace(told, output=foreseen.least_output(saga, event))
        yield told


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
    """Say what a decision leads to that it does not say itself: calls, further decisions, failures."""
    if choice.decision == "compensate":
        too = _under_way_and_undone(saga, copy)
        return f", and what is under way: {_listed(too)}" if too else ""
    if choice.decision == "retry":
        again = [
            _place(each) for each in commands if isinstance(each, Invoke | Compensate | StartChild | CompensateChild)
        ]
        return f": {_listed(again)}" if len(again) > 1 else _fails_then(saga, copy)
    if choice.decision in {"resolve", "skip"}:
        left = _left(saga, copy) if copy.status in DEAD else []
        if left:
            return f"; then {_listed(left)} {'is' if len(left) == 1 else 'are'} still to be decided about"
        return "" if choice.needs_output else _fails_then(saga, copy)  # what follows depends on the output
    return ""


def _left(saga: Saga, copy: Saga) -> Sequence[str]:
    """Return the steps that have failed, and wait for a decision about each of them."""
    was = {each.label for each in saga.latest.values() if each.status in DEAD and not _is_around(each)}
    return [each.label for each in copy.latest.values() if each.label in was and each.status in DEAD]


def _under_way_and_undone(saga: Saga, copy: Saga) -> Sequence[str]:
    under_way = (key for key, each in saga.executions.items() if each.status in _UNDER_WAY and not _is_around(each))
    undone = (copy.executions[key] for key in under_way)
    return [each.label for each in undone if each.status == "compensating" or each.must_be_undone]


def _fails_then(saga: Saga, copy: Saga) -> str:
    """Say where the saga fails at once because of a decision; its messages may hold what is sensitive."""
    if copy.error is None or _is_where(saga, copy) or copy.status == saga.status == "compensation_failed":
        return ""
    what = "fails at once" if copy.status in DEAD else "is undone at once, because it fails"
    return f"; then the saga {what} at {copy.error_state} with {copy.error.code}"


def _is_where(saga: Saga, copy: Saga) -> bool:
    """Whether a decision would leave a saga where it stands, because the same fails again without being called."""
    return (saga.status, saga.error, saga.error_state) == (copy.status, copy.error, copy.error_state)


def stands_at_no_step(saga: Saga) -> bool:
    """Whether a saga has failed in a state that calls nobody, such as a choice none of whose conditions holds.

    Whoever resolves that completes the saga, and says so that all that is left has been done by hand.
    """
    return saga.status == "failed" and saga.current(saga.root) is None


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
    if stands_at_no_step(saga):
        whole = f"completes the saga with this output: whatever comes after {saga.state} is not called"
        yield Choice("resolve", whole, saga.state, needs_output=True), decisions.resolve(saga.state)
    waiting = list(islice((e for e in latest if e.status in {"running", "waiting"} or e.awaits), MANY))
    for name in dict.fromkeys(e.awaits for e in waiting if e.awaits is not None):
        yield Choice("signal", "is what a step waits for", name, needs_output=True), decisions.signal(name)
    for execution in waiting:
        if isinstance(execution.state, Task) and execution.state.callback:
            told = Choice("report", f"gives the outcome of {execution.label}", execution.name, execution.region, True)
            yield told, decisions.report(execution.name, region=execution.region)
    yield Choice("compensate", "undoes everything that was done"), decisions.compensate()


def _stopped(saga: Saga) -> Iterator[Step]:
    if stands_at_no_step(saga):
        yield Step(saga.state, "", saga.state, saga.status, 0, 0, error=saga.error)


def _step(saga: Saga, execution: Execution) -> Step:
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
        child=execution.child_id(saga.id) if isinstance(execution.state, SubSaga) else "",
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
    return isinstance(state, Task | SubSaga | Wait) and state.name not in begun


def people(events: Sequence[Event]) -> Iterator[Event]:
    """Yield what people have decided about a saga so far."""
    asked = RetryRequested | CompensationRequested | StepResolved | StepSkipped | SignalReceived
    return (event for event in events if isinstance(event, asked) or getattr(event, "reported", False))
