"""What becomes of an engine when its SQLite file is locked, damaged, on a full disk, or not allowed."""

import asyncio
import contextlib
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sagadsl import Engine
from sagadsl.runtime import Limits, StoreError, StoreUnavailableError
from sagadsl.runtime.store.contract import EngineRow
from sagadsl.runtime.store.opening import open_store
from tests.runtime.stream import THREE, Books, Stream, everything_fits

QUICK = Limits(lease=1.5, beat=0.5, poll=0.1, grace=1.0)
A_PAGE = 4096


@pytest.fixture
def path(saga_db):
    return saga_db


def url_of(path):
    return f"sqlite:///{path}"


# locked


KEEP_LOCKED = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


async def test_while_another_process_keeps_the_file_locked_sagas_wait_and_then_go_on(path):
    """Given sagas under way, when the file is locked for longer than a writer waits, then they go on afterwards."""
    books = Books()
    async with Engine(url_of(path), books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KEEP_LOCKED, path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        await process.stdout.readline()
        started = len(stream.acknowledged)
        await asyncio.sleep(6)
        assert len(stream.acknowledged) <= started + 1
        assert (await engine.get(stream.acknowledged[0])).name == "three"  # to look is possible all the time
        await process.communicate(b"\n")
        await stream.flows()
        await stream.end()

    await everything_fits(url_of(path), books, stream.acknowledged)


# full


@contextlib.contextmanager
def no_file_grows(path):
    """Let no file of this process become larger than the database's files are now."""
    files = [*path.parent.glob(path.name + "*")]
    largest = max(file.stat().st_size for file in files)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_when_the_file_may_not_grow_sagas_wait_and_then_go_on(path):
    books = Books()
    async with Engine(url_of(path), books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        with no_file_grows(path):
            await asyncio.sleep(2)
            stuck = len(stream.acknowledged)
            await asyncio.sleep(0.5)
            assert len(stream.acknowledged) <= stuck + 1
        await stream.flows()
        await stream.end()

    await everything_fits(url_of(path), books, stream.acknowledged)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 2 MiB, where this user may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system; the limit on a file's size is tested all the same")
    yield folder
    subprocess.run([shutil.which("umount"), "--lazy", str(folder)], check=True)


async def test_when_the_disk_is_full_sagas_wait_and_go_on_once_there_is_room(small_disk):
    path, filler = small_disk / "saga.db", small_disk / "filler"
    books = Books()
    async with Engine(url_of(path), books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * A_PAGE)
        await asyncio.sleep(2)
        stuck = len(stream.acknowledged)
        await asyncio.sleep(0.5)
        assert len(stream.acknowledged) <= stuck + 1
        filler.unlink()
        await stream.flows()
        await stream.end()

    await everything_fits(url_of(path), books, stream.acknowledged)


# damaged


async def a_history(path, sagas=60):
    """Run some sagas, close the store, and return what became of them."""
    books = Books()
    async with Engine(url_of(path), books.services, limits=QUICK) as engine:
        await asyncio.gather(*(engine.run(THREE, {"n": n}, saga_id=f"s{n:04}") for n in range(sagas)))
        return {f"s{n:04}": await engine.get(f"s{n:04}") for n in range(sagas)}


async def told_or_true(url, outcomes):
    """Ask for every saga; each answer has to be the truth, or a clear word. Return how many words there were."""
    words = 0
    engine = Engine(url, Books().services, limits=QUICK)
    try:
        for saga_id, truth in outcomes.items():
            try:
                told = await engine.get(saga_id)
            except StoreError:
                words += 1
            else:
                assert told == truth
    finally:
        with contextlib.suppress(StoreError):
            await engine.close()
    return words


DAMAGE = {
    "is empty of meaning": lambda content, _: b"not a database at all" * 400,
    "has lost its head": lambda content, _: b"\0" * 100 + content[100:],
    "has lost its second half": lambda content, _: content[: len(content) // 2],
    "has lost a page": lambda content, at: content[: at * A_PAGE] + b"\0" * A_PAGE + content[(at + 1) * A_PAGE :],
    "has a page of something else": (
        lambda content, at: content[: at * A_PAGE] + b"\xa5" * A_PAGE + content[(at + 1) * A_PAGE :]
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
async def test_a_file_that_is_damaged_gives_the_truth_or_a_clear_word(what, path):
    outcomes = await a_history(path)
    content = path.read_bytes()
    pages = len(content) // A_PAGE
    random_pages = random.Random(0).sample(range(1, pages), 8) if "page" in what else [0]

    words = 0
    for page in random_pages:
        for leftover in path.parent.glob(path.name + "-*"):
            leftover.unlink()
        path.write_bytes(DAMAGE[what](content, page))
        words += await told_or_true(url_of(path), outcomes)

    assert words, "nobody has noticed anything"


async def test_a_file_that_is_damaged_while_it_is_used_stops_the_engine_with_a_clear_word(path):
    books = Books()
    async with Engine(url_of(path), books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        with path.open("r+b") as file:
            file.seek(A_PAGE)
            file.write(b"\xa5" * (path.stat().st_size - A_PAGE))
        for wal in path.parent.glob(path.name + "-wal"):
            with wal.open("r+b") as file:
                file.write(b"\xa5" * wal.stat().st_size)
        with pytest.raises(StoreError) as told:
            await asyncio.wait_for(stream.stopped(), 20)

    assert not isinstance(told.value, StoreUnavailableError)
    assert "damaged" in str(told.value)


# not allowed


NOBODY = 65534


@contextlib.contextmanager
def as_somebody_who_may_not(folder):
    """Be somebody else for a while, if this process is root, whom no file refuses anything; own these files then."""
    if os.geteuid():
        yield
        return
    for each in (folder, *folder.iterdir()):
        os.chown(each, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that everybody can get to."""
    folder = Path(tempfile.mkdtemp(prefix="sagadsl-"))
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
async def used(made_file, open_folder):
    """A file with some sagas."""
    path = shutil.copy(made_file, open_folder / "saga.db")
    await a_history(path, sagas=3)
    return path


async def test_a_file_that_may_not_be_written_is_told_of(used):
    used.chmod(0o444)
    used.parent.chmod(0o555)
    with as_somebody_who_may_not(used.parent), pytest.raises(StoreError, match="right") as told:
        async with Engine(url_of(used), Books().services):
            pass
    assert not isinstance(told.value, StoreUnavailableError)

    used.parent.chmod(0o755)
    used.chmod(0o644)
    async with Engine(url_of(used), Books().services) as engine:
        assert (await engine.get("s0001")).status == "completed"


async def test_a_file_that_may_not_be_read_is_told_of(used):
    used.chmod(0)
    with as_somebody_who_may_not(used.parent), pytest.raises(StoreError, match="cannot be opened"):
        async with Engine(url_of(used), Books().services):
            pass


# of another version


async def test_a_file_of_a_newer_sagadsl_is_told_of_and_left_as_it_is(path):
    await a_history(path, sagas=3)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        [(table,)] = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE '%version%' AND type = 'table'")
        connection.execute(f"UPDATE {table} SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="upgrade sagadsl"):
        async with Engine(url_of(path), Books().services):
            pass

    assert path.read_bytes() == before


async def test_a_file_of_something_else_is_not_touched(tmp_path):
    path = tmp_path / "recipes.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.execute("INSERT INTO recipes VALUES ('soup')")
    async with Engine(url_of(path), Books().services) as engine:
        assert (await engine.run(THREE, {"n": 1})).status == "completed"

    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM recipes").fetchall() == [("soup",)]


async def test_a_file_that_is_removed_or_replaced_while_it_is_in_use_is_noticed_at_the_next_write(tmp_path):
    file = tmp_path / "sagas.db"
    store = open_store(f"sqlite:///{file}")
    await store.open()
    await store.join(EngineRow("me", "host", "process", 0.0))
    for path in tmp_path.iterdir():
        path.unlink()

    with pytest.raises(StoreError, match="removed or replaced while it was in use"):
        await store.beat("me")
    assert not file.exists()
    await store.close()
