"""Servers that do everything wrong there is: every call of an action ends all the same, and is judged rightly."""

import asyncio
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl import Engine, Services, compile_saga, load
from sagadsl.machine.events import Failure, StepFailed, StepSucceeded
from sagadsl.runtime import SyncEngine
from tests.runtime.http.calling import call, services, shop
from tests.runtime.http.misbehaviour import CASES, OK, after_request, answered, never_read
from tests.runtime.http.server import Server, free_port

TIMEOUT = "400ms"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_a_server_does_wrong_is_a_failure_of_the_right_kind(case):
    with Server(case.behave) as server:
        failure = await call(shop(server.url, timeout=TIMEOUT, max_response=100_000))

    assert isinstance(failure, Failure)
    assert (failure.code, failure.retryable, failure.in_doubt) == (case.code, case.retryable, case.in_doubt)
    assert len(server.requests) <= 1, "a redirect was followed, or the call repeated"


async def test_who_is_not_there_leaves_nothing_in_doubt():
    failure = await call(shop(f"http://127.0.0.1:{free_port()}"))

    assert (failure.code, failure.retryable, failure.in_doubt) == ("Unavailable", True, False)
    assert "nothing was sent" in failure.message


async def test_a_host_that_nobody_knows_leaves_nothing_in_doubt():
    failure = await call(shop("http://no-such-host.invalid"))

    assert (failure.code, failure.in_doubt) == ("Unavailable", False)


async def test_a_server_that_takes_no_connection_leaves_nothing_in_doubt():
    with socket.socket() as deaf:  # a backlog that is full: connections to it are neither taken nor refused
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        failure = await call(shop(f"http://127.0.0.1:{address[1]}", connect_timeout="200ms"))
        again = await call(shop(f"http://127.0.0.1:{address[1]}", timeout="200ms"))
        for each in waiting:
            each.close()

    assert (failure.code, failure.in_doubt) == ("Unavailable", False)
    assert (again.code, again.in_doubt) == ("Unavailable", False)


async def test_waiting_for_a_free_connection_leaves_nothing_in_doubt():
    with Server(never_read) as server:
        made = shop(server.url, max_connections=1, connect_timeout="300ms", timeout="5s")
        action = made.find("shop", "do")
        async with made:
            first = asyncio.create_task(call(made))
            while not server.connections:
                await asyncio.sleep(0.01)
            second = await call(made)
            first.cancel()

    assert action.name == "shop.do"
    assert (second.code, second.in_doubt) == ("Unavailable", False)


def tls(host):
    """What a server and its clients need for a certificate that is made out to a host."""
    import ssl

    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return authority, context


async def test_a_certificate_that_nobody_trusts_leaves_nothing_in_doubt():
    _, context = tls("127.0.0.1")
    with Server(answered(200, b"{}"), tls=context) as server:
        failure = await call(shop(server.url))

    assert (failure.code, failure.retryable, failure.in_doubt) == ("Unavailable", True, False)
    assert "certificate" in failure.message.lower()
    assert server.requests == []


async def test_a_server_that_speaks_plainly_where_tls_is_expected_leaves_nothing_in_doubt():
    with Server(answered(200, b"{}")) as server:
        failure = await call(shop(server.url.replace("http:", "https:")))

    assert (failure.code, failure.in_doubt) == ("Unavailable", False)


