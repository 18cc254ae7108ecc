"""The statements that put a batch into the tables, a statement a table however many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Text,
    Update,
    and_,
    case,
    delete,
    exists,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from sagadsl.runtime.store.sql.batch import Batch
from sagadsl.runtime.store.sql.incoming import Prepared, incoming, rows
from sagadsl.runtime.store.sql.locking import free
from sagadsl.runtime.store.sql.tables import events, letters, sagas

_ALWAYS = text("1 = 1")
"""SQLite asks for a condition in front of ON CONFLICT, to tell it from a join's ON."""

_MAY_CHANGE = (
    "version",
    "hash",
    "status",
    "updated_at",
    "ended_at",
    "deadline",
    "error_code",
    "error_message",
    "error_state",
    "owner",
    "wake_at",
)


class Writer:
    """Puts batches into the tables."""

    def __init__(self, dialect: Dialect) -> None:
        def prepared(statement: ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        self._start = prepared(_add(dialect, sagas))
        self._append = prepared(_add(dialect, events))
        self._gaps = prepared(_gaps(dialect))
        self._change = prepared(_change(dialect))
        self._deliver = prepared(_deliver(dialect))
        self._take = prepared(_take(dialect))
        self._wake = prepared(_wake(dialect))
        self._keep_still = prepared(_keep_still(dialect)) if dialect.name == "postgresql" else None

    def write(self, connection: Connection, batch: Batch, *, releases_first: bool = False) -> bool:
        """Write a batch; return whether all of it was new and nothing was missing.

        If not, some of it may have been written, and the transaction has to be rolled back. `releases_first` lets
        sagas change before others start, which may then take a business key that has just come free.
        """
        if batch.mail:
            self._hold_addressees(connection, batch)
        if releases_first:
            self._change_rows(connection, batch)
        if not (batch.in_turn and self._write_log(connection, batch)):
            return False
        if batch.taken:
            self._take.run(connection, rows=rows(batch.taken))
        self._change_rows(connection, batch)
        self.deliver(connection, batch.mail)
        if batch.at_rest:
            self._wake.run(connection, rows=rows(batch.at_rest))
        if batch.freed:
            self.deliver(connection, free(connection, batch.freed))
        return True

    def deliver(self, connection: Connection, mail: Sequence[Sequence[str]]) -> None:
        """Put mail into the boxes of sagas that are there, and have those taken up that nobody runs."""
        if mail:
            self._deliver.run(connection, rows=rows(mail))
            self._wake.run(connection, rows=rows([[to] for to in sorted({to for to, _ in mail})]))

    def wake(self, connection: Connection, saga_ids: Sequence[str]) -> None:
        """Have those sagas taken up that have mail waiting and that nobody runs."""
        self._wake.run(connection, rows=rows([[saga_id] for saga_id in saga_ids]))

    def _change_rows(self, connection: Connection, batch: Batch) -> None:
        if batch.changed:
            self._change.run(connection, rows=rows([*batch.changed.values()]))

    def _write_log(self, connection: Connection, batch: Batch) -> bool:
        if batch.started and self._start.run(connection, rows=rows(batch.started)).rowcount != len(batch.started):
            return False
        if batch.preceding and self._gaps.run(connection, rows=rows(batch.preceding)).first() is not None:
            return False
        return bool(self._append.run(connection, rows=rows(batch.events)).rowcount == len(batch.events))

    def _hold_addressees(self, connection: Connection, batch: Batch) -> None:
        """Keep everybody else from letting go of a saga before its mail is there, and take the rows in one order."""
        if self._keep_still is not None:
            ids = {to for to, _ in batch.mail}.union(batch.changed)
            self._keep_still.run(connection, rows=rows([[saga_id] for saga_id in sorted(ids)])).close()


def _add(dialect: Dialect, table: Table) -> Insert:
    """Return the statement that adds rows to a table, except for those that are there already."""
    names = [column.name for column in table.columns]
    new = incoming(dialect, {column.name: column.type for column in table.columns})
    values = select(*(new.c[name] for name in names)).where(_ALWAYS)
    kind = sqlite if dialect.name == "sqlite" else postgresql
    adding: Insert = kind.insert(table).from_select(names, values).on_conflict_do_nothing()
    return adding


def _gaps(dialect: Dialect) -> Select[Any]:
    asked = incoming(dialect, {"id": Text(), "seq": BigInteger()}).c
    there = exists().where(events.c.saga_id == asked.id, events.c.seq == asked.seq)
    return select(asked.id).where(~there).limit(1)


def _change(dialect: Dialect) -> Update:
    new = incoming(dialect, {column.name: column.type for column in sagas.columns}).c
    other = sagas.alias("other")
    taken = exists().where(
        other.c.holds_key == literal_column("1"), other.c.name == sagas.c.name, other.c.key == sagas.c.key
    )
    holds_key = case(
        (new.holds_key == literal_column("0"), literal_column("0")),
        (sagas.c.holds_key == literal_column("1"), literal_column("1")),
        (taken, literal_column("0")),
        else_=literal_column("1"),
    )
    values = {name: new[name] for name in _MAY_CHANGE}
    return update(sagas).where(sagas.c.id == new.id).values(**values, holds_key=holds_key)


def _deliver(dialect: Dialect) -> Insert:
    new = incoming(dialect, {"id": Text(), "body": Text()})
    there = select(new.c.id, new.c.body).where(sagas.c.id == new.c.id).order_by(new.c.position)
    return letters.insert().from_select(["saga_id", "body"], there)


def _take(dialect: Dialect) -> Delete:
    answered = incoming(dialect, {"id": BigInteger()})
    return delete(letters).where(letters.c.id.in_(select(answered.c.id)), letters.c.refusal.is_(null()))


def _wake(dialect: Dialect) -> Update:
    asked = incoming(dialect, {"id": Text()})
    waiting = exists().where(letters.c.saga_id == sagas.c.id, letters.c.refusal.is_(null()))
    idle = and_(sagas.c.id.in_(select(asked.c.id)), sagas.c.owner.is_(null()))
    return update(sagas).where(idle, waiting).values(wake_at=literal_column("0"))


def _keep_still(dialect: Dialect) -> Select[Any]:
    asked = incoming(dialect, {"id": Text()})
    ids = select(asked.c.id).scalar_subquery()
    return select(sagas.c.id).where(sagas.c.id.in_(ids)).order_by(sagas.c.id).with_for_update(key_share=True)
