"""Removing sagas that ended long ago, once their stories are safe in an archive.

A saga is kept for as long as a saga around it stays: that one may yet undo it. Once none can, nothing more happens to
it, so that what was archived is all there will ever be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.archive import Archive, hash_of
from sagadsl.runtime.audit_story import definition_of, lines, story_of
from sagadsl.runtime.store.contract import Filter, SagaRow, Store, StoreError, UnknownSagaError
from sagadsl.runtime.stored import Recollection

TOGETHER = 500
"""Sagas that are archived in one frame, and then removed."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What became of some sagas that ended long ago.

    Args:
        removed: Those that are not in the store any more; in a dry run, those that would not be.
        kept: Those that were kept because a saga around them stays.
        unreadable: Those that were kept because this sagadsl cannot tell their story.
    """

    removed: Sequence[SagaRow] = ()
    kept: Sequence[SagaRow] = ()
    unreadable: Sequence[SagaRow] = ()


class Purge:
    """Removes final sagas.

    Args:
        store: Where they are.
        archive: Where their stories go before; `None` for nowhere.
        dry_run: Whether nothing is done at all.
    """

    def __init__(self, store: Store, archive: Archive | None = None, *, dry_run: bool = False) -> None:
        self._store = store
        self._archive = archive
        self._dry_run = dry_run
        self._recollection = Recollection(store)

    async def run(
        self, before: float, which: Filter, enough: Callable[[], bool] = lambda: False
    ) -> AsyncIterator[Purged]:
        """Remove those of a selection that ended before an instant, some at a time, until `enough`.

        A store removes a saga only after the one that runs it, so families go in several passes.

        Raises:
            ArchiveError: They cannot be archived. Nothing was removed that is not in the archive.
        """
        is_first = True
        while True:
            later: list[SagaRow] = []
            count = 0
            async for rows in self._old(before, which, enough):
                goes = [row for row in rows if await self._goes(row, before, which)]
                now = goes if self._dry_run else [row for row in goes if await self._parent_of(row) is None]
                later += _without(goes, now)
                done = await self._purge(now)
                count += len(done.removed)
                yield replace(done, kept=_without(rows, goes) if is_first else [])
            is_first = False
            if not later or not count or enough():
                yield Purged(kept=later)
                return

    async def _old(self, before: float, which: Filter, enough: Callable[[], bool]) -> AsyncIterator[Sequence[SagaRow]]:
        after: str | None = None
        while not enough():
            page = await self._store.list(which, after=after, limit=TOGETHER)
            yield [row for row in page.sagas if row.ended_at is not None and row.ended_at < before]
            after = page.after
            if after is None:
                return

    async def _goes(self, row: SagaRow, before: float, which: Filter) -> bool:
        """Whether nobody around a saga stays; it might have to be undone with those."""
        parent = await self._parent_of(row)
        if parent is None:
            return True
        is_old = parent.ended_at is not None and parent.ended_at < before
        is_wanted = parent.status in which.statuses and which.name in {None, parent.name}
        return is_old and is_wanted and await self._goes(parent, before, which)

    async def _parent_of(self, row: SagaRow) -> SagaRow | None:
        """Return the row of the saga that runs this one, if there is one and it is still there."""
        if row.parent is None:
            return None
        try:
            return await self._store.row(row.parent)
        except UnknownSagaError:
            return None

    async def _purge(self, rows: Sequence[SagaRow]) -> Purged:
        if self._dry_run or not rows:
            return Purged(rows)
        told, unreadable = rows, list[SagaRow]()
        if self._archive is not None:
            stories = await self._stories(rows, self._archive.last_hash)
            told = [row for row in rows if row.id in stories]
            unreadable = [row for row in rows if row.id not in stories]
            if stories:
                await asyncio.to_thread(self._archive.append, b"".join(stories.values()))
        return Purged(await self._remove(told), unreadable=unreadable)

    async def _stories(self, rows: Sequence[SagaRow], previous: str | None) -> dict[str, bytes]:
        """Return the lines of each saga's story; each goes on with the hash of the one before."""
        histories = await self._store.histories([row.id for row in rows]) if rows else {}
        stories = {}
        for row in rows:
            try:
                events = histories[row.id]
                saga = (await self._recollection.find(row)).replay(row.id, events)
                story = story_of(row, await definition_of(self._store, row), saga, events)
            except (StoreError, DefinitionError, UnexpectedEvent, KeyError):
                continue
            told = list(lines([story], previous))
            previous = hash_of(told[-1])
            stories[row.id] = b"".join(told)
        return stories

    async def _remove(self, rows: Sequence[SagaRow]) -> list[SagaRow]:
        """Remove sagas from the store; return those that this has removed, and not somebody else."""
        gone = set(await self._store.delete_many([row.id for row in rows])) if rows else set()
        return [row for row in rows if row.id in gone]


def _without(rows: Sequence[SagaRow], others: Sequence[SagaRow]) -> list[SagaRow]:
    ids = {row.id for row in others}
    return [row for row in rows if row.id not in ids]
