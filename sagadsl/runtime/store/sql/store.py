"""One store for SQLite and PostgreSQL. Each concern has a file of its own; here stands what goes where.

Whatever writes goes to one thread with one connection, so that the order of writes is the order of calls; whatever
only looks goes to a few others.
"""

from __future__ import annotations

from builtins import list as listed  # `list` is also what people call listing sagas
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import URL, Connection

from sagadsl.machine.events import Event
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import (
    EVERYTHING,
    Answer,
    EngineRow,
    Filter,
    Letter,
    Mail,
    Page,
    Refusal,
    SagaRow,
    Stats,
    StoredDefinition,
    Write,
)
from sagadsl.runtime.store.encryption import PLAIN, Codec
from sagadsl.runtime.store.sql import keeping, locking, looking, owning, posting, upgrading
from sagadsl.runtime.store.sql.connecting import Threads
from sagadsl.runtime.store.sql.cursors import read_cursor
from sagadsl.runtime.store.sql.fence import Fence
from sagadsl.runtime.store.sql.log import Log
from sagadsl.runtime.store.sql.plain import from_column, to_column
from sagadsl.runtime.store.sql.writing import Writer


class SqlStore:
    """See `contract.Store`, whose methods these are.

    Args:
        url: The database, with SQLAlchemy's own name for its driver.
        name: The URL for people, without a password.
        codec: Encrypts events; see `sealed.py`.
    """

    shared = True

    def __init__(self, url: URL, name: str, codec: Codec = PLAIN) -> None:
        self.url = name
        self._threads = threads = Threads(url, name)
        self._fence = fence = Fence(threads.dialect)
        writer = Writer(threads.dialect)
        self._log = Log(threads, threads.dialect, writer, fence, codec)
        self._ownership = owning.Ownership(threads.dialect, fence, writer)
        self._removal = keeping.Removal(threads.dialect, writer)

    async def open(self) -> None:
        """Connect, and bring the tables up to date."""
        self._threads.start()
        try:
            await self._threads.write(upgrading.bring_up_to_date, self.url)
            await self._log.check_keys(self.url)
        except BaseException:
            await self._threads.stop()
            raise

    async def close(self) -> None:
        """Disconnect, when everything has been written."""
        await self._threads.stop()

    # engines

    async def join(self, engine: EngineRow) -> None:
        """Enter an engine."""
        await self._threads.write(owning.join, engine)

    async def beat(self, engine_id: str) -> None:
        """Increase the engine's number."""
        await self._threads.write(owning.beat, engine_id)

    async def engines(self) -> listed[EngineRow]:
        """Return every engine that has joined and not left."""
        return await self._threads.read(owning.all_engines)

    async def bury(self, engine_id: str, beat: int) -> bool:
        """Remove an engine that seems dead, unless its number has changed."""
        return await self._threads.write(owning.bury, engine_id, beat)

    async def leave(self, engine_id: str) -> None:
        """Remove an engine that ends, and free its sagas."""
        await self._threads.write(owning.leave, engine_id)

    # the log

    async def commit(self, engine_id: str, writes: Sequence[Write]) -> listed[Refusal | None]:
        """Write events, and what belongs to them."""
        return await self._log.commit(engine_id, writes)

    async def events(self, saga_id: str, after: int = 0, limit: int | None = None) -> listed[Event]:
        """Return events of a saga."""
        return await self._log.events(saga_id, after, limit)

    async def histories(self, saga_ids: Collection[str]) -> dict[str, listed[Event]]:
        """Return all events of several sagas; one that is not there is left out."""
        return await self._log.histories(saga_ids)

    # who runs what

    async def claim(self, engine_id: str, *, now: float, limit: int, without: Collection[str] = ()) -> listed[SagaRow]:
        """Become the owner of sagas whose time has come."""
        return await self._threads.write(self._ownership.claim, engine_id, now, limit, without)

    async def owned(self, engine_id: str) -> listed[SagaRow]:
        """Return the sagas of an engine."""
        return await self._threads.read(owning.owned, engine_id)

    async def claim_one(self, engine_id: str, saga_id: str) -> SagaRow:
        """Become the owner of one saga, if nobody owns it."""
        return await self._threads.write(self._ownership.claim_one, engine_id, saga_id)

    async def release(self, engine_id: str, sagas: Mapping[str, float | None]) -> None:
        """Give sagas of this engine back."""
        await self._threads.write(self._ownership.release, engine_id, dict(sagas))

    # mail

    async def post(self, mail: Mail) -> int:
        """Send mail."""
        return await self._threads.write(posting.post, mail)

    async def letters(self, engine_id: str, limit: int = 1000) -> listed[Letter]:
        """Return the mail of this engine's sagas."""
        return await self._threads.read(posting.of_engine, engine_id, limit)

    async def refuse(self, letter_id: int, why: str) -> None:
        """Deal with a letter by refusing it."""
        await self._threads.write(posting.refuse, letter_id, why)

    async def answer(self, letter_id: int) -> Answer | None:
        """Return what became of a letter."""
        return await self._threads.read(posting.answer, letter_id)

    # locks

    async def lock(self, engine_id: str, saga_id: str, names: Collection[str]) -> bool:
        """Take locks, or queue for them."""
        return await self._threads.write(self._lock, engine_id, saga_id, [*names])

    def _lock(self, connection: Connection, engine_id: str, saga_id: str, names: Sequence[str]) -> bool:
        self._fence.pass_through(connection, engine_id)
        row = owning.saga_of(connection, saga_id)
        if row.owner != engine_id or row.status in SAGA.final:
            return False
        return locking.ask(connection, to_column(saga_id), [to_column(name) for name in names])

    async def locks(self) -> dict[str, str]:
        """Return every lock that is held, and by which saga."""
        held = await self._threads.read(locking.held)
        return {from_column(name): from_column(saga_id) for name, saga_id in held.items()}

    # looking

    async def row(self, saga_id: str) -> SagaRow:
        """Return a saga's row."""
        return await self._threads.read(owning.saga_of, saga_id)

    async def find_key(self, name: str, key: str) -> SagaRow | None:
        """Return the saga with this business key."""
        return await self._threads.read(looking.find_key, name, key)

    async def list(self, which: Filter = EVERYTHING, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas, the youngest first."""
        return await self._threads.read(looking.page, which, None if after is None else read_cursor(after), limit)

    async def stale(self, before: float, limit: int = 100, *, due: float | None = None) -> Sequence[SagaRow]:
        """Return unfinished sagas to which nothing has happened for long."""
        return await self._threads.read(looking.stale, before, limit, due)

    async def last_events(self, saga_ids: Collection[str]) -> dict[str, float]:
        """Return when something happened last to each of several sagas."""
        return await self._threads.read(looking.last_events, [*saga_ids])

    async def stats(self, which: Filter = EVERYTHING) -> Stats:
        """Return counts and durations."""
        return await self._threads.read(looking.stats, which)

    # keeping house

    async def save_definition(self, definition: StoredDefinition) -> None:
        """Keep a definition."""
        await self._threads.write(keeping.save_definition, definition)

    async def definitions(self, name: str | None = None) -> Sequence[StoredDefinition]:
        """Return the definitions, the one that was saved last first."""
        return await self._threads.read(keeping.all_definitions, name)

    async def definition(self, hash: str) -> StoredDefinition | None:  # noqa: A002 - the column's name
        """Return the definition with this hash."""
        return await self._threads.read(keeping.one_definition, hash)

    async def delete(self, saga_id: str) -> None:
        """Remove a final saga."""
        await self._threads.write(self._removal.delete, saga_id)

    async def delete_many(self, saga_ids: Collection[str]) -> Collection[str]:
        """Remove those of these sagas that are final."""
        return await self._threads.write(self._removal.delete_many, saga_ids)

    async def purge(self, before: float, limit: int = 1000) -> int:
        """Remove final sagas that ended before an instant."""
        return await self._threads.write(self._removal.purge, before, limit)
