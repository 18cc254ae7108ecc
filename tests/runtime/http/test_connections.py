"""The connections to a service: used again, no more than are allowed, and closed when nobody needs them."""

import asyncio

import httpx

from sagadsl.runtime.http import connections
from tests.runtime.http.calling import CONTEXT, shop
from tests.runtime.http.server import Server, keep_alive
from tests.runtime.shops import eventually


async def slow(connection):
    await connection.request()
    await asyncio.sleep(0.05)
    await connection.json({})


async def at_once(made, calls):
    from sagadsl.runtime.invocation import invoke

    action = made.find("shop", "do")
    return await asyncio.gather(*(invoke(action, {}, CONTEXT) for _ in range(calls)))


async def test_there_are_as_many_as_are_needed_at_once_and_they_are_used_again():
    with Server(keep_alive(slow)) as server:
        async with shop(server.url) as made:
            for _ in range(3):
                assert await at_once(made, 7) == [{}] * 7

    assert server.connections == 7
    assert len(server.requests) == 21


async def test_there_are_never_more_than_are_allowed():
    with Server(keep_alive(slow)) as server:
        async with shop(server.url, max_connections=3) as made:
            assert await at_once(made, 12) == [{}] * 12

    assert server.connections == 3


async def test_those_that_nobody_has_needed_for_a_while_are_closed(monkeypatch):
    monkeypatch.setattr(connections, "_IDLE", 0.1)
    with Server(keep_alive(slow)) as server:
        async with shop(server.url) as made:
            await at_once(made, 5)
            assert len(server._tasks) == 5
            await asyncio.sleep(0.15)
            await at_once(made, 1)
            await eventually(lambda: len(server._tasks) <= 1)


async def test_all_are_closed_with_the_services():
    with Server(keep_alive(slow)) as server:
        async with shop(server.url) as made:
            await at_once(made, 5)
        await eventually(lambda: not server._tasks)


async def test_a_call_that_is_called_off_gives_its_connection_back():
    with Server(keep_alive(slow)) as server:
        async with shop(server.url, max_connections=1) as made:
            for _ in range(3):
                calling = asyncio.create_task(at_once(made, 1))
                await asyncio.sleep(0.02)
                calling.cancel()
                await asyncio.wait([calling])
            assert await at_once(made, 1) == [{}]


async def test_a_connection_is_not_lent_again_once_a_call_was_called_off_on_it_at_whatever_moment():
    with Server(keep_alive(slow)) as server:
        for turns in range(30):
            async with shop(server.url, max_connections=1, connect_timeout=0.5) as made:
                calling = asyncio.create_task(at_once(made, 1))
                for _ in range(turns):
                    await asyncio.sleep(0)
                calling.cancel()
                await asyncio.wait([calling])

                assert await at_once(made, 1) == [{}], f"called off after {turns} turns of the loop"


async def test_an_answer_that_is_there_does_not_wait_for_old_connections_to_close(monkeypatch, caplog):
    class Refusing(httpx.AsyncClient):
        async def aclose(self):
            raise OSError("it does not close")

    class Hanging(httpx.AsyncClient):
        async def aclose(self):
            await asyncio.sleep(60)

    monkeypatch.setattr(connections, "_IDLE", 0.05)
    monkeypatch.setattr(connections, "_CLOSING", 0.3)
    caplog.set_level("INFO")
    for client in (Refusing, Hanging):
        lent = connections.Connections(client, 2, 1.0)
        async with lent.borrow(), lent.borrow():
            pass
        await asyncio.sleep(0.1)

        async with asyncio.timeout(1):
            async with lent.borrow():
                pass
            await lent.close()

    assert "a connection did not close: it does not close" in caplog.text
    assert "a connection did not close: TimeoutError" in caplog.text


async def test_what_comes_back_after_the_end_is_closed_as_well():
    with Server(keep_alive(slow)) as server:
        async with shop(server.url) as made:
            calling = asyncio.create_task(at_once(made, 1))
            await asyncio.sleep(0.02)
        assert await calling == [{}]
        await eventually(lambda: not server._tasks)
