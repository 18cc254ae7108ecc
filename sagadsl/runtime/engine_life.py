"""The life of an engine: opened, taken for dead perhaps, closed; and the sagas that it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

from sagadsl.machine.compiler import CompiledSaga
from sagadsl.runtime.actions import check_actions
from sagadsl.runtime.claims import Claims
from sagadsl.runtime.clock import Clock, SystemClock
from sagadsl.runtime.host import Host
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.presence import Presence
from sagadsl.runtime.requests import Requests
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import LeaseLostError, Store
from sagadsl.runtime.store.opening import open_store
from sagadsl.runtime.stored import to_store

T = TypeVar("T")


class EngineClosedError(RuntimeError):
    """The engine has been closed, and carries nothing out any more."""


class EngineLife:
    """What an `Engine` is before it is asked anything; the arguments are explained there."""

    def __init__(
        self,
        store: str | Store,
        services: Services,
        *,
        clock: Clock | None = None,
        on_event: Listener | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.services = services
        self.store = open_store(store) if isinstance(store, str) else store
        self._owns_store = isinstance(store, str)
        self._limits = limits or Limits()
        self._clock: Clock = clock or SystemClock()
        self._host = Host(self.store, services, self._clock, self._limits, on_event)
        self._claims = Claims(self._host, services, self._limits)
        self._requests = Requests(self._host, self._claims, self._limits.patience)
        self._presence = Presence(self._host, self._claims, self._requests, self._limits)
        self._host.families.request = lambda saga_id, event: self._requests.make(saga_id, lambda _: event)
        self._learned: set[str] = set()
        self._opening: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def actions_under_way(self) -> int:
        """How many actions have been called and have not ended."""
        return len(self._host.calls.under_way)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect to the store, and take up what is to be done. Whatever else is asked for first does so too.

        Raises:
            StoreError: The store cannot be used; the message says why.
            EngineClosedError: The engine has been closed.
            RuntimeError: It was opened in another event loop.
        """
        if self._closed:
            raise EngineClosedError("the engine has been closed")
        loop = asyncio.get_running_loop()
        if self._opening is None:
            self._opening = loop.create_task(self._open())
        elif self._opening.get_loop() is not loop:
            raise RuntimeError("this engine runs in another event loop; make one for each")
        await asyncio.shield(self._opening)
        await self._presence.joined()

    async def _open(self) -> None:
        try:
            await self.store.open()
            await self._presence.begin()
        except BaseException:
            self._opening = None  # the next one who asks tries again
            if self._owns_store:
                await self.store.close()
            raise

    async def close(self) -> int:
        """Let actions that are under way end, for a while, and hand everything else back to the store.

        Returns:
            How many actions have not ended although they were told to.
        """
        if self._closed or self._opening is None:
            self._closed = True
            return 0
        self._closed = self._host.is_closing = self._host.calls.is_closing = True
        try:
            return await self._end()
        finally:
            if self._owns_store:
                await self.store.close()

    async def _end(self) -> int:
        await self._presence.rest()
        under_way = self._host.calls.under_way - {asyncio.current_task()}  # an action may close the engine it is in
        if under_way:
            await asyncio.wait(under_way, timeout=self._limits.grace)
        await self._flush()
        left = await self._stop()
        await self._presence.end()
        return left

    async def _flush(self) -> None:
        try:
            async with asyncio.timeout(self._limits.grace):
                await self._host.commits.flush()
        except TimeoutError:  # a store that is not available now: whoever comes next does it again
            pass

    async def _stop(self) -> int:
        """Stop what has not ended; return how many actions do not heed that."""
        self._host.evict_all(EngineClosedError("the engine was closed"))
        tasks = await self._host.stop() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        _, left = await asyncio.wait(tasks, timeout=self._limits.grace) if tasks else ((), ())
        return len(left)

    async def with_lease(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do something; if this engine has been taken for dead meanwhile, do it again under a new name."""
        while True:
            await self.open()
            engine_id = self._host.engine_id
            try:
                return await do()
            except LeaseLostError as lost:
                if self._closed:
                    raise
                self._presence.lost(lost, engine_id)

    async def register(self, *compiled: CompiledSaga) -> None:
        """Make sagas known to this engine and to the store; the last one of a name is its newest.

        Raises:
            UnknownActionError: One calls an action that no service offers.
            ValueError: One was not loaded from a text, and the store outlives this process.
        """
        await self.open()
        for saga in compiled:
            await self._learn(saga)

    async def _learn(self, compiled: CompiledSaga) -> None:
        check_actions(compiled, self.services)
        if compiled.definition.text is not None or self.store.shared:
            await self.store.save_definition(to_store(compiled, self._clock.now()))
        self._learned.add(compiled.hash)
        self._claims.learn(compiled)
        self._host.families.register(compiled)

    async def _compiled(self, which: CompiledSaga | str) -> CompiledSaga:
        families = self._host.families
        if isinstance(which, str):
            found = families.find(which)
            if found is None:
                raise LookupError(f"no saga {which!r} is registered with this engine")
            return found
        if which.hash not in self._learned:
            await self._learn(which)
        return which
