"""The log: writing to it, and reading it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Text, select

from sagadsl.machine.events import Event
from sagadsl.runtime.store.contract import Refusal, StoreError, StoreUnavailableError, UnknownSagaError, Write
from sagadsl.runtime.store.encryption import Codec
from sagadsl.runtime.store.sql.batch import Batch, batch_of
from sagadsl.runtime.store.sql.connecting import Threads, Transact
from sagadsl.runtime.store.sql.fence import Fence
from sagadsl.runtime.store.sql.incoming import Prepared, incoming, rows
from sagadsl.runtime.store.sql.plain import from_column, to_column
from sagadsl.runtime.store.sql.refusing import Lookup
from sagadsl.runtime.store.sql.rows import event_from
from sagadsl.runtime.store.sql.tables import events, sagas
from sagadsl.runtime.store.sql.writing import Writer

_TRIES = 10


class _CollisionError(Exception):
    """Something of a batch is there already, or what it follows is not; nothing of it has been written."""


class Log:
    """Writes and reads the log of one store."""

    def __init__(self, threads: Threads, dialect: Dialect, writer: Writer, fence: Fence, codec: Codec) -> None:
        self._threads, self._writer, self._fence, self._codec = threads, writer, fence, codec
        self._lookup = Lookup(dialect, codec)
        asked = incoming(dialect, {"id": Text()})
        of_these = select(events.c.saga_id, events.c.data).where(events.c.saga_id == asked.c.id)
        self._histories = Prepared(of_these.order_by(events.c.saga_id, events.c.seq), dialect)

    async def commit(self, engine_id: str, writes: Sequence[Write]) -> list[Refusal | None]:
        """Write all at once; only if something collides, find out what, and write the rest."""
        batch = batch_of(
            writes, self._codec
        )  # here, since the thread that writes would wait for Python's lock ever again
        return await self._threads.in_turn(partial(self._commit, engine_id, writes, batch))

    def _commit(
        self, engine_id: str, writes: Sequence[Write], batch: Batch, transact: Transact
    ) -> list[Refusal | None]:
        try:
            transact(self._commit_all, engine_id, batch)
        except _CollisionError:
            return self._commit_some(engine_id, writes, transact)
        return [None] * len(writes)

    def _commit_some(self, engine_id: str, writes: Sequence[Write], transact: Transact) -> list[Refusal | None]:
        for _ in range(_TRIES):  # somebody else may write between our look-up and our writing
            try:
                return cast("list[Refusal | None]", transact(self._commit_sorted, engine_id, writes))
            except _CollisionError:
                continue
        raise StoreUnavailableError(f"others have written the same sagas {_TRIES} times in a row; try again")

    def _commit_all(self, connection: Connection, engine_id: str, batch: Batch) -> None:
        self._fence.pass_through(connection, engine_id)
        if batch.events and not self._writer.write(connection, batch):
            raise _CollisionError

    def _commit_sorted(self, connection: Connection, engine_id: str, writes: Sequence[Write]) -> list[Refusal | None]:
        self._fence.pass_through(connection, engine_id)
        accepted, refusals = self._lookup.present(connection, writes).sort_out(engine_id, writes)
        batch = batch_of(accepted, self._codec, checked=True)
        if batch.events and not self._writer.write(connection, batch, releases_first=True):
            raise _CollisionError
        return refusals

    async def events(self, saga_id: str, after: int, limit: int | None) -> list[Event]:
        """Return events of a saga."""
        found = await self._threads.read(_events, saga_id, after, limit)
        return [event_from(data, to_column(saga_id), self._codec) for data in found]

    async def check_keys(self, where: str) -> None:
        """Make sure that what is there can be read.

        Raises:
            StoreError: It is encrypted, and cannot be decrypted here.
        """
        for saga_id, data in await self._threads.write(_samples):
            try:
                self._codec.open(data, saga_id)
            except StoreError as error:
                raise StoreError(f"{where}: {error}") from None

    async def histories(self, saga_ids: Collection[str]) -> dict[str, list[Event]]:
        """Return all events of several sagas."""
        found = await self._threads.read(self._all_of, saga_ids)
        histories: defaultdict[str, list[Event]] = defaultdict(list)
        for saga_id, data in found:
            histories[from_column(saga_id)].append(event_from(data, saga_id, self._codec))
        return dict(histories)

    def _all_of(self, connection: Connection, saga_ids: Collection[str]) -> Sequence[Any]:
        asked = rows([[to_column(each)] for each in sorted(set(saga_ids))])
        return cast("Sequence[Any]", self._histories.run(connection, rows=asked).all())


def _samples(connection: Connection) -> Sequence[Any]:
    """Return two events, which are quickly found."""
    rows_ = select(events.c.saga_id, events.c.data).limit(1)
    ends = (
        rows_.order_by(events.c.saga_id, events.c.seq),
        rows_.order_by(events.c.saga_id.desc(), events.c.seq.desc()),
    )
    return [row for end in ends for row in connection.execute(end)]


def _events(connection: Connection, saga_id: str, after: int, limit: int | None) -> Sequence[str]:
    column = to_column(saga_id)
    page = select(events.c.data).where(events.c.saga_id == column, events.c.seq > after).order_by(events.c.seq)
    found = connection.execute(page.limit(limit)).scalars().all()
    if not found and connection.execute(select(sagas.c.id).where(sagas.c.id == column)).first() is None:
        raise UnknownSagaError(f"there is no saga {saga_id!r}")
    return found
