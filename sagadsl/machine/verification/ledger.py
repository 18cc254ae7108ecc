"""What a saga owes the world: kept from the events alone, to hold the machine's own bookkeeping against.

A step is owed an undo from the moment at which it has completed, or may have, until it is undone. The machine keeps
such a list itself (`Saga.done`); this one is made in another way, from what was asked of the world and what the world
answered, so that a mistake there shows here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sagadsl.language.definition import SubSaga, Task
from sagadsl.machine.commands import Command, Compensate, CompensateChild, Invoke, StartChild
from sagadsl.machine.events import (
    INVALID_PAYLOAD,
    CompensationRequested,
    CompensationSucceeded,
    Event,
    RetryRequested,
    SagaTimedOut,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
    TimerFired,
)
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga

Call: TypeAlias = Invoke | StartChild | Compensate | CompensateChild

_DECISIONS = (RetryRequested, SignalReceived, StepResolved, StepSkipped)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is owed after some event.

    Args:
        owed: The labels of steps that have to be undone if the saga is, in the order in which they completed or came
            to be in doubt; those that did so at the same moment stand together.
        pivot: Whether the pivot has completed.
        calls: How often each action, and each undo, was called since the last decision that allows it anew.
    """

    owed: tuple[frozenset[str], ...] = ()
    pivot: bool = False
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def all_owed(self) -> frozenset[str]:
        """Every label that is owed."""
        return frozenset().union(*self.owed)

    def after(self, before: Saga, event: Event, saga: Saga, commands: list[Command], *, late: bool) -> Ledger:
        """Return the ledger after an event.

        Args:
            before: The saga as it was.
            event: What has happened.
            saga: The saga as it is.
            commands: What it wants done.
            late: Whether the event is the result of an attempt that had been given up.
        """
        owed = self.owed
        pivot = self.pivot or any(_has_completed(before, saga, key) for key in _pivots(saga))
        if not late:
            settled = frozenset(_settled(before, event, saga))
            new = frozenset(_completed(before, event, saga)) | frozenset(_in_doubt(before, event, saga))
            owed = (*(group - settled - new for group in owed), new)
        owed = tuple(group for group in owed if group)
        return replace(self, owed=owed, pivot=pivot, calls=self._calls(before, event, saga, commands))

    def _calls(self, before: Saga, event: Event, saga: Saga, commands: list[Command]) -> dict[str, int]:
        decided = isinstance(event, _DECISIONS) or _kept(saga) < _kept(before)
        asked = [call_name(each) for each in commands if isinstance(each, Call)]
        if not decided and not asked:
            return self.calls
        calls = {} if decided else dict(self.calls)
        for call in asked:
            calls[call] = calls.get(call, 0) + 1
        return calls


def is_undoable(execution: Execution) -> bool:
    """Whether the definition says how this step is undone."""
    state = execution.state
    if not isinstance(state, Task | SubSaga) or state.kind == "read_only":
        return False
    return isinstance(state, SubSaga) or state.compensation is not None


def call_name(call: Call) -> str:
    """Return the name under which a call is counted: the step, and whether it is done or undone."""
    return f"{'do' if isinstance(call, Invoke | StartChild) else 'undo'} {label_of(call)}"


def label_of(call: Call) -> str:
    """Return the label of the step that a call is for."""
    place = f"{call.state}/{call.region}" if call.region else call.state
    return place if call.execution == 1 else f"{place}:{call.execution}"


def _kept(saga: Saga) -> int:
    return sum(map(len, saga.signals.values()))


def _pivots(saga: Saga) -> list[tuple[str, str, int]]:
    return [key for key, step in saga.executions.items() if getattr(step.state, "kind", None) == "pivot"]


def _has_completed(before: Saga, saga: Saga, key: tuple[str, str, int]) -> bool:
    earlier = before.executions.get(key)
    return saga.executions[key].status == "completed" and (earlier is None or earlier.status != "completed")


def _named(saga: Saga, event: Event) -> Execution | None:
    """Return the step that an event is about."""
    match event:
        case StepSucceeded() | StepFailed() | CompensationSucceeded():
            return saga.executions[event.state, event.region, event.execution]
        case StepResolved():
            return saga.latest[event.state, event.region]
        case TimerFired(timer_id=timer_id):
            return saga.timers[timer_id][1]
    return None


def _completed(before: Saga, event: Event, saga: Saga) -> Iterator[str]:
    """Yield the step that the event has completed, if it has one that can be undone and is no pivot."""
    if not isinstance(event, StepSucceeded | StepResolved):
        return
    earlier = _named(before, event)
    if earlier is None or not is_undoable(earlier) or getattr(earlier.state, "kind", None) == "pivot":
        return
    step = saga.executions[earlier.name, earlier.region, earlier.number]
    if isinstance(event, StepResolved):
        done = earlier.status == "failed"
    else:
        done = step.failure is None and step.status not in {"running", "waiting"}
    if done:
        yield step.label


def _in_doubt(before: Saga, event: Event, saga: Saga) -> Iterator[str]:
    """Yield the steps of which nobody knows, because of the event, whether their actions took place."""
    match event:
        case SagaTimedOut() | CompensationRequested():
            calls = [c for c in before.outstanding.values() if isinstance(c, Invoke | StartChild)]
            called = {(c.state, c.region, c.execution) for c in calls}
            waiting = {key for key, step in before.executions.items() if _has_job(step)}
            yield from (before.executions[key].label for key in called | waiting if is_undoable(before.executions[key]))
        case StepFailed() if event.error.in_doubt:
            yield from _if_undoable(_named(before, event))
        case StepSucceeded() if _is_unreadable(_named(before, event), _named(saga, event)):
            yield from _if_undoable(_named(before, event))
        case TimerFired() if event.timer_id.split("/")[-2:-1] == ["report"] or event.timer_id.endswith("/timeout"):
            yield from _if_undoable(_named(before, event))


def _has_job(step: Execution) -> bool:
    return step.status == "waiting" and isinstance(step.state, Task)


def _is_unreadable(earlier: Execution | None, step: Execution | None) -> bool:
    """Whether an answer has come that `fail_when` cannot read."""
    if earlier is None or step is None or step.failure is None or step.failure is earlier.failure:
        return False
    return step.failure.code == INVALID_PAYLOAD


def _if_undoable(step: Execution | None) -> Iterator[str]:
    if step is not None and is_undoable(step):
        yield step.label


def _settled(before: Saga, event: Event, saga: Saga) -> Iterator[str]:
    """Yield the step that the event says is undone, and a pivot that is in doubt no longer."""
    step = _named(before, event)
    if step is None:
        return
    undone = isinstance(event, CompensationSucceeded)
    by_hand = isinstance(event, StepResolved) and step.status == "compensation_failed"
    completed = _has_completed(before, saga, (step.name, step.region, step.number))
    if undone or by_hand or (completed and getattr(step.state, "kind", None) == "pivot"):
        yield step.label
