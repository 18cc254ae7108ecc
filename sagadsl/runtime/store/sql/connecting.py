"""Connections: one for everything that writes, so that the order of writes is the order of calls, and some to read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, exc

from sagadsl.runtime.store.contract import StoreError
from sagadsl.runtime.store.sql.errors import TO_TRY_AGAIN, sqlstate, told
from sagadsl.runtime.store.sql.presence import FilePresence

READERS = 4
BUSY_SECONDS = 5
OLDEST_SQLITE = (3, 35)  # the first with UPDATE … FROM and RETURNING
_CHECKPOINT_PAGES = 4_000
_CACHE_KIB = 64_000
_TRIES = 5

_SQLITE_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
    f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}",
)

_WRITES = {"sagadsl_writes": True}
_LOOKS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # all statements see the same
_POSTGRESQL_CONNECTION: Mapping[str, Any] = {
    "connect_timeout": BUSY_SECONDS,
    "application_name": "sagadsl",
    # a host that has vanished is noticed within some ten seconds, and not when TCP gives up after a quarter of an hour
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_POSTGRESQL_SETTINGS = {
    "statement_timeout": "60s",
    # A process that stands still in a transaction must not keep others from taking over its sagas.
    "idle_in_transaction_session_timeout": "5s",
}
# Whatever is written is found by an index. A plan is kept for long, and one that was made while the tables were
# small would read them from end to end when they have grown.
_POSTGRESQL_PLANS = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}

P = ParamSpec("P")
T = TypeVar("T")

Transact: TypeAlias = Callable[..., Any]
"""Does something in a transaction: takes a function of a connection and more, and the more."""


def connections(url: URL) -> Engine:
    """Return the pool of connections to a database."""
    if url.get_backend_name() == "sqlite":
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreError(f"this Python has SQLite {sqlite3.sqlite_version}; sagadsl needs 3.35 or newer")
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        options = " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_SETTINGS.items())
        arguments = {**_POSTGRESQL_CONNECTION, "options": options}
        given = {name: url.query[name] for name in arguments if name in url.query}  # which ours must not hide
        engine = create_engine(url, connect_args={**arguments, **given}, pool_pre_ping=True, pool_size=READERS + 1)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin our transactions ourselves
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting).close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("sagadsl_writes")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def transaction(
    url: URL, where: str, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Do something in a transaction on a connection of its own, in this thread."""
    engine = connections(url)
    try:
        with told(where), engine.connect().execution_options(**_WRITES) as connection, connection.begin():
            return work(connection, *args, **kwargs)
    finally:
        engine.dispose()


class Threads:
    """Where the statements are executed: a thread that writes and a few that read.

    Args:
        url: The database.
        where: The URL for people.
    """

    def __init__(self, url: URL, where: str) -> None:
        self._url, self._where = url, where
        self._engine = connections(url)
        self._presence = FilePresence(url, where)
        self._connection: Connection | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None

    @property
    def dialect(self) -> Dialect:
        """What the statements are written in."""
        return self._engine.dialect

    def start(self) -> None:
        """Be ready to connect; do nothing if that is so already."""
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="sagadsl-writer")
            self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sagadsl-reader")

    async def stop(self) -> None:
        """Do what was asked for before, and then disconnect."""
        writer, readers = self._writer, self._readers
        self._writer = self._readers = None
        if writer is not None and readers is not None:
            writer.submit(self._disconnect)
            await asyncio.to_thread(_shut_down, writer, readers)
            self._engine.dispose()
            self._presence.forget()

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something in a transaction of its own, behind everything that was asked for before.

        It is done again from the beginning where another transaction was in its way.
        """
        executor = self._open(self._writer)
        return await asyncio.get_running_loop().run_in_executor(executor, partial(self._write, work, *args, **kwargs))

    async def in_turn(self, job: Callable[[Transact], T]) -> T:
        """Do something in several transactions, with nothing else that was asked for in between."""
        executor = self._open(self._writer)
        return await asyncio.get_running_loop().run_in_executor(executor, job, self._write)

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Look at one state of the database."""
        executor = self._open(self._readers)
        return await asyncio.get_running_loop().run_in_executor(executor, partial(self._read, work, *args, **kwargs))

    def _open(self, executor: ThreadPoolExecutor | None) -> ThreadPoolExecutor:
        if executor is None:
            raise StoreError(f"{self._where}: the store is not open")
        return executor

    def _write(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        with told(self._where):
            for _ in range(_TRIES - 1):
                try:
                    return self._write_once(work, *args, **kwargs)
                except exc.DBAPIError as error:
                    if sqlstate(error) not in TO_TRY_AGAIN:
                        raise
            return self._write_once(work, *args, **kwargs)

    def _write_once(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        connection = self._writing()
        self._presence.check()
        try:
            with connection.begin():
                return work(connection, *args, **kwargs)
        except exc.DBAPIError:
            self._disconnect()  # who knows in which state it is
            raise

    def _writing(self) -> Connection:
        if self._connection is None:
            self._presence.check()
            connection = self._engine.connect().execution_options(**_WRITES)
            self._presence.connected()
            if connection.dialect.name == "postgresql":
                for name, value in _POSTGRESQL_PLANS.items():
                    connection.exec_driver_sql(f"SET {name} = {value}")
                connection.commit()
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _read(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        with told(self._where):
            try:
                return self._read_once(work, *args, **kwargs)
            except exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._read_once(work, *args, **kwargs)  # the server had ended the connection meanwhile

    def _read_once(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(**_LOOKS)  # noqa: PLW2901 - the same one
            return work(connection, *args, **kwargs)


def _shut_down(*executors: ThreadPoolExecutor) -> None:
    for executor in executors:
        executor.shutdown()
