"""Semantic locks. A saga gets its locks when they are all free and it is the first that waits for each of them.

Taking all at once, or none, cannot end in a deadlock; and since a lock goes to nobody while one that came earlier
waits for it, nobody waits for ever. Whoever touches these tables does so alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, or_, select, union_all

from sagadsl.runtime.store.contract import LOCKED
from sagadsl.runtime.store.sql.plain import dumps
from sagadsl.runtime.store.sql.tables import lock_waits, locks

ADVISORY = 0x5A6A_10C5
"""What those who touch the locks agree on to lock in PostgreSQL; SQLite has one writer at a time anyway."""

_AT_ONCE = 500
_LOCKED = dumps(LOCKED)


def ask(connection: Connection, saga_id: str, names: Collection[str]) -> bool:
    """Take these locks, or queue for them, unless the saga has done so; return whether it holds its locks now."""
    _be_alone(connection)
    if not names or connection.execute(select(locks.c.name).where(locks.c.saga_id == saga_id).limit(1)).first():
        return True
    if not connection.execute(select(lock_waits.c.place).where(lock_waits.c.saga_id == saga_id).limit(1)).first():
        lines = [{"saga_id": saga_id, "name": name} for name in sorted(set(names))]
        connection.execute(insert(lock_waits), lines)
    return _grant(connection, saga_id)


def free(connection: Connection, saga_ids: Sequence[str]) -> list[list[str]]:
    """Take back, from one saga after the other, all that it holds or waits for; return the mail to those who go on."""
    mail: list[list[str]] = []
    for start in range(0, len(saga_ids), _AT_ONCE):
        some = saga_ids[start : start + _AT_ONCE]
        having = connection.execute(
            union_all(*(select(table.c.saga_id).where(table.c.saga_id.in_(some)) for table in (locks, lock_waits)))
        )
        concerned = {row.saga_id for row in having}
        if concerned:
            _be_alone(connection)
        mail += [[next_one, _LOCKED] for each in some if each in concerned for next_one in _free(connection, each)]
    return mail


def held(connection: Connection) -> dict[str, str]:
    """Return every lock that is held, and by which saga; as the columns have them."""
    found = connection.execute(select(locks.c.name, locks.c.saga_id).order_by(locks.c.name))
    return {row.name: row.saga_id for row in found}


def _be_alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY)))


def _free(connection: Connection, saga_id: str) -> list[str]:
    """Return the sagas that hold their locks now, in the order in which they came."""
    names: set[str] = set()
    for table in (locks, lock_waits):
        names.update(connection.execute(select(table.c.name).where(table.c.saga_id == saga_id)).scalars())
        connection.execute(delete(table).where(table.c.saga_id == saga_id))
    heads = {head for name in sorted(names) if (head := _first_in_line(connection, name)) is not None}
    return [each for _, each in sorted(heads) if _grant(connection, each)]


def _first_in_line(connection: Connection, name: str) -> tuple[int, str] | None:
    line = (
        select(lock_waits.c.place, lock_waits.c.saga_id).where(lock_waits.c.name == name).order_by(lock_waits.c.place)
    )
    first = connection.execute(line.limit(1)).first()
    if first is None:
        return None
    came = select(func.min(lock_waits.c.place)).where(lock_waits.c.saga_id == first.saga_id)
    return connection.execute(came).scalar_one(), first.saga_id


def _grant(connection: Connection, saga_id: str) -> bool:
    """Give a saga what it waits for, if nothing is in its way."""
    mine = lock_waits.alias("mine")
    earlier = lock_waits.alias("earlier")
    is_held = select(locks.c.name).where(locks.c.name == mine.c.name).exists()
    is_wanted = (
        select(earlier.c.place)
        .where(earlier.c.name == mine.c.name, earlier.c.place < mine.c.place, earlier.c.saga_id != saga_id)
        .exists()
    )
    in_the_way = select(mine.c.place).where(mine.c.saga_id == saga_id, or_(is_held, is_wanted)).limit(1)
    if connection.execute(in_the_way).first() is not None:
        return False
    theirs: Any = select(mine.c.name, literal(saga_id)).where(mine.c.saga_id == saga_id)
    connection.execute(insert(locks).from_select(["name", "saga_id"], theirs))
    connection.execute(delete(lock_waits).where(lock_waits.c.saga_id == saga_id))
    return True
