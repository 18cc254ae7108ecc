"""Circuit breakers: a service that does not work is left alone, and tried again by one call at a time."""

import asyncio
import logging
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl import ActionError, Engine, Services, compile_saga, load
from sagadsl.language.bindings import BreakerPolicy
from sagadsl.machine.events import Failure, StepFailed
from sagadsl.runtime import Limits, ManualClock
from sagadsl.runtime.breakers import TIMED_OUT, Guard, Leave
from sagadsl.runtime.services import ServicesError
from tests.runtime.http.calling import services, shop
from tests.runtime.http.server import Server

FAILED = Failure("Http500")
SAID_NO = Failure("Declined", retryable=False)
LONG = 3600.0


@pytest.fixture
def clock(monkeypatch):
    """The clock that the library goes by, moved by hand."""
    import circuitbreaker

    class Clock:
        now = 1000.0

    monkeypatch.setattr(circuitbreaker, "monotonic", lambda: Clock.now)
    return Clock


def guard(failures=2, reset=30.0):
    return Guard("bank", BreakerPolicy(failures, reset))


def ask(breaker):
    leave = breaker.ask()
    assert isinstance(leave, Leave)
    return leave


def test_it_opens_after_so_many_failures_one_after_the_other(clock):
    breaker = guard(failures=3)
    for answer in (FAILED, FAILED, {"ok": True}, FAILED, FAILED):
        ask(breaker).judge(answer)
    assert breaker.state == "closed"

    ask(breaker).judge(FAILED)

    assert breaker.state == "open"
    refused = breaker.ask()
    assert (refused.code, refused.retryable, refused.in_doubt) == ("Unavailable", True, False)
    assert refused.message == ("bank is not called, its circuit is open: it failed 3 times, and is tried again in 30s")


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (FAILED, True),
        (TIMED_OUT, True),
        (Failure("Lost", retryable=False, in_doubt=True), True),
        (SAID_NO, False),
        (Failure("InvalidPayload", retryable=False), False),
        ({}, False),
        (None, False),
    ],
)
def test_a_service_that_says_no_works(clock, answer, counts):
    breaker = guard(failures=1)
    ask(breaker).judge(answer)

    assert (breaker.state == "open") == counts


def test_a_payload_that_was_not_sent_says_nothing_of_a_service(clock):
    breaker = guard(failures=2)
    for answer in (FAILED, Failure("InvalidPayload", retryable=False), FAILED):
        ask(breaker).judge(answer)

    assert breaker.state == "open"


def test_after_a_while_one_call_tries_and_decides(clock):
    breaker = guard(failures=1)
    ask(breaker).judge(FAILED)
    clock.now += 30

    assert breaker.state == "half_open"
    first = ask(breaker)
    assert "one call tries whether it works" in breaker.ask().message
    first.judge(FAILED)
    assert breaker.state == "open"

    clock.now += 30
    ask(breaker).judge({})
    assert breaker.state == "closed"
    assert isinstance(ask(breaker), Leave)
    assert isinstance(ask(breaker), Leave)


def test_a_try_that_is_called_off_leaves_the_next_one_to_try(clock):
    breaker = guard(failures=1)
    ask(breaker).judge(FAILED)
    clock.now += 30
    ask(breaker).give_back()

    ask(breaker).judge({})

    assert breaker.state == "closed"


def test_what_began_before_it_opened_or_closed_says_nothing_any_more(clock):
    breaker = guard(failures=1)
    slow, slower = ask(breaker), ask(breaker)
    ask(breaker).judge(FAILED)
    slow.judge({})
    assert breaker.state == "open", "an answer from before closes nothing"

    clock.now += 30
    ask(breaker).judge({})
    slower.judge(FAILED)
    assert breaker.state == "closed", "a failure from before opens nothing"


def test_the_first_word_on_a_call_counts(clock):
    breaker = guard(failures=1)
    leave = ask(breaker)
    leave.judge(TIMED_OUT)
    leave.judge({})

    assert breaker.state == "open"


def test_a_change_is_told_in_the_log(clock, caplog):
    with caplog.at_level(logging.WARNING):
        breaker = guard(failures=1)
        ask(breaker).judge(FAILED)
        clock.now += 30
        ask(breaker).judge({})

    assert [record.getMessage() for record in caplog.records] == [
        "the circuit of bank is open",
        "the circuit of bank is closed",
    ]


@pytest.mark.parametrize(("failures", "reset"), [(0, 30.0), (3, 0.0), (3, -1.0)])
def test_a_policy_that_means_nothing_is_refused(failures, reset):
    with pytest.raises(ValueError, match="bank: a breaker needs"):
        Services().breaker("bank", failures, reset)


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "circuitbreaker", None)
    with pytest.raises(ServicesError, match=r"pip install 'sagadsl\[http\]'"):
        Services().breaker("bank")


STEPS = st.lists(st.sampled_from(["ask", "good", "bad", "off", "wait"]), max_size=40)


