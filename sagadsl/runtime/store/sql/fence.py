"""Whether an engine is alive, and the engine's own row as the fence between it and whoever takes it for dead."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Dialect, bindparam, select

from sagadsl.runtime.store.contract import LeaseLostError
from sagadsl.runtime.store.sql.incoming import Prepared
from sagadsl.runtime.store.sql.tables import engines


class Fence:
    """Lets engines write that are alive. On PostgreSQL they hold their row meanwhile, so that nobody removes it."""

    def __init__(self, dialect: Dialect) -> None:
        alive = (
            select(engines.c.number)
            .where(engines.c.id == bindparam("engine"))
            .with_for_update(key_share=True, read=True)
        )
        self._alive = Prepared(alive, dialect)

    def pass_through(self, connection: Connection, engine_id: str) -> None:
        """Let an engine write in this transaction.

        Raises:
            LeaseLostError: It has been removed.
        """
        found: Any = self._alive.run(connection, engine=engine_id).first()
        if found is None:
            raise LeaseLostError(f"the engine {engine_id} has been taken for dead; its sagas belong to others now")
