"""Encrypting anew what is in a store: with a new key, or for the first time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Column, Connection, Table, bindparam, select, tuple_, update

from sagadsl.runtime.store.contract import StoreUnavailableError
from sagadsl.runtime.store.encryption import Keys
from sagadsl.runtime.store.sql.connecting import Threads
from sagadsl.runtime.store.sql.plain import from_column, to_column
from sagadsl.runtime.store.sql.tables import events, letters, sagas

AT_ONCE = 1000
"""Rows in one transaction; those who run sagas wait for it."""

_PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is encrypted, the key of its table, whose data a row is, and how a text becomes a new one."""

    table: Table
    key: tuple[Column[Any], ...]
    place: Column[Any]
    text: Column[Any]
    turned: Callable[[Keys, str, str], str]


def _event(keys: Keys, text: str, saga_id: str) -> str:
    return text if keys.is_current(text) else keys.seal(keys.open(text, saga_id), saga_id)


def _letter(keys: Keys, text: str, saga_id: str) -> str:
    """A letter's body is an object with the encrypted one in it; its saga is called there as people call it."""
    body, place = json.loads(text), from_column(saga_id)
    sealed = body["sealed"] if isinstance(body, dict) and set(body) == {"sealed"} else text
    return text if keys.is_current(sealed) else json.dumps({"sealed": keys.seal(keys.open(sealed, place), place)})


def _message(keys: Keys, text: str, saga_id: str) -> str:
    plain, place = from_column(text), from_column(saga_id)
    return text if keys.is_current(plain) else to_column(keys.seal(keys.open(plain, place), place))


_COLUMNS = (
    _Column(events, (events.c.saga_id, events.c.seq), events.c.saga_id, events.c.data, _event),
    _Column(letters, (letters.c.id,), letters.c.saga_id, letters.c.body, _letter),
    _Column(sagas, (sagas.c.id,), sagas.c.id, sagas.c.error_message, _message),
)


async def rotate(threads: Threads, keys: Keys, url: URL, progress: Callable[[int], None] | None) -> int:
    """Encrypt with the first key whatever is not; return how many texts that were. See `SealedStore.rotate`."""
    changed = 0
    for column in _COLUMNS:
        after: Sequence[Any] | None = ()
        while after is not None:
            after, count = await threads.write(_turn_page, column, keys, after)
            changed += count
            if progress is not None and count:
                progress(changed)
    if url.get_backend_name() == "sqlite" and url.database:
        await asyncio.to_thread(_wipe, url.database)
    return changed


def _turn_page(
    connection: Connection, column: _Column, keys: Keys, after: Sequence[Any]
) -> tuple[Sequence[Any] | None, int]:
    """Encrypt some rows behind a key; return the last one's key, or `None` behind the last row, and how many."""
    asked = select(column.place, column.text, *column.key).where(column.text.is_not(None)).order_by(*column.key)
    if after:
        asked = asked.where(tuple_(*column.key) > tuple_(*after))
    found = connection.execute(asked.limit(AT_ONCE)).all()
    changes = [(key, text, new) for place, text, *key in found if (new := column.turned(keys, text, place)) != text]
    if changes:
        names = [f"key_{number}" for number in range(len(column.key))]
        same = [each == bindparam(name) for each, name in zip(column.key, names, strict=True)]
        turn = (
            update(column.table).where(*same, column.text == bindparam("old")).values({column.text: bindparam("new")})
        )
        values = [{**dict(zip(names, key, strict=True)), "old": text, "new": new} for key, text, new in changes]
        connection.execute(turn, values)
    return (found[-1][2:] if len(found) == AT_ONCE else None), len(changes)


def _wipe(database: str) -> None:
    """Write the file anew, so that what was there before is not in what is free of it.

    Raises:
        StoreUnavailableError: Somebody is in the way.
    """
    try:
        with closing(sqlite3.connect(database, timeout=_PATIENCE, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(
            f"everything is encrypted anew, but the file still has free pages with old text in them ({error}); "
            "rotate again when nobody uses the store"
        ) from None
