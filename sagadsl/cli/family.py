"""A store as one saga sees it: an engine on it takes up that saga, and those that it runs, and nobody else's.

`sagadsl run` and `sagadsl resume` are about one saga; what else lies in the store is for workers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import SagaRow, Store

_AT_ONCE = 500


class Family:
    """A `contract.Store` that passes everything on, but claims members of one family only.

    Args:
        store: The store.

    Attributes:
        root: The saga that it is about; until that is known nothing is claimed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.root: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(self, engine_id: str, *, now: float, limit: int, without: Collection[str] = ()) -> list[SagaRow]:
        """Become the owner of members that nobody owns and whose time has come; see `contract.Store.claim`."""
        taken: list[SagaRow] = []
        async for row in self._members():
            is_due = row.owner is None and row.wake_at is not None and row.wake_at <= now
            if is_due and row.hash not in without and len(taken) < limit:
                now_ours = await self._store.claim_one(engine_id, row.id)
                taken += [now_ours] if now_ours.owner == engine_id else []
        return taken

    async def _members(self) -> AsyncIterator[SagaRow]:
        """Yield the saga, and those below it that are not finished."""
        from sagadsl.runtime.store.contract import UnknownSagaError

        if self.root is None:
            return
        try:
            parents = [await self._store.row(self.root)]
        except UnknownSagaError:
            return
        while parents:
            row = parents.pop()
            yield row
            parents += [child async for child in self._children(row.id)]

    async def _children(self, saga_id: str) -> AsyncIterator[SagaRow]:
        from sagadsl.runtime.engine import UNFINISHED
        from sagadsl.runtime.store.contract import Filter

        after = None
        while True:
            page = await self._store.list(Filter(parent=saga_id, statuses=UNFINISHED), after=after, limit=_AT_ONCE)
            for row in page.sagas:
                yield row
            after = page.after
            if after is None:
                return
