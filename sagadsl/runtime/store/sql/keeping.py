"""Keeping house: definitions, and sagas that are no longer needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Dialect, Text, delete, exists, null, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import StoredDefinition
from sagadsl.runtime.store.sql.incoming import Prepared, incoming, rows
from sagadsl.runtime.store.sql.locking import free
from sagadsl.runtime.store.sql.owning import saga_of
from sagadsl.runtime.store.sql.plain import from_column, to_column
from sagadsl.runtime.store.sql.rows import definition_columns, definition_from
from sagadsl.runtime.store.sql.tables import FINISHED, definitions, events, letters, sagas
from sagadsl.runtime.store.sql.writing import Writer


def save_definition(connection: Connection, definition: StoredDefinition) -> None:
    """Keep a definition, unless it is there already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(definitions).values(definition_columns(definition)).on_conflict_do_nothing())


def all_definitions(connection: Connection, name: str | None) -> list[StoredDefinition]:
    """Return the definitions, the one that was saved last first."""
    asked = select(definitions).order_by(definitions.c.saved_at.desc(), definitions.c.number.desc())
    if name is not None:
        asked = asked.where(definitions.c.name == to_column(name))
    return [definition_from(row) for row in connection.execute(asked)]


def one_definition(connection: Connection, hash_: str) -> StoredDefinition | None:
    """Return the definition with this hash."""
    same = select(definitions).where(definitions.c.hash == hash_).order_by(definitions.c.number).limit(1)
    row = connection.execute(same).first()
    return None if row is None else definition_from(row)


_parents = sagas.alias("parents")
_NOBODYS = or_(sagas.c.parent.is_(null()), ~exists().where(_parents.c.id == sagas.c.parent))
"""A saga that another one runs may still have to be undone with it, so it goes after that one."""


class Removal:
    """Removes final sagas and everything about them."""

    def __init__(self, dialect: Dialect, writer: Writer) -> None:
        self._writer = writer
        gone = incoming(dialect, {"id": Text()}).c.id
        self._statements = tuple(
            Prepared(delete(column.table).where(column.in_(select(gone))), dialect)
            for column in (events.c.saga_id, letters.c.saga_id, sagas.c.id)
        )

    def delete(self, connection: Connection, saga_id: str) -> None:
        """Remove one saga, if it is final."""
        connection.execute(select(sagas.c.id).where(sagas.c.id == to_column(saga_id)).with_for_update()).close()
        status = saga_of(connection, saga_id).status
        if status not in SAGA.final:
            raise ValueError(f"the saga {saga_id!r} is {status}; only a completed or compensated one can be deleted")
        parent = connection.execute(
            select(_parents.c.id).join(sagas, _parents.c.id == sagas.c.parent).where(sagas.c.id == to_column(saga_id))
        ).scalar()
        if parent is not None:
            raise ValueError(f"the saga {saga_id!r} is run by {from_column(parent)!r}; delete that one first")
        self._remove(connection, [to_column(saga_id)])

    def delete_many(self, connection: Connection, saga_ids: Collection[str]) -> list[str]:
        """Remove those of these sagas that are final; return their ids."""
        these = sagas.c.id.in_([to_column(saga_id) for saga_id in saga_ids])
        asked = select(sagas.c.id).where(FINISHED, these, _NOBODYS).with_for_update()
        removed: list[str] = []
        while gone := connection.execute(asked).scalars().all():  # parents first, then what they have run
            self._remove(connection, gone)
            removed += gone
        return [from_column(saga_id) for saga_id in removed]

    def purge(self, connection: Connection, before: float, limit: int) -> int:
        """Remove final sagas that ended before an instant, the oldest first; return how many."""
        ended = select(sagas.c.id).where(FINISHED, sagas.c.ended_at < before, _NOBODYS)
        oldest = ended.order_by(sagas.c.ended_at, sagas.c.created_at).limit(limit).with_for_update(skip_locked=True)
        saga_ids = connection.execute(oldest).scalars().all()
        if saga_ids:
            self._remove(connection, saga_ids)
        return len(saga_ids)

    def _remove(self, connection: Connection, saga_ids: Sequence[str]) -> None:
        mail = free(connection, saga_ids)
        gone = rows([[saga_id] for saga_id in saga_ids])
        for statement in self._statements:
            statement.run(connection, rows=gone)
        self._writer.deliver(connection, mail)
