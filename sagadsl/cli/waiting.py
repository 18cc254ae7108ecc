"""What a saga waits for: answers, reports, signals, other sagas, locks, and the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sagadsl.machine.commands import (
    SAGA_TIMER,
    AcquireLocks,
    Compensate,
    CompensateChild,
    Invoke,
    StartChild,
    StartTimer,
)

if TYPE_CHECKING:
    from sagadsl.language.definition import Json
    from sagadsl.machine.execution import Execution
    from sagadsl.machine.saga import Saga


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that a saga waits for.

    Args:
        kind: `action`, `compensation`, `saga`, `report`, `signal`, `retry`, `time` or `lock`.
        step: The step that waits, with its region and execution as the table of steps has them; empty for the saga.
        what: The action, the saga, the signal or the lock.
        attempt: Which attempt is under way, or comes next; 0 where none is counted.
        until: The instant at which the wait is over at the latest, in seconds since 1970; `None` for no limit.
        held_by: The saga that has the lock.
    """

    kind: str
    step: str
    what: str = ""
    attempt: int = 0
    until: float | None = None
    held_by: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data."""
        return asdict(self)


def waits_of(saga: Saga, locks: Mapping[str, str]) -> Iterator[Waiting]:
    """Yield what a saga waits for.

    Args:
        saga: The saga, as far as it has come.
        locks: Which saga holds which lock.
    """
    for command in saga.outstanding.values():
        match command:
            case Invoke() | Compensate():
                kind = "action" if isinstance(command, Invoke) else "compensation"
                yield Waiting(kind, _step(command), f"{command.service}.{command.action}", command.attempt)
            case StartChild() | CompensateChild():
                limit = saga.outstanding.get(f"timer {_step(command)}/timeout")
                until = limit.due if isinstance(limit, StartTimer) else None
                yield Waiting("saga", _step(command), command.child_id, until=until)
            case AcquireLocks(names=names):
                others = {name: locks.get(name) for name in names}
                yield from (Waiting("lock", "", n, held_by=by) for n, by in others.items() if by != saga.id)
    for execution in saga.executions.values():
        yield from _of_step(saga, execution)


def deadline_of(saga: Saga) -> float | None:
    """Return the instant at which the saga's own timeout passes, while that counts."""
    timer = saga.outstanding.get(f"timer {SAGA_TIMER}")
    return timer.due if isinstance(timer, StartTimer) else None


def _of_step(saga: Saga, execution: Execution) -> Iterator[Waiting]:
    due = _dues(saga, execution)
    if execution.awaits is not None:
        yield Waiting("signal", execution.label, execution.awaits, until=min(due.values(), default=None))
    elif "report" in due:
        yield Waiting("report", execution.label, attempt=execution.attempt, until=due["report"])
    elif "wait" in due:
        yield Waiting("time", execution.label, until=due["wait"])
    if "retry" in due:
        undoing = execution.status in {"compensating", "compensation_failed"}
        number = execution.undo_attempts.number if undoing else execution.attempt
        yield Waiting("retry", execution.label, attempt=number + 1, until=due["retry"])


def _dues(saga: Saga, execution: Execution) -> dict[str, float]:
    """Return when the timers of a step ring, by what they are for."""
    found = {}
    for timer_id, (_, owner) in saga.timers.items():
        timer = saga.outstanding.get(f"timer {timer_id}")
        if owner is execution and isinstance(timer, StartTimer):
            purpose = {"retry", "wait", "signal", "report"} & set(timer_id.split("/")[1:])
            found.update(dict.fromkeys(purpose, timer.due))
    return found


def _step(command: Invoke | Compensate | StartChild | CompensateChild) -> str:
    place = f"{command.state}/{command.region}" if command.region else command.state
    return place if command.execution == 1 else f"{place}:{command.execution}"
