"""An engine for one saga, and for those that it runs: what else lies in the store is left to others.

`sagadsl run` and `sagadsl resume` are about one saga. Workers take up everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from sagadsl.runtime.store.contract import SagaRow, Store, UnknownSagaError
from sagadsl.runtime.stored import unfinished_children


class OneFamily:
    """The sagas that an engine may take up by itself.

    Args:
        root: The saga that it is about; until that is known nothing is taken up.
    """

    def __init__(self, root: str | None = None) -> None:
        self.root = root

    async def claim(
        self, store: Store, engine_id: str, *, now: float, limit: int, without: Collection[str]
    ) -> list[SagaRow]:
        """Become the owner of members that nobody owns and whose time has come; see `contract.Store.claim`."""
        taken: list[SagaRow] = []
        async for row in self._members(store):
            is_due = row.owner is None and row.wake_at is not None and row.wake_at <= now
            if is_due and row.hash not in without and len(taken) < limit:
                now_ours = await store.claim_one(engine_id, row.id)
                taken += [now_ours] if now_ours.owner == engine_id else []
        return taken

    async def _members(self, store: Store) -> AsyncIterator[SagaRow]:
        """Yield the saga, and those below it that are not finished."""
        if self.root is None:
            return
        try:
            parents = [await store.row(self.root)]
        except UnknownSagaError:
            return
        while parents:
            row = parents.pop()
            yield row
            parents += [child async for child in unfinished_children(store, row.id)]
