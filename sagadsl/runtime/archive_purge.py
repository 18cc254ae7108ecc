"""Removing sagas that ended long ago, once their stories are safe in an archive.

A saga is kept for as long as a saga around it has not ended: that one may yet undo it. Once none can, nothing more
happens to it, so that what was archived is all there will ever be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.archive import Archive
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
        kept: Those that were kept because a saga around them has not ended.
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
        self._ended: dict[str, bool] = {}

    async def run(
        self, before: float, which: Filter, enough: Callable[[], bool] = lambda: False
    ) -> AsyncIterator[Purged]:
        """Remove those of a selection that ended before an instant, some at a time, until `enough`.

        Raises:
            ArchiveError: They cannot be archived. Nothing was removed that is not in the archive.
        """
        after: str | None = None
        while not enough():
            page = await self._store.list(which, after=after, limit=TOGETHER)
            old = [row for row in page.sagas if row.ended_at is not None and row.ended_at < before]
            if old:
                yield await self._purge(old)
            after = page.after
            if after is None:
                return

    async def _purge(self, rows: Sequence[SagaRow]) -> Purged:
        ended = [row for row in rows if await self._has_ended(row.parent)]
        free = {row.id for row in ended}
        kept = [row for row in rows if row.id not in free]
        if self._dry_run:
            return Purged(ended, kept)
        told, unreadable = ended, []
        if self._archive is not None:
            stories = await self._stories(ended)
            told = [row for row in ended if row.id in stories]
            unreadable = [row for row in ended if row.id not in stories]
            if stories:
                await asyncio.to_thread(self._archive.append, b"".join(stories.values()))
        return Purged(await self._remove(told), kept, unreadable)

    async def _has_ended(self, saga_id: str | None) -> bool:
        """Whether a saga that runs another one, and those around it, have ended, or are not there any more."""
        if saga_id is None:
            return True
        if saga_id not in self._ended:
            try:
                row = await self._store.row(saga_id)
            except UnknownSagaError:
                self._ended[saga_id] = True
            else:
                self._ended[saga_id] = row.status in SAGA.final and await self._has_ended(row.parent)
        return self._ended[saga_id]

    async def _stories(self, rows: Sequence[SagaRow]) -> dict[str, bytes]:
        """Return the lines of each saga's story; each story stands for itself."""
        histories = await self._store.histories([row.id for row in rows]) if rows else {}
        stories = {}
        for row in rows:
            try:
                events = histories[row.id]
                saga = (await self._recollection.find(row)).replay(row.id, events)
                story = story_of(row, await definition_of(self._store, row), saga, events)
            except (StoreError, DefinitionError, UnexpectedEvent, KeyError):
                continue
            stories[row.id] = b"".join(lines([story]))
        return stories

    async def _remove(self, rows: Sequence[SagaRow]) -> list[SagaRow]:
        """Remove sagas from the store; return those that this has removed, and not somebody else."""
        gone = set(await self._store.delete_many([row.id for row in rows])) if rows else set()
        return [row for row in rows if row.id in gone]
