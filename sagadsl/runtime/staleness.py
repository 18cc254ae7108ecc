"""Stale sagas: those that should go on, and to which nothing has happened for long.

A saga that waits for a person, for a signal, for a report or for its time is quiet, and not stale.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.runs import Run
from sagadsl.runtime.store.contract import SagaRow, Store

IN_MEMORY: Final = 3 * Limits().sleep_after
"""Seconds after which a saga that does nothing but wait is in no engine's memory any more."""


async def stale(
    store: Store, running: Callable[[str], Run | None], *, now: float, older_than: float, limit: int
) -> Sequence[SagaRow]:
    """Return sagas to which nothing has happened for so many seconds although something should.

    Of a saga in the memory of another engine it cannot be seen what it waits for. One that waits for long leaves
    memory; until it must have, it is not stale.

    Args:
        store: Where they are.
        running: Returns a saga in this engine's memory.
        now: Seconds since 1970.
        older_than: Seconds.
        limit: How many at the most, the longest quiet first.
    """
    asked = limit
    while True:
        quiet = await store.stale(now - older_than, asked, due=now)
        longest = quiet if older_than >= IN_MEMORY else await store.stale(now - IN_MEMORY, asked, due=now)
        elsewhere = {row.id for row in longest if row.owner is not None}
        found = [row for row in quiet if _should_go_on(row, running(row.id), now, elsewhere)]
        if len(found) >= limit or len(quiet) < asked:
            return found[:limit]
        asked *= 2


def _should_go_on(row: SagaRow, run: Run | None, now: float, elsewhere: Collection[str]) -> bool:
    """Whether something should happen to a saga of which the store knows no reason why not.

    One that has not begun waits for locks, which somebody holds for too long.
    """
    if row.status == SAGA.initial:
        return True
    if run is not None:
        due = run.next_due(now)
        return not run.is_quiet or (due is not None and due <= now)
    return row.owner is None or row.id in elsewhere
