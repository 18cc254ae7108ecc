"""The stores that keep the contract, each empty and ready for a test."""

import contextlib
import itertools
import shutil

import pytest

from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.store.postgres import empty, new_database, postgres_server

KINDS = ("memory", "sqlite", "postgres")


@pytest.fixture(scope="session")
def server():
    """The URL of a PostgreSQL server, started when a test first needs it."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def before_the_server_ends(server):
    """What is to be removed from the server while it is still there."""
    with contextlib.ExitStack() as exits:
        yield exits


class Databases:
    """Gives out empty databases that have their tables already, so that not every test makes them."""

    def __init__(self, request, folder):
        self.request, self.folder = request, folder
        self.numbers = itertools.count(1)
        self.ready = {}
        self.free = []

    async def new(self, kind, exits):
        """Return the URL of an empty database of this kind; `exits` removes it in the end."""
        if kind == "sqlite":
            path = self.folder / f"{next(self.numbers)}.db"
            shutil.copyfile(await self.sqlite(), path)
            exits.callback(path.unlink, missing_ok=True)
            return f"sqlite:///{path}"
        url = self.free.pop() if self.free else await self.postgres()
        exits.callback(self.take_back, url)
        return url

    def take_back(self, url):
        empty(url)
        self.free.append(url)

    async def sqlite(self):
        if "sqlite" not in self.ready:
            path = self.folder / "template.db"
            await self._make_tables(f"sqlite:///{path}")
            self.ready["sqlite"] = path
        return self.ready["sqlite"]

    async def postgres(self):
        exits = self.request.getfixturevalue("before_the_server_ends")
        url = exits.enter_context(new_database(self.request.getfixturevalue("server")))
        await self._make_tables(url)
        return url

    @staticmethod
    async def _make_tables(url):
        store = opened_at(url)
        await store.open()
        await store.close()


def opened_at(url):
    """Return the store behind a URL, which is still to be opened."""
    from sagadsl.runtime.store.opening import open_store

    return open_store(url)


@pytest.fixture(scope="session")
def databases(request, tmp_path_factory):
    return Databases(request, tmp_path_factory.mktemp("stores"))


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
async def url(kind, databases):
    """Where an empty database is, or None for a store in memory."""
    with contextlib.ExitStack() as exits:
        yield None if kind == "memory" else await databases.new(kind, exits)


@pytest.fixture
async def connect(url):
    """A function that opens one more store on the test's database; in memory there is only one."""
    opened = []
    memory = MemoryStore()

    async def open_one():
        store = memory if url is None else opened_at(url)
        await store.open()
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(connect):
    return await connect()


@pytest.fixture
async def another(store, connect):
    """A second store on the same database, as another process has it."""
    return await connect()
