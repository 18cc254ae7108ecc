"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _definitions()
    _sagas()
    _events()
    _engines()
    _letters()
    _locks()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, primary_key=True, autoincrement=True)


def _index(name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    condition: Any = None if where is None else sa.text(where)
    options = {} if where is None else {"sqlite_where": condition, "postgresql_where": condition}
    op.create_index(name, table, columns, unique=unique, **options)


def _definitions() -> None:
    op.create_table(
        "sagadsl_definitions",
        _number("number"),
        _text("name"),
        _text("version"),
        _text("hash"),
        _text("text"),
        _time("saved_at"),
    )
    _index("sagadsl_definitions_one", "sagadsl_definitions", ["hash", "name", "version"], unique=True)


def _sagas() -> None:
    op.create_table(
        "sagadsl_sagas",
        sa.Column("id", _NAME, nullable=False),
        _text("name"),
        _text("version"),
        _text("hash"),
        _text("status"),
        _time("created_at"),
        _time("updated_at"),
        _time("ended_at", nullable=True),
        _text("key", nullable=True),
        _time("deadline", nullable=True),
        _text("error_code", nullable=True),
        _text("error_message", nullable=True),
        _text("error_state", nullable=True),
        _text("parent", nullable=True),
        _text("owner", nullable=True),
        _time("wake_at", nullable=True),
        sa.Column("holds_key", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sagadsl_sagas_id"),
    )
    table, final = "sagadsl_sagas", "('compensated', 'completed')"
    _index("sagadsl_sagas_by_age", table, ["created_at", "id"])
    _index("sagadsl_sagas_unfinished", table, ["status", "created_at", "id"], f"status NOT IN {final}")
    _index("sagadsl_sagas_finished", table, ["ended_at", "created_at", "status"], f"status IN {final}")
    _index("sagadsl_sagas_owned", table, ["owner"], "owner IS NOT NULL")
    _index("sagadsl_sagas_due", table, ["wake_at"], "wake_at IS NOT NULL AND owner IS NULL")
    _index("sagadsl_sagas_children", table, ["parent"], "parent IS NOT NULL")
    _index("sagadsl_sagas_keys", table, ["key", "name"], "key IS NOT NULL")
    _index("sagadsl_sagas_key_holders", table, ["name", "key"], "holds_key = 1", unique=True)


def _events() -> None:
    op.create_table(
        "sagadsl_events",
        sa.Column("saga_id", _NAME, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        _time("at"),
        _text("data"),
        sa.PrimaryKeyConstraint("saga_id", "seq", name="sagadsl_events_place"),
        sqlite_with_rowid=False,
    )


def _engines() -> None:
    op.create_table(
        "sagadsl_engines",
        _number("number"),
        _text("id"),
        _text("host"),
        _text("process"),
        _time("joined_at"),
        sa.Column("beat", sa.BigInteger, nullable=False),
    )
    _index("sagadsl_engines_one", "sagadsl_engines", ["id"], unique=True)


def _letters() -> None:
    op.create_table(
        "sagadsl_letters",
        _number("id"),
        sa.Column("saga_id", _NAME, nullable=False),
        _text("body"),
        _text("refusal", nullable=True),
        sqlite_autoincrement=True,
    )
    _index("sagadsl_letters_of_saga", "sagadsl_letters", ["saga_id"])
    _index("sagadsl_letters_waiting", "sagadsl_letters", ["id", "saga_id"], "refusal IS NULL")


def _locks() -> None:
    op.create_table(
        "sagadsl_locks",
        sa.Column("name", _NAME, nullable=False),
        sa.Column("saga_id", _NAME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="sagadsl_locks_name"),
    )
    _index("sagadsl_locks_of_saga", "sagadsl_locks", ["saga_id"])
    op.create_table(
        "sagadsl_lock_waits",
        _number("place"),
        sa.Column("saga_id", _NAME, nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sqlite_autoincrement=True,
    )
    _index("sagadsl_lock_waits_of_saga", "sagadsl_lock_waits", ["saga_id"])
    _index("sagadsl_lock_waits_line", "sagadsl_lock_waits", ["name", "place"])