async def test_a_certificate_that_is_trusted_is_spoken_to(tmp_path, monkeypatch):
    from sagadsl.runtime.http import endpoint

    authority, context = tls("127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    endpoint._tls.cache_clear()
    try:
        with Server(answered(200, b'{"a": 1}'), tls=context) as server:
            assert await call(shop(server.url)) == {"a": 1}
    finally:
        endpoint._tls.cache_clear()


# In a saga, whatever a server does is an event, and the saga comes to its end.

SAGA = compile_saga(
    load(
        """
        name: buy
        steps:
          - {id: book, service: local, action: book, compensation: cancel}
          - {id: pay, service: shop, action: do, timeout: 400ms, retry: {max_attempts: 2, initial_delay: 1ms},
             compensation: {service: local, action: refund}}
        """
    )
)


def with_local(made):
    undone = []

    @made.action("local.book")
    async def book(): ...

    @made.action("local.cancel")
    async def cancel():
        undone.append("book")

    @made.action("local.refund")
    async def refund():
        undone.append("pay")

    return made, undone


async def decided(made):
    """Run the saga; return its outcome, the events of the step over HTTP, and what was undone."""
    made, undone = with_local(made)
    async with Engine("memory:", made) as engine:
        outcome = await asyncio.wait_for(engine.run(SAGA, {}), 60)
    attempts = [each for each in outcome.events if getattr(each, "state", "") == "pay"]
    return outcome, [each for each in attempts if isinstance(each, StepFailed | StepSucceeded)], undone


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_in_a_saga_it_is_an_event_and_what_is_in_doubt_is_undone(case):
    # what hangs is ended by the engine; of an error that hangs, the status counts as soon as our own time is over
    own = {"timeout": "200ms"} if case.code.startswith("Http") else {}
    with Server(case.behave) as server:
        outcome, attempts, undone = await decided(shop(server.url, max_response=100_000, **own))

    assert outcome.status == "compensated"
    assert len(attempts) == (2 if case.retryable else 1)
    assert {each.error.code for each in attempts} == {case.code}
    assert undone == (["pay", "book"] if case.in_doubt else ["book"])


PIECES = st.sampled_from(
    [
        OK,
        b"HTTP/1.1 ",
        b"200 OK",
        b"500 No",
        b"302 There",
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Length: 2",
        b"Content-Length: 20",
        b"Transfer-Encoding: chunked",
        b"Content-Encoding: gzip",
        b"Content-Type: text/plain",
        b"2\r\n{}\r\n",
        b"0\r\n\r\n",
        b"{}",
        b"\xff\xfe",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ]
)


@settings(max_examples=60)
@given(data=st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=8), hang=st.booleans(), reset=st.booleans())
def test_whatever_bytes_come_back_the_step_is_decided(data, hang, reset):
    async def run():
        with Server(after_request(*data, hang=hang, reset=reset)) as server:
            made = shop(server.url, timeout="150ms")
            return await call(made), bool(server.requests)

    answer, was_sent = asyncio.run(run())

    assert isinstance(answer, Failure | dict | list | str | int | float | None)
    if isinstance(answer, Failure) and answer.code in {"Unavailable", "Timeout", "InvalidOutput"}:
        assert answer.in_doubt or not was_sent, "a request that has come may have been carried out"


async def test_a_call_that_is_stopped_leaves_no_connection_behind():
    with Server(never_read) as server:
        made = shop(server.url)
        async with made:
            task = asyncio.create_task(call(made))
            while not server.connections:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert made.find("shop", "do") is not None


async def test_services_can_be_shared_by_engines_one_after_the_other_and_at_once():
    with Server(answered(200, b'{"a": 1}')) as server:
        made, _ = with_local(shop(server.url))
        async with Engine("memory:", made) as first:
            async with Engine("memory:", made) as second:
                assert (await second.run(SAGA, {})).status == "completed"
            assert (await first.run(SAGA, {})).status == "completed"
        async with Engine("memory:", Services().include(made)) as third:
            assert (await third.run(SAGA, {})).status == "completed"


async def test_all_of_it_at_once_takes_no_engine_down_and_leaves_no_saga_undecided():
    turns = iter(CASES * 4)

    async def behave(connection):
        await next(turns).behave(connection)

    with Server(behave) as bad, Server(answered(200, b"{}")) as good:
        made, undone = with_local(shop(bad.url, max_response=100_000, timeout="300ms"))
        fine = compile_saga(load("name: fine\nsteps: [{id: s, service: well, action: do, kind: read_only}]"))
        made.include(services(f"services: {{well: {{url: '{good.url}', actions: {{do: {{}}}}}}}}"))
        async with Engine("memory:", made) as engine:
            await engine.register(SAGA, fine)
            ids = [await engine.start(SAGA, {}) for _ in CASES]
            assert (await engine.run(fine, {})).status == "completed", "others are not held up"
            outcomes = await asyncio.wait_for(asyncio.gather(*map(engine.wait, ids)), 120)
            assert (await engine.run(fine, {})).status == "completed"
            assert engine.actions_under_way == 0

    assert {outcome.status for outcome in outcomes} == {"compensated"}
    assert undone.count("book") == len(CASES)


def test_without_asyncio_services_over_http_are_called_and_their_connections_closed():
    with Server(answered(200, b"{}")) as server:
        made, _ = with_local(shop(server.url))
        for _ in range(2):
            with SyncEngine("memory:", made) as engine:
                assert engine.run(SAGA, {}).status == "completed"
