"""The tables' version: looking at it, and bringing it up to date. Alembic is imported only for the second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Text, column, func, select, table
from sqlalchemy import inspect as inspected

from sagadsl.runtime.store.contract import StoreError
from sagadsl.runtime.store.sql.connecting import transaction
from sagadsl.runtime.store.sql.version import HEAD, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

ADVISORY = 0x5A6A_D8
"""What those who change the tables agree on to lock in PostgreSQL."""

_version = table(VERSION_TABLE, column("version_num", Text))


def upgrade(url: URL, where: str) -> str:
    """Bring the tables of a database up to date; return what has been done, for people."""
    before = transaction(url, where, bring_up_to_date, where)
    if before == HEAD:
        return f"{where}: the tables are up to date (version {HEAD})"
    return f"{where}: {f'upgraded from version {before} to' if before else 'made the tables of version'} {HEAD}"


def bring_up_to_date(connection: Connection, where: str) -> str | None:
    """Make or change the tables in this transaction, if they are not as this sagadsl wants them.

    Returns:
        The version that was found; `None` if there were no tables.

    Raises:
        StoreError: A newer sagadsl has made them.
    """
    found = version(connection)
    if found == HEAD:
        return found
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY)))
        found = version(connection)  # another process may have been quicker
    if found != HEAD:
        _migrate(connection, found, where)
    return found


def version(connection: Connection) -> str | None:
    """Return the tables' version; `None` if there are none."""
    if not inspected(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def configuration(connection: Connection | None = None) -> Config:
    """Return what Alembic has to know."""
    from alembic.config import Config  # noqa: PLC0415 - seldom needed, and heavy

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection, found: str | None, where: str) -> None:
    from alembic import command  # noqa: PLC0415 - seldom needed, and heavy
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - likewise

    config = configuration(connection)
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"{where}: the tables are of version {found}, and this sagadsl knows them only up to {HEAD}; "
            "upgrade sagadsl, or open a store of its own"
        )
    command.upgrade(config, HEAD)