@settings(max_examples=300)
@given(STEPS, st.integers(1, 3))
def test_whatever_happens_at_most_one_call_tries_and_an_open_one_lets_nobody_through(steps, failures):
    import circuitbreaker

    now = [0.0]
    real, circuitbreaker.monotonic = circuitbreaker.monotonic, lambda: now[0]
    try:
        breaker, under_way, tries = guard(failures), [], []
        for step in steps:
            before = breaker.state
            if step == "ask":
                leave = breaker.ask()
                tries = [each for each in tries if each in under_way]
                assert isinstance(leave, Leave) == (before == "closed" or (before == "half_open" and not tries))
                if isinstance(leave, Leave):
                    under_way.append(leave)
                    tries += [leave] if before == "half_open" else []
            elif step == "wait":
                now[0] += 20
            elif under_way:
                leave = under_way.pop()
                if step != "off":
                    leave.judge({} if step == "good" else FAILED)
                leave.give_back()
                assert (before, breaker.state) != ("open", "closed"), "nothing closes it but a try"
    finally:
        circuitbreaker.monotonic = real


# -- in an engine -------------------------------------------------------------------------------------------------

PAY = compile_saga(
    load(
        """
        name: pay
        steps:
          - {id: s, service: bank, action: pay, kind: read_only, timeout: 10s,
             retry: {max_attempts: 4, initial_delay: 1s, multiplier: 1}}
        """
    )
)


async def until(true):
    while not true():
        await asyncio.sleep(0.005)


async def test_python_services_have_breakers_too_and_retries_honour_an_open_one():
    bank, calls, works = Services(), [], False

    @bank.action("bank.pay")
    async def pay():
        calls.append(1)
        if not works:
            raise ActionError("Down", "no")

    bank.breaker("bank", failures=2, reset=LONG)
    clock = ManualClock()
    async with Engine("memory:", bank, clock=clock) as engine:
        saga_id = await engine.start(PAY, {})
        for _ in range(4):
            await clock.advance(1)
        outcome = await engine.wait(saga_id)

    assert len(calls) == 2, "the other two attempts were not made"
    codes = [each.error.code for each in outcome.events if isinstance(each, StepFailed)]
    assert codes == ["Down", "Down", "Unavailable", "Unavailable"]
    assert not any(each.error.in_doubt for each in outcome.events if isinstance(each, StepFailed))
    assert bank.breakers() == {"bank": "open"}


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_service_that_hangs_opens_it_by_the_timeouts_of_its_steps(in_thread):
    bank = Services()

    async def hang():
        await asyncio.Event().wait()

    bank.action("bank.pay")((lambda: time.sleep(0.3)) if in_thread else hang)
    bank.breaker("bank", failures=2, reset=LONG)
    clock = ManualClock()
    async with Engine("memory:", bank, clock=clock) as engine:
        saga_id = await engine.start(PAY, {})
        for _ in range(60):
            await clock.advance(1)
        outcome = await engine.wait(saga_id)

    codes = [each.error.code for each in outcome.events if isinstance(each, StepFailed)]
    assert codes == ["Timeout", "Timeout", "Unavailable", "Unavailable"]


async def test_closing_an_engine_says_nothing_of_a_service():
    bank = Services()

    @bank.action("bank.pay")
    async def pay():
        await asyncio.Event().wait()

    bank.breaker("bank", failures=1, reset=LONG)
    async with Engine("memory:", bank, limits=Limits(grace=0.01)) as engine:
        await engine.start(PAY, {})
        await until(lambda: engine.actions_under_way)

    assert bank.breakers() == {"bank": "closed"}


async def test_a_service_over_http_has_the_breaker_of_its_file():
    async def down(connection):
        await connection.request()
        await connection.answer(503)

    saga = compile_saga(
        load(
            "name: a\nsteps:\n  - {id: s, service: shop, action: do, kind: read_only, "
            "retry: {max_attempts: 5, initial_delay: 1ms, multiplier: 1}}"
        )
    )
    with Server(down) as server:
        able = shop(server.url, breaker="{failures: 2, reset: 1h}")
        async with Engine("memory:", able) as engine:
            outcome = await engine.run(saga, {})
            assert engine.services.breakers() == {"shop": "open"}

    assert len(server.requests) == 2
    codes = [each.error.code for each in outcome.events if isinstance(each, StepFailed)]
    assert codes == ["Http503", "Http503", "Unavailable", "Unavailable", "Unavailable"]


async def test_it_closes_again_when_the_service_is_back():
    is_back = False

    async def behave(connection):
        await connection.request()
        await connection.answer(200 if is_back else 503)

    saga = compile_saga(
        load(
            "name: a\nsteps:\n  - {id: s, service: shop, action: do, kind: read_only, "
            "retry: {max_attempts: 1000, initial_delay: 20ms, multiplier: 1}}"
        )
    )
    with Server(behave) as server:
        able = shop(server.url, breaker="{failures: 1, reset: 100ms}")
        async with Engine("memory:", able) as engine:
            saga_id = await engine.start(saga, {})
            await until(lambda: able.breakers() == {"shop": "open"})
            is_back = True
            outcome = await asyncio.wait_for(engine.wait(saga_id), 30)

    assert outcome.status == "completed"
    assert able.breakers() == {"shop": "closed"}


def test_a_file_gives_breakers_and_limits_to_python_services_too():
    made = services("services: {bank: {limit: 3, breaker: {}, actions: {pay: {}}}}")
    together = Services().include(made)

    assert list(together) == []
    assert together.limits == {"bank": 3}
    assert together.breakers() == {"bank": "closed"}
