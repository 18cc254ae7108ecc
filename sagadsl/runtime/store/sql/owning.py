"""Engines, and which of them runs which saga."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Dialect, Double, Row, Text, Update, and_, bindparam, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from sagadsl.runtime.store.contract import UNBEGUN, EngineRow, LeaseLostError, SagaRow, UnknownSagaError
from sagadsl.runtime.store.sql.fence import Fence
from sagadsl.runtime.store.sql.incoming import Prepared, incoming, rows
from sagadsl.runtime.store.sql.plain import to_column
from sagadsl.runtime.store.sql.rows import engine_columns, engine_from, saga_row
from sagadsl.runtime.store.sql.tables import ROW, engines, sagas
from sagadsl.runtime.store.sql.writing import Writer

_ROW = tuple(sagas.c[name] for name in ROW)


def join(connection: Connection, engine: EngineRow) -> None:
    """Enter an engine."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(engines).values(engine_columns(engine)).on_conflict_do_nothing())


def beat(connection: Connection, engine_id: str) -> None:
    """Increase an engine's number."""
    beating = update(engines).where(engines.c.id == engine_id).values(beat=engines.c.beat + 1)
    if not connection.execute(beating).rowcount:
        raise LeaseLostError(f"the engine {engine_id} has been taken for dead; its sagas belong to others now")


def all_engines(connection: Connection) -> list[EngineRow]:
    """Return every engine."""
    return [engine_from(row) for row in connection.execute(select(engines).order_by(engines.c.number))]


def bury(connection: Connection, engine_id: str, number: int) -> bool:
    """Remove an engine unless its number has changed, and free its sagas."""
    dead = delete(engines).where(engines.c.id == engine_id, engines.c.beat == number)
    if not connection.execute(dead).rowcount:
        return False
    _free_sagas(connection, engine_id)
    return True


def leave(connection: Connection, engine_id: str) -> None:
    """Remove an engine, and free its sagas."""
    connection.execute(delete(engines).where(engines.c.id == engine_id))
    _free_sagas(connection, engine_id)


def _free_sagas(connection: Connection, engine_id: str) -> None:
    connection.execute(update(sagas).where(sagas.c.owner == engine_id).values(owner=None, wake_at=0.0))


def owned(connection: Connection, engine_id: str) -> list[SagaRow]:
    """Return the sagas of an engine."""
    return [saga_row(row) for row in connection.execute(select(*_ROW).where(sagas.c.owner == engine_id))]


class Ownership:
    """Takes sagas up, and gives them back."""

    def __init__(self, dialect: Dialect, fence: Fence, writer: Writer) -> None:
        self._fence, self._writer = fence, writer
        self._release = Prepared(_release(dialect), dialect)

    def claim(
        self, connection: Connection, engine_id: str, now: float, limit: int, without: Collection[str]
    ) -> list[SagaRow]:
        """Become the owner of sagas whose time has come."""
        self._fence.pass_through(connection, engine_id)
        due = select(sagas.c.id, sagas.c.wake_at).where(
            sagas.c.owner.is_(null()), sagas.c.wake_at.is_not(null()), sagas.c.wake_at <= now
        )
        if without:
            due = due.where(sagas.c.hash.not_in(sorted(without)))
        due = due.order_by(sagas.c.wake_at).limit(limit).with_for_update(skip_locked=True, key_share=True)
        before = {row.id: row.wake_at for row in connection.execute(due)}
        if not before:
            return []
        order = {each: place for place, each in enumerate(before)}
        found = connection.execute(_take(engine_id).where(sagas.c.id.in_(before)).returning(*_ROW)).all()
        return [_taken(row, before[row.id]) for row in sorted(found, key=lambda row: order[row.id])]

    def claim_one(self, connection: Connection, engine_id: str, saga_id: str) -> SagaRow:
        """Become the owner of one saga, if nobody owns it."""
        self._fence.pass_through(connection, engine_id)
        free = and_(sagas.c.id == to_column(saga_id), sagas.c.owner.is_(null()))
        before = connection.execute(select(sagas.c.wake_at).where(free).with_for_update(key_share=True)).first()
        row = None if before is None else connection.execute(_take(engine_id).where(free).returning(*_ROW)).first()
        return saga_of(connection, saga_id) if row is None or before is None else _taken(row, before.wake_at)

    def release(self, connection: Connection, engine_id: str, wake_at: Mapping[str, float | None]) -> None:
        """Give sagas back; those with mail are to be taken up at once."""
        given = {to_column(saga_id): wake_at[saga_id] for saga_id in sorted(wake_at)}
        if given:
            self._release.run(connection, rows=rows([*given.items()]), engine=engine_id)
            self._writer.wake(connection, [*given])


def saga_of(connection: Connection, saga_id: str) -> SagaRow:
    """Return a saga's row.

    Raises:
        UnknownSagaError: There is no such saga.
    """
    row = connection.execute(select(*_ROW).where(sagas.c.id == to_column(saga_id))).first()
    if row is None:
        raise UnknownSagaError(f"there is no saga {saga_id!r}")
    return saga_row(row)


def _take(engine_id: str) -> Update:
    return update(sagas).values(owner=engine_id, wake_at=None)


def _taken(columns: Row[Any], wake_at: float | None) -> SagaRow:
    """Return the row of a saga that has just been taken up, which says if nothing has been begun of it."""
    row = saga_row(columns)
    return replace(row, wake_at=UNBEGUN) if wake_at == UNBEGUN else row


def _release(dialect: Dialect) -> Update:
    given = incoming(dialect, {"id": Text(), "wake_at": Double()}).c
    mine = and_(sagas.c.id == given.id, sagas.c.owner == bindparam("engine"))
    return update(sagas).where(mine).values(owner=null(), wake_at=given.wake_at)
