"""The engine: runs sagas on asyncio, durably, with any number of other engines on the same store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Self, TypeVar

from sagadsl.language.definition import Json
from sagadsl.language.jsondata import as_json
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import (
    CompensationRequested,
    Event,
    Failure,
    RetryRequested,
    SagaStarted,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.saga import Saga
from sagadsl.runtime.actions import check_actions
from sagadsl.runtime.claims import Claims
from sagadsl.runtime.clock import Clock, SystemClock
from sagadsl.runtime.host import Host
from sagadsl.runtime.ids import check_id, new_id
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.listening import AT_REST, Listener
from sagadsl.runtime.outcome import Outcome
from sagadsl.runtime.presence import Presence
from sagadsl.runtime.requests import Make, Ref, Requests
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import (
    EVERYTHING,
    Filter,
    IdTaken,
    KeyTaken,
    LeaseLostError,
    Page,
    SagaRow,
    Store,
    StoreError,
)
from sagadsl.runtime.store.opening import open_store
from sagadsl.runtime.stored import Statistics, outcome_of, statistics, to_store

UNFINISHED = tuple(status for status in SAGA.states if status not in SAGA.final)

T = TypeVar("T")


class DuplicateSagaError(ValueError):
    """Another saga has this id."""


class EngineClosedError(RuntimeError):
    """The engine has been closed, and carries nothing out any more."""


class Engine:
    """Runs sagas. Several engines may share a store; each saga is run by one of them at a time.

    Args:
        store: The URL of a store, such as `sqlite:///saga.db`, `postgresql://user@host/name` or `memory:`; or a store,
            which is then not closed with the engine.
        services: The actions that the sagas call.
        clock: Where the sagas' time comes from; tests pass a `ManualClock` or a `VirtualClock`.
        on_event: Hears of every event once it is in the store.
        limits: How much is done at a time, and how long is waited for what.

    Use it as `async with Engine("sqlite:///saga.db", services) as engine:`. Leaving the block gives actions that are
    under way some time to end, and hands the sagas that are not finished back to the store.
    """

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
        self._closed = self._host.is_closing = True
        await self._presence.rest()
        under_way = self._host.calls.under_way - {asyncio.current_task()}  # an action may close the engine it is in
        if under_way:
            await asyncio.wait(under_way, timeout=self._limits.grace)
        await self._flush()
        left = await self._stop()
        await self._presence.end()
        if self._owns_store:
            await self.store.close()
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

    async def _with_lease(self, do: Callable[[], Awaitable[T]]) -> T:
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

    # running

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

    async def start(self, which: CompiledSaga | str, input: Json, saga_id: str | None = None) -> str:  # noqa: A002
        """Begin a saga and return its id, without waiting for it; its first event is in the store then.

        Args:
            which: What to run: a compiled saga, or the name of one that is registered.
            input: The saga's input; it is checked against the definition's schema, and copied.
            saga_id: An id of your own; a new one is made otherwise. Starting the same saga with the same input and
                the same id again returns the id, and starts nothing.

        A definition with a business `key` has at most one unfinished saga for each key: if there is one, its id is
        returned and nothing is started.

        Raises:
            InputError: The input does not fit the schema.
            LookupError: No saga of this name is registered.
            UnknownActionError: The definition calls an action that no service offers.
            DuplicateSagaError: Another saga has this id.
        """
        await self.open()
        compiled = await self._compiled(which)
        started = compiled.started(input)
        saga_id = new_id(self._clock.now()) if saga_id is None else check_id(saga_id)
        return await self._with_lease(lambda: self._start(compiled, saga_id, started))

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

    async def _start(self, compiled: CompiledSaga, saga_id: str, started: SagaStarted) -> str:
        refusal = await self._host.start(compiled, saga_id, started, parent=None)
        match refusal:
            case None:
                return saga_id
            case KeyTaken(other):
                return other
            case IdTaken(row):
                await self._is_the_same(row, started)
                return saga_id
        raise StoreError(f"{saga_id}: the store has events of a saga that it does not have")

    async def _is_the_same(self, row: SagaRow, started: SagaStarted) -> None:
        first, *_ = await self.store.events(row.id, limit=1)
        if row.name != started.name:
            raise DuplicateSagaError(f"there is a saga with the id {row.id!r} already: a {row.name}")
        if not isinstance(first, SagaStarted) or first.input != started.input:
            raise DuplicateSagaError(f"there is a saga with the id {row.id!r} already, with another input")

    async def wait(self, ref: Ref, timeout: float | None = None) -> Outcome:  # noqa: ASYNC109 - as in `threading`
        """Wait until the saga has come to rest: completed, compensated, or waiting for a person.

        Raises:
            UnknownSagaError: There is no such saga.
            TimeoutError: It has not come to rest within so many seconds.
        """
        await self.open()
        saga_id = await self._requests.find(ref)
        async with asyncio.timeout(timeout):
            while (await self.store.row(saga_id)).status not in AT_REST:
                await self._until_news(saga_id)
        return await outcome_of(self.store, saga_id, self._host.recollection)

    async def _until_news(self, saga_id: str) -> None:
        """Wait until the saga may have come to rest; of one that another engine runs, there is no news but its row."""
        run = self._host.runs.get(saga_id)
        if run is not None and run.broken is not None:
            raise run.broken
        await self.open()
        pause = self._limits.poll if run is None else None
        try:
            async with asyncio.timeout(pause):
                await self._host.rest_of(saga_id).wait()
        except TimeoutError:
            pass

    async def run(self, which: CompiledSaga | str, input: Json, saga_id: str | None = None) -> Outcome:  # noqa: A002
        """Begin a saga and wait for it; see `start` and `wait`."""
        return await self.wait(await self.start(which, input, saga_id))

    async def resume(self, ref: Ref) -> SagaRow:
        """Take up a saga here if nobody runs it, without waiting for its time; return its row.

        Raises:
            UnknownSagaError: There is no such saga.
            StoreError: Its definition cannot be run here; the message says why.
        """
        await self.open()
        saga_id = await self._requests.find(ref)
        await self._with_lease(lambda: self._claims.take_up_one(saga_id))
        return await self.store.row(saga_id)

    # looking

    async def get(self, ref: Ref) -> Outcome:
        """Return the saga as it stands now."""
        await self.open()
        return await outcome_of(self.store, await self._requests.find(ref), self._host.recollection)

    async def list(self, which: Filter = EVERYTHING, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas, the youngest first; `after` is the cursor of the page before."""
        await self.open()
        return await self.store.list(which, after=after, limit=limit)

    async def list_active(self, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas that are not finished, the youngest first."""
        return await self.list(Filter(statuses=UNFINISHED), after=after, limit=limit)

    async def events(self, ref: Ref, after: int = 0) -> Sequence[Event]:
        """Return what has happened to a saga, from the event behind number `after` on."""
        await self.open()
        return await self.store.events(await self._requests.find(ref), after)

    async def stats(self, which: Filter = EVERYTHING) -> Statistics:
        """Return how many sagas there are, and how they fared."""
        await self.open()
        return statistics(await self.store.stats(which))

    async def stale(self, older_than: float, limit: int = 100) -> Sequence[SagaRow]:
        """Return unfinished sagas to which nothing has happened for so many seconds, the longest quiet first."""
        await self.open()
        return await self.store.stale(self._clock.now() - older_than, limit)

    # deciding

    async def signal(self, ref: Ref, name: str, payload: Json = None) -> None:
        """Send a signal; `UnexpectedEvent` says why it was refused, as for all requests below."""
        await self._request(ref, lambda _: SignalReceived(name, as_json(payload)))

    async def report(
        self, ref: Ref, state: str, output: Json = None, *, error: Failure | None = None, region: str = ""
    ) -> None:
        """Give the outcome of a `callback` step: its output, or why it failed."""
        answer = {} if output is None else as_json(output)

        def make(saga: Saga) -> Event:
            execution = saga.executions.latest(state, region)
            attempt, number = (0, 1) if execution is None else (execution.attempt, execution.number)
            if error is not None:
                return StepFailed(state, attempt, error, number, region, reported=True)
            return StepSucceeded(state, attempt, answer, number, region, reported=True)

        await self._request(ref, make)

    async def retry(self, ref: Ref, *, by: str = "", why: str = "") -> None:
        """Try a failed saga, or failed compensations, again."""
        await self._request(ref, lambda _: RetryRequested(by, why))

    async def compensate(self, ref: Ref, *, by: str = "", why: str = "") -> None:
        """Undo a saga that has not passed its pivot."""
        await self._request(ref, lambda _: CompensationRequested(by, why))

    async def resolve(
        self, ref: Ref, state: str, output: Json = None, *, by: str = "", why: str = "", region: str = ""
    ) -> None:
        """Say that what a step, or its compensation, could not do has been done by hand."""
        event = StepResolved(state, as_json(output), by, why, region)
        await self._request(ref, lambda _: event)

    async def skip(self, ref: Ref, state: str, *, by: str = "", why: str = "", region: str = "") -> None:
        """Let the saga go on without a failed step."""
        await self._request(ref, lambda _: StepSkipped(state, by, why, region))

    async def _request(self, ref: Ref, make: Make) -> None:
        await self._with_lease(lambda: self._requests.make(ref, make))

    # keeping house

    async def delete(self, ref: Ref) -> None:
        """Remove a final saga and everything about it.

        Raises:
            UnknownSagaError: There is no such saga.
            ValueError: It is not final.
        """
        await self.open()
        await self.store.delete(await self._requests.find(ref))

    async def purge(self, older_than: float) -> int:
        """Remove final sagas that ended more than so many seconds ago; return how many there were."""
        await self.open()
        before, removed = self._clock.now() - older_than, 0
        while (count := await self.store.purge(before)) > 0:
            removed += count
        return removed
