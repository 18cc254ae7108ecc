"""The tables. `migrations/versions` makes them; a test holds the two equal."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import SagaRow

_FINAL = ", ".join(f"'{status}'" for status in sorted(SAGA.final))
FINISHED = cast("ColumnElement[bool]", text(f"status IN ({_FINAL})"))
UNFINISHED = cast("ColumnElement[bool]", text(f"status NOT IN ({_FINAL})"))
"""Conditions by which a database recognises the index that has them; so they are text, without parameters."""

NUMBER: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
"""What SQLite counts up by itself has to be called INTEGER there."""

NAME: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is sorted as SQLite and Python sort it, whatever the database's language."""

metadata = MetaData()


def _partial(name: str, where: ColumnElement[bool] | str, *columns: Column[Any], unique: bool = False) -> Index:
    condition = text(where) if isinstance(where, str) else where
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


definitions = Table(
    "sagadsl_definitions",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("saved_at", Double, nullable=False),
    Index("sagadsl_definitions_one", "hash", "name", "version", unique=True),
)

sagas = Table(
    "sagadsl_sagas",
    metadata,
    Column("id", NAME, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("key", Text),
    Column("deadline", Double),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_state", Text),
    Column("parent", Text),
    Column("owner", Text),
    Column("wake_at", Double),
    Column("holds_key", SmallInteger, nullable=False),
    PrimaryKeyConstraint("id", name="sagadsl_sagas_id"),
)
"""`holds_key` is 1 for the unfinished saga that others with its key have to keep clear of. A finished one that is to be
compensated becomes unfinished again, even if another saga has taken its key since: that one then keeps it.
"""

Index("sagadsl_sagas_by_age", sagas.c.created_at, sagas.c.id)
_partial("sagadsl_sagas_unfinished", UNFINISHED, sagas.c.status, sagas.c.created_at, sagas.c.id)
_partial("sagadsl_sagas_finished", FINISHED, sagas.c.ended_at, sagas.c.created_at, sagas.c.status)
_partial("sagadsl_sagas_owned", "owner IS NOT NULL", sagas.c.owner)
_partial("sagadsl_sagas_due", "wake_at IS NOT NULL AND owner IS NULL", sagas.c.wake_at)
_partial("sagadsl_sagas_children", "parent IS NOT NULL", sagas.c.parent)
_partial("sagadsl_sagas_keys", "key IS NOT NULL", sagas.c.key, sagas.c.name)
_partial("sagadsl_sagas_key_holders", "holds_key = 1", sagas.c.name, sagas.c.key, unique=True)

events = Table(
    "sagadsl_events",
    metadata,
    Column("saga_id", NAME, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("data", Text, nullable=False),
    PrimaryKeyConstraint("saga_id", "seq", name="sagadsl_events_place"),
    sqlite_with_rowid=False,
)
"""`data` is the whole event as JSON text, exactly as it was written; the other columns are for looking for it."""

engines = Table(
    "sagadsl_engines",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("joined_at", Double, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("actions", Text),
    Index("sagadsl_engines_one", "id", unique=True),
)
"""`actions` is a list as JSON; an engine of a sagadsl without this column does not say."""

letters = Table(
    "sagadsl_letters",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("saga_id", NAME, nullable=False),
    Column("body", Text, nullable=False),
    Column("refusal", Text),
    sqlite_autoincrement=True,
)
"""Mail that has come. One that was taken is removed; one that was refused stays for as long as its saga."""

Index("sagadsl_letters_of_saga", letters.c.saga_id)
_partial("sagadsl_letters_waiting", "refusal IS NULL", letters.c.id, letters.c.saga_id)

locks = Table(
    "sagadsl_locks",
    metadata,
    Column("name", NAME, nullable=False),
    Column("saga_id", NAME, nullable=False),
    PrimaryKeyConstraint("name", name="sagadsl_locks_name"),
    Index("sagadsl_locks_of_saga", "saga_id"),
)

lock_waits = Table(
    "sagadsl_lock_waits",
    metadata,
    Column("place", NUMBER, primary_key=True, autoincrement=True),
    Column("saga_id", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Index("sagadsl_lock_waits_of_saga", "saga_id"),
    Index("sagadsl_lock_waits_line", "name", "place"),
    sqlite_autoincrement=True,
)
"""The lines of those that wait, a row for each lock that a saga waits for; a smaller `place` came earlier."""

ROW = tuple(field.name for field in fields(SagaRow))
"""The columns of `sagas` that make a `SagaRow`, in its order."""
