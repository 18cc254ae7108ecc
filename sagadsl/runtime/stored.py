"""Sagas as a store keeps them: their definitions compiled again, and what has become of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sagadsl.language.load import reload
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import Event, SagaStarted
from sagadsl.machine.lifecycles import SAGA, UNFINISHED
from sagadsl.machine.saga import Saga
from sagadsl.runtime.outcome import Outcome, report
from sagadsl.runtime.store.contract import Durations, Filter, SagaRow, Stats, Store, StoredDefinition, StoreError


def short_hash(hash_: str) -> str:
    """Return what tells two texts of one version apart, for people."""
    return hash_[:8]


def recall(stored: StoredDefinition) -> CompiledSaga:
    """Return a stored definition, compiled.

    It keeps the hash that its sagas were started with, whatever hash this version of sagadsl would give it.
    """
    compiled = compile_saga(reload(stored.text))
    return replace(compiled, hash=stored.hash)


def to_store(compiled: CompiledSaga, now: float) -> StoredDefinition:
    """Return what a store keeps of a definition.

    Raises:
        ValueError: It was not loaded from a text.
    """
    definition = compiled.definition
    if definition.text is None:
        raise ValueError(f"{definition.name}: only a definition that was loaded from a text can be stored")
    return StoredDefinition(definition.name, definition.version, compiled.hash, definition.text, now)


_AT_ONCE = 500


class Recollection:
    """The compiled definitions of a store by their hash, each compiled once.

    Sagas that are only looked at have machines of their own: callbacks that somebody has put on a compiled saga are for
    what happens, and not for what has happened.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, CompiledSaga] = {}
        self._live: dict[str, CompiledSaga] = {}

    def add(self, compiled: CompiledSaga) -> None:
        """Take one that is compiled already, for sagas that run."""
        self._live[compiled.hash] = compiled
        self._known.setdefault(compiled.hash, replace(compile_saga(compiled.definition), hash=compiled.hash))

    async def find_live(self, row: SagaRow) -> CompiledSaga:
        """Return the definition that a saga runs, with the callbacks that are on it; raises as `find` does."""
        return self._live.get(row.hash) or await self.find(row)

    async def find(self, row: SagaRow) -> CompiledSaga:
        """Return the definition that a saga was started with, to look at it.

        Raises:
            StoreError: The store does not have it.
        """
        if row.hash not in self._known:
            stored = await self._store.definition(row.hash)
            if stored is None:
                raise StoreError(f"{row.id}: its definition {row.name} {row.version} is not in the store")
            return self.compiled(stored)
        return self._known[row.hash]

    def known(self, events: Sequence[Event]) -> CompiledSaga | None:
        """Return the definition of the saga to which these events happened, unless the store has to be asked for it."""
        started = next(iter(events), None)
        return self._known.get(started.hash) if isinstance(started, SagaStarted) else None

    async def newest(self, name: str, version: str | None = None) -> CompiledSaga | None:
        """Return the newest definition of this name, or of this name and version, that the store has."""
        for stored in await self._store.definitions(name):
            if version is None or stored.version == version:
                return self.compiled(stored)
        return None

    def compiled(self, stored: StoredDefinition) -> CompiledSaga:
        """Return a definition of the store, compiled."""
        if stored.hash not in self._known:
            self._known[stored.hash] = recall(stored)
        return self._known[stored.hash]


async def unfinished_children(store: Store, saga_id: str) -> AsyncIterator[SagaRow]:
    """Yield the rows of the sagas that a saga runs itself and that have not ended."""
    after: str | None = None
    while True:
        page = await store.list(Filter(parent=saga_id, statuses=UNFINISHED), after=after, limit=_AT_ONCE)
        for row in page.sagas:
            yield row
        after = page.after
        if after is None:
            return


async def replay(store: Store, rows: Iterable[SagaRow], recollection: Recollection) -> Mapping[str, Saga]:
    """Return sagas as far as the store knows of them, by their ids."""
    rows = list(rows)
    histories = await store.histories([row.id for row in rows])
    return {row.id: (await recollection.find(row)).replay(row.id, histories[row.id]) for row in rows}


async def outcome_of(store: Store, saga_id: str, recollection: Recollection | None = None) -> Outcome:
    """Return what has become of a saga so far.

    Raises:
        UnknownSagaError: There is no such saga.
    """
    recollection = recollection or Recollection(store)
    events = await store.events(saga_id)
    compiled = recollection.known(events) or await recollection.find(await store.row(saga_id))
    return report(compiled.replay(saga_id, events), events)


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many sagas there are.

    Args:
        total: All of them.
        running: Those that do something, or wait for something, by themselves.
        completed: Those that came to their end.
        compensated: Those that were undone.
        failed: Those that wait for a person: `failed` or `compensation_failed`.
        success_rate: The share that completed of those that are not running, from 0 to 1; `None` where all are.
        durations: How long the completed ones took; `None` where there are none.
        by_status: Their number in each status that some saga has.
    """

    total: int
    running: int
    completed: int
    compensated: int
    failed: int
    success_rate: float | None
    durations: Durations | None
    by_status: Mapping[str, int]


def statistics(stats: Stats) -> Statistics:
    """Return the figures that people ask for."""
    by_status = stats.by_status
    final = sum(by_status.get(status, 0) for status in SAGA.final)
    failed = by_status.get("failed", 0) + by_status.get("compensation_failed", 0)
    total = sum(by_status.values())
    completed = by_status.get("completed", 0)
    return Statistics(
        total=total,
        running=total - final - failed,
        completed=completed,
        compensated=by_status.get("compensated", 0),
        failed=failed,
        success_rate=completed / (final + failed) if final + failed else None,
        durations=stats.durations,
        by_status=by_status,
    )
