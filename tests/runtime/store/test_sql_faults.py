"""A database that is gone for a while, or for good: a clear word, and nothing done twice or lost."""

import asyncio
import contextlib
import sqlite3
import threading
import time

import psycopg
import pytest
from sqlalchemy import event, select, update

from sagadsl.runtime.store.contract import LeaseLostError, Letter, StoreError, StoreUnavailableError
from sagadsl.runtime.store.opening import open_store
from sagadsl.runtime.store.sql import connecting
from sagadsl.runtime.store.sql.tables import sagas
from tests.runtime.store.postgres import new_database
from tests.runtime.store.writing import ME, YOU, committed, end, first, given, join, mail_to, more


@pytest.fixture
def path(tmp_path):
    return tmp_path / "saga.db"


@contextlib.asynccontextmanager
async def opened(url):
    store = open_store(str(url))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def sqlite(path, monkeypatch):
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 0.1)
    async with opened(f"sqlite:///{path}") as store:
        yield store


@pytest.fixture
def database(server):
    with new_database(server) as url:
        yield url


@pytest.fixture
async def postgres(database):
    async with opened(database) as store:
        yield store


async def test_a_file_that_another_process_keeps_locked_is_unavailable_for_as_long(sqlite, path):
    await given(sqlite, "a")
    intruder = sqlite3.connect(path, isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError, match="locked"):
        await sqlite.commit(ME, [more("a", 2)])
    assert len(await sqlite.events("a")) == 1  # to look is possible all the time

    intruder.close()
    await committed(sqlite, more("a", 2))


async def test_a_full_disk_is_unavailable_until_there_is_room(path):
    async with opened(f"sqlite:///{path}") as store:
        await given(store, "a")
    room = {"pages": 0}
    store = open_store(f"sqlite:///{path}")
    event.listen(
        store._threads._engine,
        "connect",
        lambda connection, _: connection.execute(f"PRAGMA max_page_count = {room['pages'] or 2**30}"),
    )
    await store.open()
    room["pages"] = 1  # as few as there are
    store._threads._writer.submit(store._threads._disconnect).result()

    with pytest.raises(StoreUnavailableError, match="the disk is full"):
        await store.commit(ME, [more("a", 2, "x" * 100_000)])
    room["pages"] = 0
    await committed(store, more("a", 2, "x" * 100_000))

    assert [each.seq for each in await store.events("a")] == [1, 2]
    await store.close()


async def test_a_damaged_file_is_told_of_and_not_written_to(path):
    async with opened(f"sqlite:///{path}") as store:
        await given(store, *(f"saga-{number:03}" for number in range(300)))
    content = path.read_bytes()
    page = int.from_bytes(content[16:18], "big")
    path.write_bytes(content[: 2 * page] + b"\xa5" * (len(content) - 2 * page))

    async def use_it():
        async with opened(f"sqlite:///{path}") as store:
            await store.events("saga-007")
            await store.commit(ME, [more("saga-007", 2)])

    with pytest.raises(StoreError, match="the file is damaged") as told:
        await use_it()

    assert not isinstance(told.value, StoreUnavailableError)


async def test_an_event_that_somebody_has_written_over_is_told_of(sqlite, path):
    await given(sqlite, "a")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        intruder.execute("UPDATE sagadsl_events SET data = '{}'")

    with pytest.raises(StoreError, match="cannot be read"):
        await sqlite.events("a")


async def test_a_table_that_somebody_has_removed_is_told_of(sqlite, path):
    await given(sqlite, "a")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        intruder.execute("DROP TABLE sagadsl_events")

    with pytest.raises(StoreError, match="a table is missing") as told:
        await sqlite.commit(ME, [more("a", 2)])

    assert not isinstance(told.value, StoreUnavailableError)


