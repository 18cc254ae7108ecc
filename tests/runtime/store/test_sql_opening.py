"""From a URL to a store: what is understood, and what is said when it is not."""

import os
import sqlite3
import subprocess
import sys

import pytest

from sagadsl.runtime.store.contract import StoreError, StoreUnavailableError
from sagadsl.runtime.store.memory import MemoryStore
from sagadsl.runtime.store.opening import open_store, upgrade
from tests.runtime.store.postgres import database_url, new_database


async def opening(url):
    """What is said when this is opened."""
    with pytest.raises(StoreError) as told:
        await open_store(url).open()
    return told.value


def test_memory_is_a_store_of_its_own():
    assert isinstance(open_store("memory:"), MemoryStore)
    assert upgrade("memory:") == "memory: has no tables"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "this is not the URL of a store"),
        ("saga.db", "this is not the URL of a store"),
        ("mysql://me:secret@host/sagas", "there is no such kind of store"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///no/such/folder/saga.db", "there is no folder"),
        ("sqlite:///.", "is a folder"),
        ("sqlite:///saga.db?mode=ro", "takes no settings"),
        ("sqlite:///what?/a.db", "takes no settings"),
        ("postgresql://me:secret@host:port/sagas", "this is not the URL|postgresql is not the URL"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_touched(url, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(StoreError, match=said) as told:
        open_store(url)

    assert "secret" not in str(told.value)
    assert not list(tmp_path.iterdir())


async def test_a_relative_path_is_looked_for_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///saga.db")
    await store.open()
    await store.close()

    assert (tmp_path / "saga.db").is_file()


async def test_a_closed_sqlite_store_is_one_file(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/saga.db")
    await store.open()
    await store.close()

    assert [path.name for path in tmp_path.iterdir()] == ["saga.db"]


async def test_a_store_that_is_not_open_says_so(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/saga.db")

    with pytest.raises(StoreError, match="is not open"):
        await store.list()


async def test_a_store_can_be_opened_again(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/saga.db")
    for _ in range(3):
        await store.open()
        await store.close()
    await store.open()

    assert await store.engines() == []
    await store.close()


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 1000, encoding="utf-8")

    said = str(await opening(f"sqlite:///{path}"))

    assert "is no SQLite database" in said
    assert path.read_text(encoding="utf-8") == "Dear reader, " * 1000


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
async def test_a_file_that_must_not_be_written_is_told_of(tmp_path):
    path = tmp_path / "saga.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    path.chmod(0o400)

    assert "cannot be written" in str(await opening(f"sqlite:///{path}"))


async def test_a_server_that_is_not_there_is_unavailable():
    error = await opening("postgresql://me:secret@127.0.0.1:1/sagas")

    assert isinstance(error, StoreUnavailableError)
    assert "cannot be reached" in str(error)
    assert "secret" not in str(error)


async def test_a_database_that_is_not_there_has_to_be_made(server):
    error = await opening(database_url(server, "sagadsl_is_not_there"))

    assert not isinstance(error, StoreUnavailableError)
    assert "createdb" in str(error)


async def test_a_user_that_is_not_known_is_not_let_in(server):
    with new_database(server) as url:
        error = await opening(url.replace("//postgres", "//nobody_of_this_name", 1))

    assert not isinstance(error, StoreUnavailableError)
    assert "check the user" in str(error)


def test_a_password_is_shown_nowhere():
    stores = [
        open_store("postgresql://me:secret@127.0.0.1:1/sagas"),
        open_store("postgresql://127.0.0.1:1/sagas?user=me&password=secret"),
    ]

    assert not [store.url for store in stores if "secret" in store.url]


def test_without_psycopg_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(StoreError, match=r"pip install 'sagadsl\[postgres\]'"):
        open_store("postgresql://host/sagas")


def imported(code):
    """Which of the heavy libraries a program has imported in the end."""
    script = f"{code}\nimport sys\nprint(*sorted({{'sqlalchemy', 'alembic', 'psycopg'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_nothing_heavy_is_imported_before_it_is_needed(tmp_path):
    url = f"sqlite:///{tmp_path}/saga.db"
    opened = f"import asyncio\nfrom sagadsl.runtime.store.opening import open_store\ns = open_store({url!r})\n"

    assert imported("import sagadsl, sagadsl.runtime, sagadsl.runtime.store.opening") == []
    assert imported("from sagadsl.runtime.store.opening import open_store; open_store('memory:')") == []
    assert imported(f"{opened}asyncio.run(s.open())") == ["alembic", "sqlalchemy"]
    assert imported(f"{opened}asyncio.run(s.open())") == ["sqlalchemy"]
