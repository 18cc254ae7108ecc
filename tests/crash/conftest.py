"""Where the crash tests keep their sagas: each kind of store that several processes can share, empty."""

import contextlib

import pytest

from tests.runtime.store.postgres import new_database, postgres_server


@pytest.fixture(scope="session")
def server():
    """The URL of a PostgreSQL server, started when a test first needs it."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Where an empty store is."""
    with contextlib.ExitStack() as exits:
        yield _new(request.param, tmp_path, request, exits)


@pytest.fixture
def urls(request, tmp_path):
    """One of each kind, for what takes too long to be done one after the other."""
    with contextlib.ExitStack() as exits:
        yield [_new(kind, tmp_path, request, exits) for kind in ("sqlite", "postgres")]


def _new(kind, folder, request, exits):
    if kind == "sqlite":
        return f"sqlite:///{folder / 'saga.db'}"
    return exits.enter_context(new_database(request.getfixturevalue("server")))
