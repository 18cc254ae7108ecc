"""Events through the store beside the same rows from a bare loop, and what a saga costs when there are a million.

pytest -s tests/benchmarks/test_store.py
"""

import asyncio
import contextlib
import itertools
import json
import sqlite3
import time
from dataclasses import replace

import psycopg
import pytest

from sagadsl.machine.events import SagaStarted, StepSucceeded, to_json
from sagadsl.runtime.ids import new_id
from sagadsl.runtime.store.contract import EngineRow, SagaRow, Write
from sagadsl.runtime.store.opening import open_store
from tests.runtime.store.postgres import new_database, postgres_server

STEPS = 5
EVENTS = STEPS + 1
AT_ONCE = 100
SAGAS = 3_000
ROUNDS = 3
SIZES = (1_000, 100_000, 1_000_000)
SAMPLE = 2_000
MOST_OF_BARE = 12  # times as long as the bare loop, which writes one table and looks at nothing
MOST_GROWTH = 2.0  # times as much for a saga among the most as for one among the fewest
NOW = 1_700_000_000.0
ME = "engine"
HASH = "0" * 64


def histories(count, start=0):
    """The writes of so many sagas of five steps, as an engine makes them."""
    return [history(number) for number in range(start, start + count)]


def history(number):
    at = NOW + number / 100
    saga_id = new_id(at)
    row = SagaRow(saga_id, "order", "1.0", HASH, "running", at, at, owner=ME)
    began = SagaStarted({"amount": 12.5, "customer": f"c{number}"}, "order", "1.0", HASH, seq=1, at=at)
    steps = [
        StepSucceeded(f"step_{step}", 1, {"reference": f"r{number}"}, seq=step + 2, at=at + step)
        for step in range(STEPS)
    ]
    ended = replace(row, status="completed", updated_at=at + STEPS, ended_at=at + STEPS, owner=None)
    rows = [None] * (STEPS - 1) + [ended]
    return [Write(saga_id, began, row), *(Write(saga_id, *each) for each in zip(steps, rows, strict=True))]


def batches(sagas):
    """A hundred sagas go on side by side: each batch holds the next event of each."""
    for start in range(0, len(sagas), AT_ONCE):
        yield from zip(*sagas[start : start + AT_ONCE], strict=True)


@contextlib.asynccontextmanager
async def opened(url):
    store = open_store(url)
    await store.open()
    await store.join(EngineRow(ME, "host", "process", NOW))
    try:
        yield store
    finally:
        await store.close()


async def written(store, sagas):
    """How long the store takes, in seconds, and how much of it this thread is busy."""
    began, busy = time.perf_counter(), time.thread_time()
    for batch in batches(sagas):
        assert await store.commit(ME, batch) == [None] * len(batch)
    return time.perf_counter() - began, time.thread_time() - busy


def rows_of(sagas):
    return [
        [(write.saga_id, write.event.seq, write.event.at, json.dumps(to_json(write.event))) for write in batch]
        for batch in batches(sagas)
    ]


def bare_sqlite(path, sagas):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "CREATE TABLE bare (saga_id TEXT, seq INTEGER, at REAL, data TEXT, PRIMARY KEY (saga_id, seq)) WITHOUT ROWID"
        )
        given = rows_of(sagas)
        began = time.perf_counter()
        for batch in given:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare VALUES (?, ?, ?, ?)", batch)
            connection.execute("COMMIT")
        return time.perf_counter() - began


def bare_postgres(url, sagas):
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE bare (saga_id text, seq bigint, at double precision, data text, PRIMARY KEY (saga_id, seq))"
        )
        connection.commit()
        given = rows_of(sagas)
        began = time.perf_counter()
        for batch in given:
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO bare VALUES (%s, %s, %s, %s)", batch)
            connection.commit()
        return time.perf_counter() - began


@pytest.fixture(scope="module")
def server():
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """A function that gives the URL of a new database."""
    numbers = itertools.count()
    with contextlib.ExitStack() as exits:
        if request.param == "sqlite":
            yield lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"
        else:
            server = request.getfixturevalue("server")
            yield lambda: exits.enter_context(new_database(server))


async def test_the_store_beside_a_bare_loop_that_inserts_the_same_events(database, tmp_path):
    through, busy, bare = [], [], []
    for round_ in range(ROUNDS):
        url = database()
        async with opened(url) as store:
            took, own = await written(store, histories(SAGAS))
        through.append(took)
        busy.append(own)
        if url.startswith("sqlite"):
            bare.append(await asyncio.to_thread(bare_sqlite, tmp_path / f"bare-{round_}.db", histories(SAGAS)))
        else:
            bare.append(await asyncio.to_thread(bare_postgres, database(), histories(SAGAS)))

    events = SAGAS * EVENTS
    ratio = min(through) / min(bare)
    print(f"\nstore: {events / min(through):,.0f} events a second, {SAGAS / min(through):,.0f} sagas a second", end="")
    print(f"; {1e6 * min(busy) / events:.1f} µs an event in the thread of the event loop", end="")
    print(
        f"\nbare loop, {AT_ONCE} rows at a time: {events / min(bare):,.0f} rows a second; the store takes {ratio:.1f} times",
        end="",
    )
    assert ratio <= MOST_OF_BARE


async def test_a_saga_costs_the_same_among_a_thousand_and_among_a_million(database):
    """What is measured is processor time, of this process, and for PostgreSQL by the clock: the server has its own."""
    costs, present = {}, 0
    url = database()
    clock = time.process_time if url.startswith("sqlite") else time.perf_counter
    async with opened(url) as store:
        for size in SIZES:
            while present < size:
                some = histories(min(1_000, size - present), present)
                for batch in zip(*some, strict=True):
                    await store.commit(ME, batch)
                present += len(some)
            samples = []
            for _ in range(ROUNDS):
                began = clock()
                await written(store, histories(SAMPLE, present))
                samples.append((clock() - began) / SAMPLE)
                present += SAMPLE
            costs[size] = min(samples)
            began = time.perf_counter()
            stats = await store.stats()
            counted = time.perf_counter() - began
            began = time.perf_counter()
            page = await store.list(limit=100)
            listed = time.perf_counter() - began
            assert stats.by_status["completed"] == present
            assert len(page.sagas) == 100
            print(
                f"\n{size:,} sagas: {1e6 * costs[size]:,.0f} µs a saga;"
                f" counted in {1000 * counted:,.0f} ms, a page in {1000 * listed:.1f} ms",
                end="",
            )
    assert costs[SIZES[-1]] / costs[SIZES[0]] <= MOST_GROWTH
