"""From a URL to a store. What a store needs is imported when one is opened, and not before."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from sagadsl.runtime.store.contract import Store, StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL

_KINDS = "memory:, sqlite:///file.db or postgresql://user:password@host/database"


def open_store(url: str) -> Store:
    """Return the store behind a URL, which is still to be opened (`await store.open()`).

    Args:
        url: `memory:`; `sqlite:///file.db`, from the current folder, or with four slashes from the root; or
            `postgresql://user:password@host:port/database`, with libpq's settings behind a `?`.

    Raises:
        StoreError: Nothing can be meant by it, what it needs is not installed, or `SAGADSL_KEYS` has no keys.
    """
    if url.partition("?")[0] in {"memory:", "memory://"}:
        from sagadsl.runtime.store.memory import MemoryStore  # noqa: PLC0415 - not for those who open another one

        return MemoryStore()
    from sagadsl.runtime.store.encryption import keys_of_environment  # noqa: PLC0415 - not for memory

    keys = keys_of_environment()
    if keys is not None:
        from sagadsl.runtime.store.sql.sealed import SealedStore  # noqa: PLC0415 - for those who have keys

        return SealedStore(*_understood(url), keys)
    from sagadsl.runtime.store.sql.store import SqlStore  # noqa: PLC0415 - heavy

    return SqlStore(*_understood(url))


def upgrade(url: str) -> str:
    """Bring the tables of a store up to date, or make them; return what has been done, as a sentence for people.

    Raises:
        StoreUnavailableError: The database cannot be reached for now.
        StoreError: It cannot be used.
    """
    if url.partition("?")[0] in {"memory:", "memory://"}:
        return "memory: has no tables"
    from sagadsl.runtime.store.sql import upgrading  # noqa: PLC0415 - heavy

    return upgrading.upgrade(*_understood(url))


def _understood(text: str) -> tuple[URL, str]:
    """Return the URL with its driver, and the URL for people."""
    from sqlalchemy import make_url  # noqa: PLC0415 - heavy
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - likewise

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        scheme = text.partition(":")[0] if "://" in text else "this"
        raise StoreError(f"{scheme} is not the URL of a store; write {_KINDS}") from None
    name = url.difference_update_query(["password", "passfile", "sslpassword"]).render_as_string(hide_password=True)
    match url.get_backend_name():
        case "sqlite":
            _look_at_file(url.database, name)
            if "?" in text:  # with or without anything that looks like settings
                raise StoreError(f"{name}: an SQLite store takes no settings; leave out what follows the `?`")
            return url.set(drivername="sqlite"), name
        case "postgresql" | "postgres":
            _look_for_driver(name)
            return url.set(drivername="postgresql+psycopg"), name
    raise StoreError(f"{name}: there is no such kind of store; write {_KINDS}")


def _look_at_file(database: str | None, name: str) -> None:
    if not database or database == ":memory:" or database.startswith("file:"):
        raise StoreError(f"{name}: the URL names no file; write sqlite:///file.db, or memory: to keep nothing")
    path = Path(database)
    if path.is_dir():
        raise StoreError(f"{name}: {path} is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise StoreError(f"{name}: there is no folder {path.parent}; make it, or name another file")


def _look_for_driver(name: str) -> None:
    if importlib.util.find_spec("psycopg") is None:
        raise StoreError(f"{name}: PostgreSQL needs psycopg; install it with `pip install 'sagadsl[postgres]'`")