def end_all_connections(database):
    """As a server does that restarts."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_after_a_restart_of_the_server_the_next_try_succeeds(postgres, database):
    await given(postgres, "a")
    assert len(await postgres.events("a")) == 1
    end_all_connections(database)

    with pytest.raises(StoreUnavailableError):
        await postgres.commit(ME, [more("a", 2)])
    await committed(postgres, more("a", 2))

    assert [each.seq for each in await postgres.events("a")] == [1, 2]


async def test_what_only_looks_does_not_notice_a_restart(postgres, database):
    await given(postgres, "a")
    await postgres.events("a")
    end_all_connections(database)

    assert len(await postgres.events("a")) == 1


async def test_a_process_that_stands_still_in_a_transaction_loses_it(database, monkeypatch):
    monkeypatch.setitem(connecting._POSTGRESQL_SETTINGS, "idle_in_transaction_session_timeout", "200ms")

    def stand_still(connection):
        connection.execute(update(sagas).values(status="failed"))
        time.sleep(1)
        connection.execute(update(sagas).values(status="compensating"))

    async with opened(database) as store:
        await given(store, "a")
        with pytest.raises(StoreUnavailableError):
            await store._threads.write(stand_still)

        assert (await store.row("a")).status == "running"
        await committed(store, end("a", 2))


async def test_whoever_buries_an_engine_waits_for_what_it_is_writing(database):
    begun, go_on = threading.Event(), threading.Event()

    def write_slowly(connection, store):
        store._fence.pass_through(connection, ME)
        begun.set()
        go_on.wait(10)
        connection.execute(update(sagas).where(sagas.c.id == "a").values(status="failed"))

    async with opened(database) as mine, opened(database) as yours:
        await given(mine, "a")
        await join(yours, YOU)
        writing = asyncio.create_task(mine._threads.write(write_slowly, mine))
        await asyncio.to_thread(begun.wait, 10)
        burying = asyncio.create_task(yours.bury(ME, 0))
        _, waiting = await asyncio.wait([burying], timeout=0.3)
        go_on.set()
        await writing

        assert waiting == {burying}
        assert await burying
        assert [row.status for row in await yours.claim(YOU, now=0.0, limit=9)] == ["failed"]
        with pytest.raises(LeaseLostError):
            await mine.commit(ME, [more("a", 2)])


async def test_of_two_that_wait_for_each_other_one_tries_again(database):
    both = threading.Barrier(2, timeout=10)
    tries = []

    def in_order(connection, one, other):
        tries.append(one)
        connection.execute(select(sagas.c.id).where(sagas.c.id == one).with_for_update()).close()
        if len(tries) <= 2:
            both.wait()
        connection.execute(update(sagas).where(sagas.c.id == other).values(status="failed"))

    async with opened(database) as mine, opened(database) as yours:
        await given(mine, "a", "b")
        await asyncio.gather(
            mine._threads.write(in_order, "a", "b"),
            yours._threads.write(in_order, "b", "a"),
        )

        assert len(tries) == 3
        assert {row.status for row in (await mine.list()).sagas} == {"failed"}


async def test_mail_that_is_sent_while_a_saga_is_let_go_of_wakes_it(database):
    """The letter's row and the saga's are two: one of the two transactions has to see what the other did."""
    async with opened(database) as mine, opened(database) as yours:
        await join(mine)
        for number in range(30):
            saga_id = f"saga-{number}"
            await committed(mine, first(saga_id))
            _, letter = await asyncio.gather(mine.release(ME, {saga_id: None}), yours.post(mail_to(saga_id)))

            assert (await mine.row(saga_id)).wake_at == 0.0, saga_id
            await mine.claim_one(ME, saga_id)
            assert Letter(letter, saga_id, "hello") in await mine.letters(ME)


async def test_writes_are_made_in_the_order_of_the_calls_even_if_one_of_them_collides(sqlite):
    await given(sqlite, "a", key="k")

    collides, follows = await asyncio.gather(
        sqlite.commit(ME, [first("b", key="k"), more("a", 2)]), sqlite.commit(ME, [more("a", 3)])
    )

    assert [refusal is None for refusal in (*collides, *follows)] == [False, True, True]


async def test_what_was_asked_for_before_the_store_is_closed_is_written(path):
    async with opened(f"sqlite:///{path}") as store:
        await given(store, "a")
        writing = [asyncio.create_task(store.commit(ME, [more("a", seq)])) for seq in range(2, 30)]
        await asyncio.sleep(0)
    await asyncio.gather(*writing)

    async with opened(f"sqlite:///{path}") as store:
        assert len(await store.events("a")) == 29
