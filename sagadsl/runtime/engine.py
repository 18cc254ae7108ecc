"""The engine: runs sagas on asyncio, durably, with any number of other engines on the same store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sagadsl.language.definition import Json
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event, Failure, SagaStarted
from sagadsl.machine.lifecycles import AT_REST, UNFINISHED
from sagadsl.runtime import decisions
from sagadsl.runtime.decisions import Make
from sagadsl.runtime.engine_life import EngineClosedError, EngineLife
from sagadsl.runtime.ids import check_id, new_id
from sagadsl.runtime.outcome import Outcome, report
from sagadsl.runtime.patience import until_available
from sagadsl.runtime.requests import Ref
from sagadsl.runtime.runs import Run
from sagadsl.runtime.staleness import stale
from sagadsl.runtime.store.contract import (
    EVERYTHING,
    Filter,
    IdTaken,
    KeyTaken,
    Page,
    SagaRow,
    StoreError,
)
from sagadsl.runtime.stored import Statistics, outcome_of, statistics

NO_NEWS = 5.0
"""Seconds after which even a saga that runs here is looked up in the store; there should be no need."""

LOOK = "look for a saga"


class DuplicateSagaError(ValueError):
    """Another saga has this id."""


class Engine(EngineLife):
    """Runs sagas. Several engines may share a store; each saga is run by one of them at a time.

    Args:
        store: The URL of a store, such as `sqlite:///saga.db`, `postgresql://user@host/name` or `memory:`; or a store,
            which is then not closed with the engine.
        services: The actions that the sagas call.
        clock: Where the sagas' time comes from; tests pass a `ManualClock` or a `VirtualClock`.
        on_event: Hears of every event once it is in the store.
        limits: How much is done at a time, and how long is waited for what.
        only: The one saga that it takes up from the store by itself, with those that it runs; all, otherwise.

    Use it as `async with Engine("sqlite:///saga.db", services) as engine:`. Leaving the block gives actions that are
    under way some time to end, and hands the sagas that are not finished back to the store.
    """

    # running

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
        return await self._begin(which, input, saga_id, keep=False)

    async def _begin(self, which: CompiledSaga | str, input: Json, saga_id: str | None, *, keep: bool) -> str:  # noqa: A002
        await self.open()
        compiled = await self._compiled(which)
        started = compiled.started(input)
        name = new_id(self._clock.now()) if saga_id is None else check_id(saga_id)
        return await self.with_lease(lambda: self._start(compiled, name, started, keep=keep))

    async def _start(self, compiled: CompiledSaga, saga_id: str, started: SagaStarted, *, keep: bool) -> str:
        refusal = await self._host.start(compiled, saga_id, started, keep=keep)
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
        try:
            async with asyncio.timeout(timeout):
                return await self._rest(saga_id)
        except TimeoutError:
            if timeout is None:
                raise
            raise TimeoutError(f"{saga_id} has not come to rest within {timeout:g} s") from None

    async def _rest(self, saga_id: str) -> Outcome:
        while True:
            run = self._host.runs.get(saga_id)
            outcome = await (self._rest_elsewhere(saga_id) if run is None else self._rest_here(run))
            if outcome is not None:
                return outcome
            await self.open()  # which says why, if the saga is gone because nothing can be run here any more

    async def _rest_here(self, run: Run) -> Outcome | None:
        """Wait for a saga of this engine; return its outcome, unless it has left without having come to rest."""
        saga = run.saga
        if run.broken is not None:
            raise run.broken
        if not run.is_at_rest:
            await _news(self._host.rest_of(saga.id), NO_NEWS)
        if not run.is_at_rest:
            return None
        events: Sequence[Event] | None = run.events
        if events is None:
            events = await until_available(lambda: self.store.events(saga.id), LOOK)
        return report(saga, events) if len(events) == saga.seq else None

    async def _rest_elsewhere(self, saga_id: str) -> Outcome | None:
        """Look whether a saga has come to rest that another engine runs, or nobody; if not, wait a little."""
        news = self._host.rest_of(saga_id)
        row = await until_available(lambda: self.store.row(saga_id), LOOK)
        if row.status in AT_REST:
            outcome = await until_available(lambda: outcome_of(self.store, saga_id, self._host.recollection), LOOK)
            return outcome if outcome.status in AT_REST else None  # somebody may have had it go on in between
        await _news(news, self._limits.poll)
        return None

    async def run(self, which: CompiledSaga | str, input: Json, saga_id: str | None = None) -> Outcome:  # noqa: A002
        """Begin a saga and wait for it; see `start` and `wait`."""
        return await self.wait(await self._begin(which, input, saga_id, keep=True))

    async def resume(self, ref: Ref) -> SagaRow:
        """Take up a saga here if nobody runs it, without waiting for its time; return its row.

        Raises:
            UnknownSagaError: There is no such saga.
            StoreError: Its definition cannot be run here; the message says why.
        """
        await self.open()
        saga_id = await self._requests.find(ref)
        await self.with_lease(lambda: self._claims.take_up_one(saga_id))
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
        """Return sagas to which nothing has happened for so many seconds although something should.

        The longest quiet first. One that waits for a person, for a signal or for its time is not stale.
        """
        await self.open()
        return await stale(self.store, self.running, now=self._clock.now(), older_than=older_than, limit=limit)

    # deciding

    async def signal(self, ref: Ref, name: str, payload: Json = None, *, by: str = "", why: str = "") -> None:
        """Send a signal; `UnexpectedEvent` says why it was refused, as for all requests below."""
        await self._request(ref, decisions.signal(name, payload, by, why))

    async def report(
        self,
        ref: Ref,
        state: str,
        output: Json = None,
        *,
        error: Failure | None = None,
        by: str = "",
        why: str = "",
        region: str = "",
    ) -> None:
        """Give the outcome of a `callback` step: its output, or why it failed."""
        await self._request(ref, decisions.report(state, output, error, by, why, region))

    async def retry(self, ref: Ref, *, by: str = "", why: str = "") -> None:
        """Try a failed saga, or failed compensations, again."""
        await self._request(ref, decisions.retry(by, why))

    async def compensate(self, ref: Ref, *, by: str = "", why: str = "") -> None:
        """Undo a saga that has not passed its pivot."""
        await self._request(ref, decisions.compensate(by, why))

    async def resolve(
        self, ref: Ref, state: str, output: Json = None, *, by: str = "", why: str = "", region: str = ""
    ) -> None:
        """Say that what a step, or its compensation, could not do has been done by hand."""
        await self._request(ref, decisions.resolve(state, output, by, why, region))

    async def skip(self, ref: Ref, state: str, *, by: str = "", why: str = "", region: str = "") -> None:
        """Let the saga go on without a failed step."""
        await self._request(ref, decisions.skip(state, by, why, region))

    async def _request(self, ref: Ref, make: Make) -> None:
        await self.with_lease(lambda: self._requests.make(ref, make))

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


async def _news(event: asyncio.Event, longest: float) -> None:
    """Wait for an event, for so many seconds at the most."""
    try:
        async with asyncio.timeout(longest):
            await event.wait()
    except TimeoutError:
        pass


__all__ = ["DuplicateSagaError", "Engine", "EngineClosedError"]
