"""Empty SQLite files with their tables, copied from one, so that not every test has to make them."""

import asyncio
import shutil

import pytest


@pytest.fixture(scope="session")
def made_file(tmp_path_factory):
    """A file with tables, to be copied."""
    from sagadsl.runtime.store.opening import open_store

    path = tmp_path_factory.mktemp("made") / "saga.db"
    store = open_store(f"sqlite:///{path}")

    async def make():
        await store.open()
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture
def saga_db(made_file, tmp_path):
    """The path of an empty store of this test."""
    return shutil.copy(made_file, tmp_path / "saga.db")


@pytest.fixture(params=["is closed", "crashes"])
def leaving(request, saga_db):
    """How an engine goes away; see `leaving.py`."""
    from tests.runtime.leaving import Leaving

    return Leaving(request.param, saga_db)
