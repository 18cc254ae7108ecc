"""`Retry-After`: a service that asks to be left alone is left alone."""

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl import ActionError, Engine, Services, compile_saga, load
from sagadsl.machine.events import StepFailed
from sagadsl.runtime import ManualClock
from sagadsl.runtime.http.retry_after import retry_after
from tests.runtime.http.calling import call, shop
from tests.runtime.http.misbehaviour import answered
from tests.runtime.http.server import Server
from tests.runtime.shops import eventually

NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        (formatdate(NOW + 90, usegmt=True), 90),
        (formatdate(NOW + 90), 90),
        (formatdate(NOW - 90, usegmt=True), 0),
        ("Friday, 15-Jan-27 08:01:30 GMT", 90),
        ("Fri Jan 15 08:01:30 2027", 90),
        ("", 0),
        ("-5", 0),
        ("2.5", 2.5),
        ("1.", 0),
        ("1.5.2", 0),
        ("1e9", 0),
        ("soon", 0),
        ("²", 0),
        ("Fri, 99 Foo 2027 99:99:99 GMT", 0),
    ],
)
def test_it_is_a_number_of_seconds_or_a_date_by_the_clock_of_the_service(given, seconds):
    assert retry_after({"retry-after": given, "date": formatdate(NOW, usegmt=True)}) == seconds


def test_a_date_goes_by_our_clock_where_the_service_does_not_tell_its_own():
    assert 80 < retry_after({"retry-after": formatdate(time.time() + 90, usegmt=True)}) <= 90
    assert retry_after({}) == 0


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_there_it_is_a_time_to_wait(given, date):
    assert 0 <= retry_after({"retry-after": given, "date": date}) < 1e15


@pytest.mark.parametrize("status", [429, 503, 500, 409])
async def test_an_error_carries_it_whatever_its_status(status):
    with Server(answered(status, retry_after="7")) as server:
        assert (await call(shop(server.url))).retry_after == 7


async def test_a_service_cannot_ask_for_more_than_is_allowed():
    with Server(answered(429, retry_after="86400")) as server:
        assert (await call(shop(server.url))).retry_after == 300
        assert (await call(shop(server.url, max_retry_after="2h"))).retry_after == 7200


SAGA = compile_saga(
    load(
        "name: a\nsteps:\n  - {id: s, service: shop, action: do, kind: read_only, "
        "retry: {max_attempts: 3, initial_delay: 1s}}"
    )
)


async def test_the_next_attempt_waits_for_it_and_then_as_the_policy_says():
    answers = iter([(429, {"Retry_After": "60"}), (500, {}), (200, {})])

    async def behave(connection):
        await connection.request()
        status, headers = next(answers)
        await connection.answer(status, **headers)

    clock = ManualClock()
    with Server(behave) as server:
        async with Engine("memory:", shop(server.url), clock=clock) as engine:
            failed = []
            engine.listen(lambda saga, event, commands: failed.extend([event] * isinstance(event, StepFailed)))
            saga_id = await engine.start(SAGA, {})
            await eventually(lambda: len(failed) == 1)
            await clock.advance(59)
            assert len(server.requests) == 1
            await clock.advance(1)
            await eventually(lambda: len(failed) == 2)
            await clock.advance(1.9)
            assert len(server.requests) == 2
            await clock.advance(0.1)
            outcome = await engine.wait(saga_id)

    assert (outcome.status, len(server.requests)) == ("completed", 3)
    assert [event.error.retry_after for event in failed] == [60, 0]


async def test_it_is_waited_for_by_the_engine_that_goes_on_too(tmp_path):
    store, calls = f"sqlite:///{tmp_path}/s.db", []
    services = Services()

    @services.action("shop.do")
    async def do():
        calls.append(time.time())
        if len(calls) == 1:
            raise ActionError("Busy", retry_after=1.2)

    async with Engine(store, services) as engine:
        saga_id = await engine.start(SAGA, {})
        await eventually(lambda: calls)
    async with Engine(store, services) as engine:
        outcome = await engine.wait(saga_id, timeout=20)

    assert outcome.status == "completed"
    assert calls[1] - calls[0] >= 1.2
