"""A store in memory: for tests, and for embedded use where a crash may take the sagas with it.

Nothing here waits, so each method is one step that nobody sees half done, and what happens depends on nothing but the
order of the calls. The log and who owns what is in `memory_sagas.py`, mail in `memory_mail.py`, locks in
`memory_locks.py`; `memory_looking.py` lists and counts.
"""

from __future__ import annotations

from builtins import list as listed  # `list` is also what people call listing sagas
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sagadsl.machine.events import Event
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store import memory_looking
from sagadsl.runtime.store.contract import (
    EVERYTHING,
    LOCKED,
    Answer,
    EngineRow,
    Filter,
    LeaseLostError,
    Letter,
    Mail,
    Page,
    Refusal,
    SagaRow,
    Stats,
    StoredDefinition,
    Write,
)
from sagadsl.runtime.store.memory_locks import LockTable
from sagadsl.runtime.store.memory_mail import Mailbox
from sagadsl.runtime.store.memory_sagas import Sagas


class MemoryStore:
    """See `contract.Store`, whose methods these are. What was written stays there when the store is closed."""

    url = "memory:"
    shared = False

    def __init__(self) -> None:
        self._engines: dict[str, EngineRow] = {}
        self._definitions: dict[tuple[str, str, str], StoredDefinition] = {}
        self._sagas = Sagas()
        self._mail = Mailbox()
        self._locks = LockTable()

    async def open(self) -> None:
        """Nothing has to be connected."""

    async def close(self) -> None:
        """Nothing has to be disconnected."""

    # engines

    async def join(self, engine: EngineRow) -> None:
        """Enter an engine."""
        self._engines.setdefault(engine.id, engine)

    async def beat(self, engine_id: str) -> None:
        """Increase the engine's number."""
        engine = self._alive(engine_id)
        self._engines[engine_id] = replace(engine, beat=engine.beat + 1)

    async def engines(self) -> listed[EngineRow]:
        """Return every engine that has joined and not left."""
        return [*self._engines.values()]

    async def bury(self, engine_id: str, beat: int) -> bool:
        """Remove an engine that seems dead, unless its number has changed."""
        engine = self._engines.get(engine_id)
        if engine is None or engine.beat != beat:
            return False
        await self.leave(engine_id)
        return True

    async def leave(self, engine_id: str) -> None:
        """Remove an engine that ends, and free its sagas."""
        self._engines.pop(engine_id, None)
        for saga_id in self._sagas.owned_by(engine_id):
            self._sagas.give_back(saga_id, 0.0)

    def _alive(self, engine_id: str) -> EngineRow:
        try:
            return self._engines[engine_id]
        except KeyError:
            raise LeaseLostError(
                f"the engine {engine_id} has been taken for dead; its sagas belong to others now"
            ) from None

    # the log

    async def commit(self, engine_id: str, writes: Sequence[Write]) -> listed[Refusal | None]:
        """Write events, and what belongs to them."""
        self._alive(engine_id)
        refused: set[str] = set()
        sagas = self._sagas
        answers: listed[Refusal | None] = []
        for write in writes:
            is_new, refusal = sagas.append(engine_id, write.saga_id, write.event, write.row, refused)
            if is_new:
                if write.answers is not None:
                    self._mail.deal_with(write.answers)
                if write.row is not None and write.row.owner is None:
                    self._wake_for_mail(write.saga_id)
                if write.frees_locks:
                    self._free_locks(write.saga_id)
                for mail in write.mail:
                    self._deliver(mail)
            answers.append(refusal)
        return answers

    async def events(self, saga_id: str, after: int = 0, limit: int | None = None) -> listed[Event]:
        """Return events of a saga."""
        history = self._sagas.get(saga_id).events
        return history[after : None if limit is None else after + limit]

    async def histories(self, saga_ids: Collection[str]) -> dict[str, listed[Event]]:
        """Return all events of several sagas; one that is not there is left out."""
        return {each: [*self._sagas.get(each).events] for each in saga_ids if each in self._sagas}

    # who runs what

    async def claim(self, engine_id: str, *, now: float, limit: int, without: Collection[str] = ()) -> listed[SagaRow]:
        """Become the owner of sagas whose time has come."""
        self._alive(engine_id)
        due = self._sagas.due(now, limit, without)
        return [self._sagas.take(saga_id, engine_id) for saga_id in due]

    async def owned(self, engine_id: str) -> listed[SagaRow]:
        """Return the sagas of an engine."""
        return [self._sagas.get(saga_id).row for saga_id in self._sagas.owned_by(engine_id)]

    async def claim_one(self, engine_id: str, saga_id: str) -> SagaRow:
        """Become the owner of one saga, if nobody owns it."""
        self._alive(engine_id)
        row = self._sagas.get(saga_id).row
        return self._sagas.take(saga_id, engine_id) if row.owner is None else row

    async def release(self, engine_id: str, sagas: Mapping[str, float | None]) -> None:
        """Give sagas of this engine back."""
        for saga_id, wake_at in sagas.items():
            if saga_id in self._sagas and self._sagas.get(saga_id).row.owner == engine_id:
                self._sagas.give_back(saga_id, wake_at)
                self._wake_for_mail(saga_id)

    # mail

    async def post(self, mail: Mail) -> int:
        """Send mail."""
        self._sagas.get(mail.to)
        return self._deliver(mail)

    async def letters(self, engine_id: str, limit: int = 1000) -> listed[Letter]:
        """Return the mail of this engine's sagas."""
        return self._mail.of(self._sagas.owned_by(engine_id), limit)

    async def refuse(self, letter_id: int, why: str) -> None:
        """Deal with a letter by refusing it."""
        self._mail.deal_with(letter_id, why)

    async def answer(self, letter_id: int) -> Answer | None:
        """Return what became of a letter."""
        return self._mail.answer(letter_id)

    def _deliver(self, mail: Mail) -> int:
        """Put a letter into a saga's box, and have the saga taken up; for a saga that is not there, drop it."""
        if mail.to not in self._sagas:
            return 0
        letter_id = self._mail.put(mail)
        self._wake_for_mail(mail.to)
        return letter_id

    def _wake_for_mail(self, saga_id: str) -> None:
        if self._mail.is_waiting(saga_id) and self._sagas.get(saga_id).row.owner is None:
            self._sagas.give_back(saga_id, 0.0)

    # locks

    async def lock(self, engine_id: str, saga_id: str, names: Collection[str]) -> bool:
        """Take locks, or queue for them."""
        self._alive(engine_id)
        row = self._sagas.get(saga_id).row
        return row.owner == engine_id and row.status not in SAGA.final and self._locks.ask(saga_id, names)

    async def locks(self) -> dict[str, str]:
        """Return every lock that is held, and by which saga."""
        return dict(self._locks.holders)

    def _free_locks(self, saga_id: str) -> None:
        for next_one in self._locks.free(saga_id):
            self._deliver(Mail(next_one, LOCKED))

    # looking

    async def row(self, saga_id: str) -> SagaRow:
        """Return a saga's row."""
        return self._sagas.get(saga_id).row

    async def find_key(self, name: str, key: str) -> SagaRow | None:
        """Return the saga with this business key."""
        return self._sagas.with_key(name, key)

    async def list(self, which: Filter = EVERYTHING, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas, the youngest first."""
        return memory_looking.page(self._sagas.youngest_first, which, after, limit)

    async def stale(self, before: float, limit: int = 100, *, due: float | None = None) -> Sequence[SagaRow]:
        """Return unfinished sagas to which nothing has happened for long."""
        return memory_looking.stale(self._sagas.all(), before, limit, due)

    async def last_events(self, saga_ids: Collection[str]) -> dict[str, float]:
        """Return when something happened last to each of several sagas."""
        return {each: self._sagas.get(each).events[-1].at for each in saga_ids if each in self._sagas}

    async def stats(self, which: Filter = EVERYTHING) -> Stats:
        """Return counts and durations."""
        return memory_looking.stats((record.row for record in self._sagas.all()), which)

    # keeping house

    async def save_definition(self, definition: StoredDefinition) -> None:
        """Keep a definition."""
        self._definitions.setdefault((definition.name, definition.version, definition.hash), definition)

    async def definitions(self, name: str | None = None) -> Sequence[StoredDefinition]:
        """Return the definitions, the one that was saved last first."""
        known = [each for each in reversed(self._definitions.values()) if name is None or each.name == name]
        return sorted(known, key=lambda each: each.saved_at, reverse=True)

    async def definition(self, hash: str) -> StoredDefinition | None:  # noqa: A002 - the column's name
        """Return the definition with this hash."""
        return next((each for each in self._definitions.values() if each.hash == hash), None)

    async def delete(self, saga_id: str) -> None:
        """Remove a final saga."""
        status = self._sagas.get(saga_id).row.status
        if status not in SAGA.final:
            raise ValueError(f"the saga {saga_id!r} is {status}; only a completed or compensated one can be deleted")
        parent = self._sagas.get(saga_id).row.parent
        if parent is not None and parent in self._sagas:
            raise ValueError(f"the saga {saga_id!r} is run by {parent!r}; delete that one first")
        self._remove([saga_id])

    async def delete_many(self, saga_ids: Collection[str]) -> Collection[str]:
        """Remove those of these sagas that are final."""
        wanted, removed = set(saga_ids), list[str]()
        while gone := [row.id for row in self._removable() if row.id in wanted]:  # parents, then what they have run
            self._remove(gone)
            removed += gone
        return removed

    def _removable(self) -> Iterable[SagaRow]:
        """Return the sagas that are final and need not be undone with another one any more."""
        rows = (each.row for each in self._sagas.all())
        final = (row for row in rows if row.status in SAGA.final)
        return [row for row in final if row.parent is None or row.parent not in self._sagas]

    async def purge(self, before: float, limit: int = 1000) -> int:
        """Remove final sagas that ended before an instant."""
        ended = memory_looking.ended(self._removable(), before, limit)
        self._remove(ended)
        return len(ended)

    def _remove(self, saga_ids: Iterable[str]) -> None:
        for saga_id in saga_ids:
            self._sagas.remove(saga_id)
            self._mail.remove(saga_id)
            self._free_locks(saga_id)
