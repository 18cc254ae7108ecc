"""Which sagas nobody goes on with, because no engine that is at work offers what they call.

An upgrade that leaves an action out, or a worker that was not started again, strands sagas without a word: they are
left to other engines, and there is none. Engines say in their entries what they offer; this is where it is compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.runtime import processes
from sagadsl.runtime.actions import needed_actions
from sagadsl.runtime.store.contract import EngineRow, SagaRow, Store, StoreError
from sagadsl.runtime.stored import Recollection

NOBODY = "nobody is at work on this store"


class Reach:
    """What the engines of a store can do for its sagas, at one moment; see `reach`."""

    def __init__(self, store: Store, engines: Sequence[EngineRow]) -> None:
        self._store = store
        self._recollection = Recollection(store)
        self._engines = engines
        self._ids = {engine.id for engine in engines}
        self._told: dict[str, str | None] = {}

    async def obstacle(self, row: SagaRow) -> str | None:
        """Return why nobody can go on with a saga now, for people; `None` where somebody can or nothing is to be done.

        One that an engine has is in good hands, and one at rest asks for nothing.
        """
        if row.status in AT_REST or row.owner in self._ids:
            return None
        return await self.after_a_decision(row)

    async def after_a_decision(self, row: SagaRow) -> str | None:
        """Return why nobody could go on with a saga that is made to go on; `None` where somebody could."""
        return await self.lacking(row) if self._engines else NOBODY

    async def lacking(self, row: SagaRow) -> str | None:
        """Return what the engines at work do not offer, none of them everything that a saga may call, for people."""
        if row.hash not in self._told:
            self._told[row.hash] = await self._missing(row)
        return self._told[row.hash]

    async def _missing(self, row: SagaRow) -> str | None:
        try:
            needed = await needed_actions(await self._recollection.find(row), self._recollection.newest)
        except (StoreError, DefinitionError):  # engines may know better than whoever looks
            return None
        offers = [each.actions for each in self._engines if each.actions]
        if not offers or len(offers) < len(self._engines):  # one that does not say may have everything
            return None
        nearest = min(([name for name in needed if name not in offered] for offered in offers), key=len)
        return f"no engine at work offers {', '.join(nearest)}" if nearest else None


async def reach(store: Store) -> Reach:
    """Return what the engines that are at work on a store can do."""
    engines = [each for each in await store.engines() if each.actions != () and not processes.is_gone(each.process)]
    return Reach(store, engines)
