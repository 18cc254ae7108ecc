"""The life of an engine: opened, taken for dead perhaps, closed; and the sagas that it knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Self, TypeVar

from sagadsl.language.suggest import did_you_mean
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.runtime.actions import check_actions
from sagadsl.runtime.calls import Around, Ask
from sagadsl.runtime.claims import Claims
from sagadsl.runtime.clock import Clock, SystemClock
from sagadsl.runtime.commits import Committed
from sagadsl.runtime.host import Host
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.one_family import OneFamily
from sagadsl.runtime.presence import Presence
from sagadsl.runtime.requests import Requests
from sagadsl.runtime.runs import Run
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import LeaseLostError, Store
from sagadsl.runtime.store.opening import open_store
from sagadsl.runtime.stored import short_hash, to_store

_log = logging.getLogger(__name__)

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
        only: OneFamily | None = None,
    ) -> None:
        self.services = services
        self.store = open_store(store) if isinstance(store, str) else store
        self._owns_store = isinstance(store, str)
        self._limits = limits or Limits()
        self._clock: Clock = clock or SystemClock()
        self._host = Host(self.store, services, self._clock, self._limits, on_event)
        self._claims = Claims(self._host, services, self._limits, only)
        self._requests = Requests(self._host, self._claims, self._limits.patience)
        self._presence = Presence(self._host, self._claims, self._requests, self._limits, services)
        self._host.families.request = lambda saga_id, event: self._requests.make(saga_id, lambda _: event)
        self._learned: set[str] = set()
        self._opening: asyncio.Task[None] | None = None
        self._closed = False

    def running(self, saga_id: str) -> Run | None:
        """Return a saga that this engine runs now, with its row in the listing; `None` for any other."""
        return self._host.runs.get(saga_id)

    @property
    def registered(self) -> Collection[str]:
        """The names of the sagas that this engine can begin by name."""
        return self._host.families.names

    @property
    def sagas_in_memory(self) -> int:
        """How many sagas this engine runs now; those that wait for long are in the store alone."""
        return len(self._host.runs)

    @property
    def actions_under_way(self) -> int:
        """How many actions have been called and have not ended."""
        return len(self._host.calls.under_way)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have every event told to one more listener, once it is in the store; what is returned ends that.

        It is called as `listener(saga, event, commands)` in the engine's own thread, so it has to be quick. What it
        raises is logged, and concerns neither the saga nor other listeners.
        """
        self._host.listeners = (*self._host.listeners, listener)
        return partial(self._do_not_listen, listener)

    def _do_not_listen(self, listener: Listener) -> None:
        self._host.listeners = tuple(each for each in self._host.listeners if each is not listener)

    def surround(self, around: Around) -> None:
        """Have every attempt of an action made by a function; the one that was given last is the outermost.

        It is called as `await around(call, context, ask)`, and returns what `await ask(call, context)` returns: the
        answer, or a `Failure`. What it does before and after that is its own affair. It must not raise.
        """
        calls = self._host.calls
        inner = calls.around
        calls.around = (
            around if inner is None else lambda call, context, ask: around(call, context, _inside(inner, ask))
        )

    def hear_commits(self, committed: Committed) -> None:
        """Have a function hear how many events each transaction has written, and in how many seconds.

        To be said before the engine is opened. There is one such function, and it must not raise.
        """
        self._host.heard_of_commits = committed

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
            ValueError: Its limits are about a service that is not there.
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
            self._check_limits()
            await self.store.open()
            await self._presence.begin()
            self.services.hold()
        except BaseException:
            self._opening = None  # the next one who asks tries again
            if self._owns_store:
                await self.store.close()
            raise

    def _check_limits(self) -> None:
        """Make sure that what is limited is there; a name that is misspelt would limit nothing, and nobody would know.

        Raises:
            ValueError: There is no action of such a service.
        """
        known = {name.partition(".")[0] for name in self.services}
        for service in self._limits.per_service:
            if service not in known:
                hint = did_you_mean(service, sorted(known)) or f"there are {', '.join(sorted(known)) or 'none'}"
                raise ValueError(f"per_service: there is no action of a service {service!r}; {hint}")

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
            await self.services.release()
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
        self._host.errands.stop()
        tasks = self._host.calls.under_way - {asyncio.current_task()}
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
        await self._warn_of_another_text(compiled)
        if compiled.definition.text is not None or self.store.shared:
            await self.store.save_definition(to_store(compiled, self._clock.now()))
        self._learned.add(compiled.hash)
        self._claims.learn(compiled)
        self._host.families.register(compiled)

    async def _warn_of_another_text(self, compiled: CompiledSaga) -> None:
        """Say that a file was changed and its version was not; a text that was there last is no news."""
        name, version = compiled.definition.name, compiled.definition.version
        texts = [stored.hash for stored in await self.store.definitions(name) if stored.version == version]
        if texts and texts[0] != compiled.hash:
            _log.warning(
                "%s: version %s has had another text so far (%s; this is %s). Sagas that have begun go on with theirs, "
                "new ones take this: give the definition a version of its own, so that people can tell them apart",
                name,
                version,
                short_hash(texts[0]),
                short_hash(compiled.hash),
            )

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


def _inside(around: Around, ask: Ask) -> Ask:
    return lambda call, context: around(call, context, ask)
