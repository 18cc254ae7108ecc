"""Deciding about many sagas at once: which ones, what would come of it, and doing it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, replace

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime import foreseen
from sagadsl.runtime.decisions import Make
from sagadsl.runtime.recorder import Recorder
from sagadsl.runtime.store.contract import EVERYTHING, Filter, SagaRow, Store, StoreError
from sagadsl.runtime.stored import Recollection
from sagadsl.runtime.stuck import STUCK, those_with
from sagadsl.runtime.verdicts import Refused, Verdict, recorded, refused

TOGETHER = 100
"""Sagas that are decided about in one commit."""

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Sagas that have something in common.

    Args:
        which: What the store can tell.
        quiet_since: Only those whose status has not changed since this instant; in seconds since 1970.
    """

    which: Filter = EVERYTHING
    quiet_since: float | None = None


async def chosen(store: Store, selection: Selection, limit: int | None = None) -> list[SagaRow]:
    """Return the sagas of a selection, the youngest first, `limit` at the most.

    Those that are asked for by an error are as well those that it keeps from being undone.
    """
    which, since = selection.which, selection.quiet_since
    by_undo = which.error_code if not which.statuses or STUCK in which.statuses else None
    asked, together = (which, _PAGE) if by_undo is None else (replace(which, error_code=None), TOGETHER)
    found: list[SagaRow] = []
    after: str | None = None
    while limit is None or len(found) < limit:
        page = await store.list(asked, after=after, limit=together)
        rows = [row for row in page.sagas if since is None or row.updated_at <= since]
        found += rows if by_undo is None else await those_with(store, rows, by_undo)
        after = page.after
        if after is None:
            break
    return found[:limit]


async def rehearse(
    store: Store, rows: Sequence[SagaRow], make: Make, enough: Callable[[], bool] = lambda: False
) -> AsyncIterator[tuple[SagaRow, Verdict]]:
    """Yield what would become of a decision about each saga; nothing is written."""
    recollection = Recollection(store)
    for some in _chunks(rows):
        if enough():
            return
        histories = await store.histories([row.id for row in some])
        for row in some:
            try:
                saga = (await recollection.find(row)).replay(row.id, histories[row.id])
            except (StoreError, DefinitionError, UnexpectedEvent, KeyError) as error:
                yield row, Refused(f"this sagadsl cannot read the saga: {error}")
            else:
                yield row, _rehearsed(saga, make)


def _rehearsed(saga: Saga, make: Make) -> Verdict:
    try:
        event = replace(make(saga), seq=saga.seq + 1, at=saga.now)
        foreseen.check(saga, event)
        return recorded(saga, saga.apply(event))
    except UnexpectedEvent as unexpected:
        return refused(saga, str(unexpected))


async def record(
    recorder: Recorder, rows: Sequence[SagaRow], make: Make, enough: Callable[[], bool] = lambda: False
) -> AsyncIterator[tuple[SagaRow, Verdict]]:
    """Record a decision about each saga, and yield what became of it as it goes; of none any more after `enough`."""
    for some in _chunks(rows):
        if enough():
            return
        verdicts = await recorder.record_all([row.id for row in some], make)
        for row in some:
            yield row, verdicts[row.id]


def _chunks(rows: Sequence[SagaRow]) -> Collection[Sequence[SagaRow]]:
    return [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
