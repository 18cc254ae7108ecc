"""Circuit breakers: a service that does not work is left alone, and tried again by one call at a time."""

import asyncio
import logging
import sys
import threading
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
from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.http.calling import services, shop
from tests.runtime.http.server import Server

FAILED = Failure("Http500")
SAID_NO = Failure("Declined", retryable=False)
LONG = 3600.0


class Clock:
    """The clock that a breaker goes by, moved by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def guard(clock, failures=2, reset=30.0, **policy):
    return Guard("bank", BreakerPolicy(failures, reset, **policy), clock)


async def ask(breaker):
    leave = await breaker.ask()
    assert isinstance(leave, Leave)
    return leave


async def answers(breaker, *given):
    for answer in given:
        (await ask(breaker)).judge(answer)


async def test_it_opens_after_so_many_failures_one_after_the_other(clock):
    breaker = guard(clock, failures=3)
    await answers(breaker, FAILED, FAILED, {"ok": True}, FAILED, FAILED)
    assert breaker.state == "closed"

    await answers(breaker, FAILED)

    assert breaker.state == "open"
    refused = await breaker.ask()
    assert (refused.code, refused.retryable, refused.in_doubt) == ("Unavailable", True, False)
    assert refused.message == (
        "bank is not called, its circuit is open: 3 of its last 3 calls failed, and it is tried again in 30s"
    )


@settings(max_examples=200)
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 4))
def test_failures_count_in_a_row_and_a_success_begins_anew(went_well, failures):
    async def run():
        breaker, in_a_row = guard(Clock(), failures), 0
        for well in went_well:
            if breaker.state == "open":
                break
            await answers(breaker, {} if well else FAILED)
            in_a_row = 0 if well else in_a_row + 1
            assert (breaker.state == "open") == (in_a_row == failures)

    asyncio.run(run())


async def test_a_failure_rate_opens_it_though_some_calls_go_well(clock):
    breaker = guard(clock, failure_rate=0.5, window=60.0, minimum_calls=4)
    await answers(breaker, FAILED, {}, FAILED)
    assert breaker.state == "closed", "three calls are too few to say"

    await answers(breaker, {})

    assert breaker.state == "open"
    assert "2 of its last 4 calls failed" in (await breaker.ask()).message


async def test_failures_from_before_the_window_do_not_count(clock):
    breaker = guard(clock, failure_rate=0.5, window=60.0, minimum_calls=4)
    await answers(breaker, FAILED, FAILED, FAILED)
    clock.now += 61

    await answers(breaker, {}, {}, {}, FAILED)

    assert breaker.state == "closed"


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
async def test_a_service_that_says_no_works(clock, answer, counts):
    breaker = guard(clock, failures=1)
    await answers(breaker, answer)

    assert (breaker.state == "open") == counts


async def test_a_payload_that_was_not_sent_says_nothing_of_a_service(clock):
    breaker = guard(clock, failures=2)
    await answers(breaker, FAILED, Failure("InvalidPayload", retryable=False), FAILED)

    assert breaker.state == "open"


async def test_who_fails_or_is_refused_while_it_is_open_is_told_for_how_long(clock):
    breaker = guard(clock, failures=2)
    first, second = await ask(breaker), await ask(breaker)

    assert first.judge(FAILED).retry_after == 0.0, "it is closed yet"
    assert second.judge(FAILED).retry_after == 30.0
    clock.now += 10
    assert (await breaker.ask()).retry_after == 20.0


async def test_a_service_that_asks_for_more_time_than_the_circuit_gets_it(clock):
    asks = Failure("Http429", retry_after=90.0)

    assert (await ask(guard(clock, failures=1))).judge(asks) == asks


async def test_after_a_while_one_call_tries_and_decides(clock):
    breaker = guard(clock, failures=1)
    await answers(breaker, FAILED)
    clock.now += 30

    assert breaker.state == "half_open"
    await answers(breaker, FAILED)
    assert breaker.state == "open"

    clock.now += 30
    await answers(breaker, {})
    assert breaker.state == "closed"
    assert isinstance(await ask(breaker), Leave)
    assert isinstance(await ask(breaker), Leave)


async def tried(clock, waiting=3):
    """A breaker that one call tries, and others that have come meanwhile."""
    breaker = guard(clock, failures=1)
    await answers(breaker, FAILED)
    clock.now += 30
    tries = await ask(breaker)
    others = [asyncio.create_task(breaker.ask()) for _ in range(waiting)]
    await asyncio.sleep(0.01)
    assert not any(other.done() for other in others)
    return tries, others


async def test_who_comes_while_one_call_tries_goes_on_when_that_goes_well(clock):
    tries, others = await tried(clock)
    tries.judge({})

    assert all(isinstance(leave, Leave) for leave in await asyncio.gather(*others))


async def test_and_is_refused_when_it_does_not(clock):
    tries, others = await tried(clock)
    tries.judge(FAILED)

    assert [refused.retry_after for refused in await asyncio.gather(*others)] == [30.0] * 3


async def test_a_try_that_is_called_off_leaves_one_of_the_others_to_try(clock):
    tries, others = await tried(clock)
    tries.give_back()

    done, left = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
    assert (len(done), len(left)) == (1, 2)
    done.pop().result().judge({})
    assert all(isinstance(leave, Leave) for leave in await asyncio.gather(*left))


async def test_who_waits_in_another_thread_hears_of_it(clock):
    breaker = guard(clock, failures=1)
    await answers(breaker, FAILED)
    clock.now += 30
    tries = await ask(breaker)

    other = asyncio.create_task(asyncio.to_thread(asyncio.run, breaker.ask()))
    await until(lambda: breaker.waiting)
    tries.judge({})

    assert isinstance(await asyncio.wait_for(other, 30), Leave)


async def test_what_began_before_it_opened_or_closed_says_nothing_any_more(clock):
    breaker = guard(clock, failures=1)
    slow, slower = await ask(breaker), await ask(breaker)
    await answers(breaker, FAILED)
    slow.judge({})
    assert breaker.state == "open", "an answer from before closes nothing"

    clock.now += 30
    await answers(breaker, {})
    slower.judge(FAILED)
    assert breaker.state == "closed", "a failure from before opens nothing"


async def test_the_first_word_on_a_call_counts(clock):
    breaker = guard(clock, failures=1)
    leave = await ask(breaker)
    leave.judge(TIMED_OUT)
    leave.judge({})

    assert breaker.state == "open"


async def test_a_change_is_told_in_the_log(clock, caplog):
    with caplog.at_level(logging.WARNING):
        breaker = guard(clock, failures=1)
        await answers(breaker, FAILED)
        for answer in (FAILED, FAILED, {}):  # those that try, and are no news while they fail
            clock.now += 30
            await answers(breaker, answer)

    told = [(record.getMessage(), record.service, record.circuit) for record in caplog.records]
    assert told == [
        ("the circuit of bank is open", "bank", "open"),
        ("the circuit of bank is closed", "bank", "closed"),
    ]


@pytest.mark.parametrize(
    "policy",
    [
        {"failures": 0},
        {"reset": 0.0},
        {"reset": -1.0},
        {"failure_rate": 0.0},
        {"failure_rate": 1.1},
        {"failure_rate": 0.5, "window": 0.0},
        {"failure_rate": 0.5, "minimum_calls": 0},
    ],
)
def test_a_policy_that_means_nothing_is_refused(policy):
    with pytest.raises(ValueError, match="bank: a breaker needs"):
        Services().breaker("bank", **policy)


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "interlock", None)
    with pytest.raises(ServicesError, match=r"pip install 'sagadsl\[http\]'"):
        Services().breaker("bank")


STEPS = st.lists(st.sampled_from(["ask", "good", "bad", "off", "wait"]), max_size=40)


class Walk:
    """A breaker to which things happen, and what must be so after each of them."""

    def __init__(self, failures):
        self.clock = Clock()
        self.breaker = guard(self.clock, failures)
        self.under_way, self.tries, self.held = [], None, []

    async def step(self, step):
        if step == "ask":
            await self.asks()
        elif step == "wait":
            self.clock.now += 20
        elif self.under_way:
            await self.ends(step)

    async def asks(self):
        before, asking = self.breaker.state, asyncio.ensure_future(self.breaker.ask())
        await asyncio.sleep(0)
        if not asking.done():
            assert before == "half_open"
            assert self.tries in self.under_way, "only a call that tries is waited for"
            self.held.append(asking)
            return
        leave = asking.result()
        if isinstance(leave, Failure):
            assert before == "open"
            assert 0 < leave.retry_after <= 30.0
            return
        assert before == "closed" or self.tries not in self.under_way
        self.under_way.append(leave)
        self.tries = leave if before == "half_open" else self.tries

    async def ends(self, how):
        before, leave = self.breaker.state, self.under_way.pop()
        if how != "off":
            leave.judge({} if how == "good" else FAILED)
        leave.give_back()
        assert (before, self.breaker.state) != ("open", "closed"), "nothing closes it but a try"
        await self.nobody_waits_any_more()

    async def nobody_waits_any_more(self):
        for asking in self.held:
            asking.cancel()
        await asyncio.gather(*self.held, return_exceptions=True)
        self.held.clear()
        assert not self.breaker.waiting


@settings(max_examples=300)
@given(STEPS, st.integers(1, 3))
def test_whatever_happens_at_most_one_call_tries_and_an_open_one_lets_nobody_through(steps, failures):
    async def run():
        walk = Walk(failures)
        for step in steps:
            await walk.step(step)
        await walk.nobody_waits_any_more()

    asyncio.run(run())


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


def failures_in(outcome):
    return [each for each in outcome.events if isinstance(each, StepFailed)]


async def test_python_services_have_breakers_too_and_retries_wait_for_an_open_one():
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
        await clock.advance(1)
        await clock.advance(60)
        assert len(calls) == 2, "the policy's second is long over, and the third attempt still waits"
        for _ in range(2):
            await clock.advance(LONG)
        outcome = await engine.wait(saga_id)

    assert len(calls) == 2, "the other two attempts were not made"
    failures = failures_in(outcome)
    assert [each.error.code for each in failures] == ["Down", "Down", "Unavailable", "Unavailable"]
    assert not any(each.error.in_doubt for each in failures)
    assert [round(each.error.retry_after, -2) for each in failures] == [0, LONG, LONG, LONG]
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
        for _ in range(30):
            await clock.advance(1)
        for _ in range(2):
            await clock.advance(LONG)
        outcome = await engine.wait(saga_id)

    codes = [each.error.code for each in failures_in(outcome)]
    assert codes == ["Timeout", "Timeout", "Unavailable", "Unavailable"]


async def test_many_sagas_outlast_an_outage_with_few_attempts_and_one_call_tries_for_all():
    bank, failed, tries, is_back = Services(), 0, 0, False

    @bank.action("bank.pay")
    async def pay():
        nonlocal failed, tries
        if bank.breakers()["bank"] == "half_open":
            tries += 1
        await asyncio.sleep(0.02)
        if not is_back:
            failed += 1
            raise ActionError("Down", "no")

    saga = compile_saga(
        load("name: a\nsteps:\n  - {id: s, service: bank, action: pay, kind: read_only, retry: {max_attempts: 3}}")
    )
    bank.breaker("bank", failures=1, reset=0.5)
    async with Engine("memory:", bank) as engine:
        running = [asyncio.create_task(engine.run(saga, {})) for _ in range(30)]
        await until(lambda: tries == 1 and bank.breakers()["bank"] == "open")
        is_back = True
        outcomes = await asyncio.wait_for(asyncio.gather(*running), 30)

    assert {outcome.status for outcome in outcomes} == {"completed"}
    assert (failed, tries) == (31, 2), "30 before it opened, and then one at a time"


async def test_who_has_waited_too_long_is_not_let_through_while_that_is_being_written():
    class SlowStore(MemoryStore):
        """A store that takes its time over what becomes of steps."""

        async def commit(self, engine_id, writes):
            if any(isinstance(write.event, StepFailed) for write in writes):
                tries.judge({})  # the service works again, just now
                await asyncio.sleep(0.1)
            return await super().commit(engine_id, writes)

    bank, calls = Services(), []
    bank.action("bank.pay")(lambda: calls.append(1))
    bank.breaker("bank", failures=1, reset=0.01)
    (await bank.guard("bank").ask()).judge(FAILED)
    await asyncio.sleep(0.02)
    tries = await bank.guard("bank").ask()
    saga = compile_saga(load("name: a\nsteps:\n  - {id: s, service: bank, action: pay, timeout: 50ms}"))
    async with Engine(SlowStore(), bank) as engine:
        outcome = await asyncio.wait_for(engine.run(saga, {}), 30)

    (failure,) = failures_in(outcome)
    assert (failure.error.code, failure.error.in_doubt, calls) == ("Unavailable", False, [])
    assert bank.breakers() == {"bank": "closed"}


@pytest.mark.parametrize("in_thread", [False, True])
async def test_who_waits_too_long_for_the_call_that_tries_has_not_been_sent_and_is_not_in_doubt(in_thread):
    bank, calls, release = Services(), [], threading.Event()

    def in_a_thread():
        calls.append(1)
        release.wait(30)

    async def in_the_loop():
        calls.append(1)
        await asyncio.to_thread(release.wait, 30)

    bank.action("bank.pay")(in_a_thread if in_thread else in_the_loop)
    bank.breaker("bank", failures=1, reset=0.01)
    (await bank.guard("bank").ask()).judge(FAILED)
    await asyncio.sleep(0.02)
    slow, quick = (
        compile_saga(load(f"name: {name}\nsteps:\n  - {{id: s, service: bank, action: pay, timeout: {limit}}}"))
        for name, limit in (("slow", "1h"), ("quick", "50ms"))
    )
    try:
        async with Engine("memory:", bank) as engine:
            tries = await engine.start(slow, {})
            await until(lambda: calls)
            outcome = await asyncio.wait_for(engine.run(quick, {}), 30)
            release.set()
            assert (await engine.wait(tries)).status == "completed"
    finally:
        release.set()

    (failure,) = failures_in(outcome)
    assert (failure.error.code, failure.error.in_doubt) == ("Unavailable", False)
    assert "another call has been trying" in failure.error.message
    assert len(calls) == 1


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
            "retry: {max_attempts: 4, initial_delay: 0}}"
        )
    )
    clock = ManualClock()
    with Server(down) as server:
        able = shop(server.url, breaker="{failures: 2, reset: 1h}")
        async with Engine("memory:", able, clock=clock) as engine:
            failed = []
            engine.listen(lambda saga, event, commands: failed.extend([event] * isinstance(event, StepFailed)))
            saga_id = await engine.start(saga, {})
            for failures in (2, 3):
                await until(lambda: len(failed) == failures)  # noqa: B023 - it is over before that changes
                await clock.advance(LONG)
            await engine.wait(saga_id)
            assert able.breakers() == {"shop": "open"}

    assert len(server.requests) == 2
    assert [each.error.code for each in failed] == ["Http503", "Http503", "Unavailable", "Unavailable"]


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
