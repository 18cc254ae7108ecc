"""What a saga is, as far as its future depends on it: two sagas with equal keys behave the same from here on.

Times, ids, sequence numbers and the words of errors decide nothing. Attempts count within their round only, because a
new round has all attempts again; and how often a person has retried the saga is left out, because it can only forbid
what a saga with fewer retries may do. Of steps that are over, what still counts is whether they have to be undone,
and what the saga's own promises read of them.

While a saga goes forward, the order in which steps side by side have completed decides nothing but the order in which
they are undone. With `merge_orders` such sagas are told apart by the step that completed last, and by no more: for
every two steps side by side, the one that comes second is once the last to have completed when the saga turns back.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sagadsl.language.definition import NO_RETRY, Compensation, Retry
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.ledger import Ledger, is_undoable

Key: TypeAlias = tuple[Hashable, ...]

_GOES_BACK = frozenset({"compensating", "compensation_failed", "compensated"})
_OPEN = frozenset({"running", "waiting", "retrying", "failed"})


@dataclass(frozen=True, slots=True)
class Canon:
    """Makes the keys of one definition's sagas.

    Args:
        variables: The variables that its expressions read.
        watched: The steps that its promises are about.
        merge_orders: Whether orders of steps side by side are merged.
    """

    variables: frozenset[str]
    watched: frozenset[str]
    merge_orders: bool

    def key(self, saga: Saga, ledger: Ledger) -> Key:
        """Return the key of a saga and what it owes."""
        watched = self._watched(saga)
        if saga.status == "completed":
            return ("completed", saga.pivot_passed, watched)
        if saga.status in _GOES_BACK:
            return (saga.status, watched, _calls(saga), self._backward(saga), ledger.owed)
        merged = self.merge_orders
        return (
            saga.status,
            saga.pivot_passed,
            watched,
            _calls(saga),
            tuple(sorted(name for name, queue in saga.signals.items() if queue)),
            _awaiting(saga),
            () if saga.pivot_passed else tuple(_merged(saga) if merged else _in_order(saga)),
            ledger.all_owed if merged else ledger.owed,
            ledger.pivot,
            self._cursor(saga, saga.root),
        )

    def position(self, saga: Saga) -> Key:
        """Return where a saga is, whatever has been done on the way there."""
        return (saga.status, _calls(saga), self._cursor(saga, saga.root))

    def _watched(self, saga: Saga) -> Key:
        if not self.watched:
            return ()
        return tuple(sorted((step.place, step.status) for step in saga.latest.values() if step.name in self.watched))

    def _backward(self, saga: Saga) -> Key:
        left = [step for step in saga.done if is_undoable(step) and step.status not in _UNDONE]
        read = frozenset(name for step in left for name in _read_by_undo(step))
        return (
            tuple((step.label, step.status, step.in_doubt, _undo_attempts(saga, step)) for step in left),
            tuple(step.label for step in saga.to_undo),
            tuple(self._scope(step.cursor, read) for step in left) if read else (),
        )

    def _cursor(self, saga: Saga, cursor: Cursor) -> Key:
        step = saga.current(cursor)
        return (
            cursor.name,
            cursor.state,
            cursor.status,
            cursor.stopped,
            cursor.parked,
            cursor.pending,
            self._scope(cursor, self.variables),
            None if step is None else self._step(saga, step),
        )

    def _step(self, saga: Saga, step: Execution) -> Key:
        if step.status not in _OPEN:
            return (step.number, step.status)
        inside = step.regions
        return (
            step.number,
            step.status,
            step.status != "failed" and _attempts(step),
            step.in_doubt,
            step.has_payload,
            step.awaits,
            step.failure and step.failure.code,
            inside
            and (
                inside.failure and inside.failure.code,
                inside.rest,
                len(inside.items),
                tuple(self._cursor(saga, cursor) for cursor in inside.cursors),
            ),
        )

    def _scope(self, cursor: Cursor, variables: frozenset[str]) -> Key:
        if not variables:
            return ()
        own: Any = getattr(cursor.scope, "maps", [cursor.scope])[0]
        return tuple(sorted((name, repr(value)) for name, value in own.items() if name in variables))


_UNDONE = frozenset({"compensated"})


def _calls(saga: Saga) -> frozenset[str]:
    """Return what is outstanding, without the numbers of attempts that timers have in their ids."""
    return frozenset(key.rstrip("0123456789") if key.startswith("timer ") else key for key in saga.outstanding)


def _awaiting(saga: Saga) -> tuple[str, ...]:
    """Return the steps that wait for a signal, in the order in which they are given one."""
    if all(step.awaits is None for step in saga.executions.values()):
        return ()
    return tuple(step.label for step in saga.latest.values() if step.awaits is not None)


def _attempts(step: Execution) -> int:
    retry: Retry = getattr(step.state, "retry", NO_RETRY)
    return min(step.attempts.in_round, retry.max_attempts + 1)


def _undo_attempts(saga: Saga, step: Execution) -> int:
    """Return the attempts at undoing that the present round has had, if that still goes on."""
    if step.status not in {"compensating", "compensation_failed"}:
        return 0
    undo: Compensation | None = getattr(step.state, "compensation", None)
    goes_on = step.status == "compensating" or any(owner is step for _, owner in saga.timers.values())
    return min(step.undo_attempts.in_round, undo.retry.max_attempts + 1) if goes_on and undo is not None else 0


def _read_by_undo(step: Execution) -> Iterable[str]:
    template = getattr(step.plan, "compensation", None)
    return () if template is None else template.names


def _counts(step: Execution) -> bool:
    """Whether what has been done, or may have been, may have to be undone."""
    return is_undoable(step) and step.status not in _UNDONE


def _in_order(saga: Saga) -> Iterator[Hashable]:
    return ((step.label, step.status, step.in_doubt) for step in saga.done if _counts(step))


def _merged(saga: Saga) -> Iterator[Hashable]:
    """Yield what was done: the steps of the saga's own flow in order, those inside one step as a set and its last."""
    inside: Execution | None = None
    group: set[Hashable] = set()
    last = ""
    for step in saga.done:
        if not _counts(step):
            continue
        around = _outermost(step)
        if around is not inside:
            yield frozenset(group)
            inside, group = around, set()
        if around is None:
            yield (step.label, step.status, step.in_doubt)
        else:
            group.add((step.label, step.status, step.in_doubt))
        last = step.label
    yield frozenset(group)
    yield last


def _outermost(step: Execution) -> Execution | None:
    """Return the step of the saga's own flow that a step is inside of."""
    around: Execution | None = None
    parent = step.cursor.parent
    while parent is not None:
        around, parent = parent, parent.cursor.parent
    return around
