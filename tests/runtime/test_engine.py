"""Sagas run against real functions, with time that the tests move."""

import asyncio
import threading
from contextlib import suppress

import pytest

from sagadsl import ActionError, Engine, InputError, Services, UnexpectedEvent, compile_saga, load
from sagadsl.language.definition import OnFailure
from sagadsl.machine.events import Failure, StepFailed, StepSucceeded
from sagadsl.runtime import (
    DuplicateSagaError,
    EngineClosedError,
    Limits,
    ManualClock,
    UnknownActionError,
    UnknownSagaError,
    VirtualClock,
)
from tests.machine.build import definition, sub, succeed, task

ORDER = compile_saga(
    load(
        """
        name: order
        input: {type: object, required: [amount], properties: {amount: {type: number}}}
        steps:
          - {id: reserve, service: stock, action: reserve, compensation: release}
          - id: pay
            service: bank
            action: pay
            payload: {amount: "${input.amount}"}
            compensation: refund
            timeout: 10s
            retry: {max_attempts: 3, initial_delay: 5s, except: [Declined]}
          - {id: ship, service: post, action: ship, kind: read_only}
        output: {paid: "${states.pay.output.paid}"}
        """
    )
)


class Shop:
    """Services that write down what they were asked, and fail or hang when they are told to."""

    def __init__(self, **behaviour):
        self.calls = []
        self.behaviour = behaviour
        self.services = Services()
        for name in ("stock.reserve", "stock.release", "bank.pay", "bank.refund", "post.ship"):
            self.services.action(name)(self.make(name))

    def make(self, name):
        async def action(payload: dict):
            self.calls.append(name)
            behave = self.behaviour.get(name.partition(".")[2])
            return await behave(payload) if behave else {"paid": payload.get("amount")}

        return action


def failing(code, times=10**6, **kwargs):
    async def fail(payload):
        nonlocal times
        times -= 1
        if times < 0:
            return {"paid": payload.get("amount")}
        raise ActionError(code, "as told", **kwargs)

    return fail


BRIEF = Limits(grace=0.05)


async def hanging(payload):
    await asyncio.Event().wait()


async def test_a_saga_runs_to_its_end_and_gives_its_output():
    shop = Shop()
    async with Engine("memory:", shop.services) as engine:
        outcome = await engine.run(ORDER, {"amount": 5})

    assert outcome.status == "completed"
    assert outcome.output == {"paid": 5.0}
    assert shop.calls == ["stock.reserve", "bank.pay", "post.ship"]
    assert [step.status for step in outcome.steps] == ["completed"] * 3
    assert [event.seq for event in outcome.events] == [1, 2, 3, 4]


async def test_a_step_that_fails_for_good_has_everything_undone():
    shop = Shop(ship=failing("NoTruck"))
    async with Engine("memory:", shop.services) as engine:
        outcome = await engine.run(ORDER, {"amount": 5})

    assert outcome.status == "compensated"
    assert (outcome.error.code, outcome.error_state) == ("NoTruck", "ship")
    assert shop.calls[-2:] == ["bank.refund", "stock.release"]


async def test_retries_wait_as_long_as_their_policy_says():
    shop, clock = Shop(pay=failing("Busy", times=2)), ManualClock()
    async with Engine("memory:", shop.services, clock=clock) as engine:
        saga_id = await engine.start(ORDER, {"amount": 5})
        await clock.advance(4.9)
        assert shop.calls.count("bank.pay") == 1
        await clock.advance(0.2)
        assert shop.calls.count("bank.pay") == 2
        await clock.advance(10)
        outcome = await engine.wait(saga_id)

    assert outcome.status == "completed"
    assert outcome.steps[1].attempts == 3
    assert outcome.steps[1].duration == pytest.approx(15, abs=0.2)


async def test_a_virtual_clock_waits_for_nothing():
    shop = Shop(pay=failing("Busy", times=2))
    async with Engine("memory:", shop.services, clock=VirtualClock()) as engine:
        outcome = await asyncio.wait_for(engine.run(ORDER, {"amount": 5}), timeout=5)

    assert outcome.status == "completed"
    assert outcome.events[-1].at == 15


async def test_an_action_that_does_not_answer_times_out_in_doubt_and_is_cancelled():
    shop, clock = Shop(pay=hanging), ManualClock()
    async with Engine("memory:", shop.services, clock=clock) as engine:
        saga_id = await engine.start(ORDER, {"amount": 5})
        await clock.advance(60)
        outcome = await engine.wait(saga_id)
        assert not engine.actions_under_way

    assert outcome.status == "compensated"
    assert outcome.error.code == "Timeout"
    assert outcome.error.message == "no answer within 10s"
    assert outcome.steps[1].attempts == 3
    assert shop.calls[-2:] == ["bank.refund", "stock.release"]


async def test_a_late_answer_of_a_thread_is_recorded_and_otherwise_ignored():
    clock, release, called = ManualClock(), threading.Event(), threading.Event()
    services = Services()

    @services.action("s.slow")
    def slow():
        called.set()
        release.wait(10)
        return {"late": True}

    @services.action("s.undo")
    def undo():
        return None

    compiled = compile_saga(
        load("{name: l, steps: [{id: a, service: s, action: slow, compensation: undo, timeout: 1s}]}")
    )
    async with Engine("memory:", services, clock=clock) as engine:
        saga_id = await engine.start(compiled, {})
        while not called.is_set():
            await clock.advance(0)
        await clock.advance(2)
        outcome = await engine.wait(saga_id)
        assert outcome.status == "compensated"

        release.set()
        while len((await engine.get(saga_id)).events) == len(outcome.events):
            await asyncio.sleep(0.01)
        late = await engine.get(saga_id)

    assert late.events[-1] == StepSucceeded("a", 1, {"late": True}, seq=late.events[-1].seq, at=late.events[-1].at)
    assert late.status == "compensated"
    assert late.steps[0].output is None


async def test_input_is_checked_before_anything_starts():
    shop = Shop()
    async with Engine("memory:", shop.services) as engine:
        with pytest.raises(InputError, match="amount"):
            await engine.start(ORDER, {"amount": "five"})
        with pytest.raises(InputError, match="amount"):
            await engine.start(ORDER, {})

    assert shop.calls == []


async def test_missing_actions_are_all_named_before_anything_starts():
    services = Services()
    services.action("stock.reserve")(print)
    async with Engine("memory:", services) as engine:
        with pytest.raises(UnknownActionError, match=r"stock\.release, bank\.pay, bank\.refund, post\.ship"):
            await engine.start(ORDER, {"amount": 5})


async def test_ids_are_unique_and_known():
    async with Engine("memory:", Shop().services) as engine:
        await engine.run(ORDER, {"amount": 5}, saga_id="mine")
        assert await engine.start(ORDER, {"amount": 5}, saga_id="mine") == "mine"
        with pytest.raises(DuplicateSagaError, match="'mine' already, with another input"):
            await engine.start(ORDER, {"amount": 6}, saga_id="mine")
        with pytest.raises(DuplicateSagaError, match="'mine' already: a order"):
            await engine.start(compile_saga(load(CHILD % ("1", "1"))), {"n": 1}, saga_id="mine")
        with pytest.raises(UnknownSagaError, match="'yours'"):
            await engine.get("yours")
        await engine.delete("mine")
        with pytest.raises(UnknownSagaError):
            await engine.wait("mine")


async def test_a_running_saga_is_not_deleted():
    async with Engine("memory:", Shop(pay=hanging).services, limits=BRIEF) as engine:
        saga_id = await engine.start(ORDER, {"amount": 5})
        with pytest.raises(ValueError, match="running"):
            await engine.delete(saga_id)


async def test_a_service_that_changes_its_payload_does_not_change_the_saga():
    services = Services()

    @services.action("s.a")
    async def a(payload: dict):
        payload["items"].append("mine")

    @services.action("s.b")
    async def b(input: dict, output: dict):
        return {"seen": input["items"]}

    text = """
    name: copy
    steps:
      - {id: a, service: s, action: a, payload: {items: ["${input.n}"]}, compensation: b}
      - {id: c, service: s, action: b, payload: {input: {items: [1]}, output: {}}, kind: read_only}
    """
    compiled = compile_saga(load(text))
    async with Engine("memory:", services) as engine:
        outcome = await engine.run(compiled, {"n": 1})
        saga = compiled.replay(outcome.saga_id, outcome.events)
        assert saga.executions["a", "", 1].payload == {"items": [1]}


async def test_people_decide_about_a_saga_that_waits_for_them():
    text = """
    name: people
    states:
      a: {service: stock, action: reserve, compensation: release, next: b}
      b: {service: bank, action: pay, kind: read_only, on_failure: fail, next: end}
      end: {type: succeed}
    """
    compiled, shop = compile_saga(load(text)), Shop(pay=failing("Down", times=2))
    async with Engine("memory:", shop.services) as engine:
        outcome = await engine.run(compiled, {}, saga_id="x")
        assert outcome.status == "failed"

        await engine.retry("x", by="ann", why="bank is up")
        assert (await engine.wait("x")).status == "failed"
        with pytest.raises(UnexpectedEvent, match="not at 'a'"):
            await engine.skip("x", "a")
        await engine.resolve("x", "b", {"paid": 1}, by="ann")
        assert (await engine.wait("x")).status == "completed"


async def test_a_saga_that_is_told_to_compensate_stops_what_is_running():
    shop = Shop(pay=hanging)
    async with Engine("memory:", shop.services) as engine:
        saga_id = await engine.start(ORDER, {"amount": 5})
        while "bank.pay" not in shop.calls:
            await asyncio.sleep(0)
        await engine.compensate(saga_id, by="ann")
        outcome = await engine.wait(saga_id)

    assert outcome.status == "compensated"
    assert shop.calls[-2:] == ["bank.refund", "stock.release"]


async def test_a_signal_lets_a_waiting_step_go_on():
    text = """
    name: patient
    states:
      pay: {service: bank, action: pay, kind: read_only, on_failure: {wait_for: paid_in, timeout: 1d}, next: end}
      end: {type: succeed}
    """
    shop, clock = Shop(pay=failing("Empty", times=1)), ManualClock()
    async with Engine("memory:", shop.services, clock=clock) as engine:
        saga_id = await engine.start(compile_saga(load(text)), {})
        await clock.advance(3600)
        await engine.signal(saga_id, "paid_in")
        outcome = await engine.wait(saga_id)

    assert outcome.status == "completed"
    assert outcome.steps[0].duration == 3600


async def test_leaving_the_engine_stops_what_is_under_way():
    stopped = asyncio.Event()

    async def until_stopped(payload):
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    shop = Shop(pay=until_stopped)
    async with Engine("memory:", shop.services, limits=BRIEF) as engine:
        await engine.start(ORDER, {"amount": 5})
        while "bank.pay" not in shop.calls:
            await asyncio.sleep(0)

    assert stopped.is_set()


async def test_many_sagas_run_side_by_side():
    shop = Shop(ship=failing("NoTruck", times=50))
    async with Engine("memory:", shop.services) as engine:
        ids = [await engine.start(ORDER, {"amount": n}) for n in range(200)]
        outcomes = [await engine.wait(saga_id) for saga_id in ids]

    assert sum(outcome.status == "completed" for outcome in outcomes) == 150
    assert sum(outcome.status == "compensated" for outcome in outcomes) == 50


async def test_the_listener_hears_every_event_once_and_in_order():
    heard = []
    async with Engine(
        "memory:", Shop(pay=failing("Declined")).services, on_event=lambda s, e, c: heard.append(e)
    ) as engine:
        outcome = await engine.run(ORDER, {"amount": 5})

    assert tuple(heard) == outcome.events
    assert sum(isinstance(event, StepFailed) for event in heard) == 1


CHILD = """
name: stay
version: "%s"
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  - {id: room, service: stock, action: reserve, compensation: release}
output: {version: "%s"}
"""


def parent_of(child, **kwargs):
    return compile_saga(
        definition(
            sub("stay", child, next="pay", input={"n": 1}, **kwargs),
            task("pay", next="end", payload={}),
            succeed("end", "${states.stay.output}"),
        )
    )


def shop_for_parents(**behaviour):
    shop = Shop(**behaviour)
    shop.services.action("s.pay")(shop.make("s.pay"))
    shop.services.action("s.undo_pay")(shop.make("s.undo_pay"))
    return shop


async def test_a_saga_runs_another_one_in_its_newest_version_or_the_one_it_names():
    async with Engine("memory:", shop_for_parents().services) as engine:
        await engine.register(*(compile_saga(load(CHILD % (v, v))) for v in ("1", "2")))
        newest = await engine.run(parent_of("stay"), {})
        named = await engine.run(parent_of("stay", version="1"), {}, saga_id="p")

        assert (await engine.get("p/stay")).status == "completed"
    assert (newest.status, newest.output) == ("completed", {"version": "2"})
    assert named.output == {"version": "1"}


async def test_undoing_a_saga_undoes_the_one_that_it_ran():
    shop = shop_for_parents(pay=failing("Declined", retryable=False))
    async with Engine("memory:", shop.services) as engine:
        await engine.register(compile_saga(load(CHILD % ("1", "1"))))
        outcome = await engine.run(parent_of("stay"), {}, saga_id="p")

        assert (await engine.get("p/stay")).status == "compensated"
    assert outcome.status == "compensated"
    assert shop.calls == ["stock.reserve", "s.pay", "stock.release"]


async def test_a_saga_that_was_undone_itself_fails_the_state_that_ran_it():
    shop = shop_for_parents(reserve=failing("SoldOut", retryable=False))
    async with Engine("memory:", shop.services) as engine:
        await engine.register(compile_saga(load(CHILD % ("1", "1"))))
        outcome = await engine.run(parent_of("stay"), {})

    assert (outcome.status, outcome.error.code) == ("compensated", "SoldOut")


async def test_a_saga_that_is_not_registered_is_said():
    async with Engine("memory:", shop_for_parents().services) as engine:
        outcome = await engine.run(parent_of("stay"), {})

    assert outcome.status == "compensated"
    assert outcome.error.message == "no saga 'stay' is registered"


async def test_the_outcome_of_a_callback_step_is_reported_from_outside():
    compiled = compile_saga(definition(task("pay", next="end", callback=True), succeed("end", "${states.pay.output}")))
    async with Engine("memory:", shop_for_parents().services) as engine:
        first, second = [await engine.start(compiled, {}) for _ in range(2)]
        while (await engine.get(second)).steps[0].status != "waiting":
            await asyncio.sleep(0)
        await engine.report(first, "pay", {"paid": 3})
        await engine.report(second, "pay", error=Failure("Declined"))
        outcomes = [await engine.wait(first), await engine.wait(second)]

    assert [outcome.status for outcome in outcomes] == ["completed", "compensated"]
    assert outcomes[0].output == {"paid": 3}


async def test_sagas_that_want_the_same_lock_run_one_after_the_other():
    running, most = 0, 0

    async def count(payload):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return {}

    compiled = compile_saga(definition(task("pay", next="end"), succeed("end"), locks=("account ${input.a}", "all")))
    async with Engine("memory:", shop_for_parents(pay=count).services) as engine:
        ids = [await engine.start(compiled, {"a": number % 3}) for number in range(20)]
        outcomes = [await engine.wait(saga_id) for saga_id in ids]

    assert {outcome.status for outcome in outcomes} == {"completed"}
    assert most == 1


async def test_at_most_one_unfinished_saga_has_a_business_key():
    compiled = compile_saga(definition(task("pay", next="end"), succeed("end"), key="order ${input.n}"))
    shop = shop_for_parents()
    async with Engine("memory:", shop.services) as engine:
        first = await engine.start(compiled, {"n": 1})
        again, other = await engine.start(compiled, {"n": 1}), await engine.start(compiled, {"n": 2})
        assert again == first != other
        await engine.wait(first)
        assert await engine.start(compiled, {"n": 1}) != first


async def test_a_business_key_that_no_database_could_look_up_is_refused():
    compiled = compile_saga(definition(task("pay", next="end"), succeed("end"), key="order ${input.n}"))
    async with Engine("memory:", shop_for_parents().services) as engine:
        with pytest.raises(InputError, match="has 1,006 characters with this input, and may have 500"):
            await engine.start(compiled, {"n": "x" * 1000})

        assert (await engine.list()).sagas == ()


async def test_a_listener_that_cannot_cope_does_not_hold_up_the_saga(caplog):
    def break_down(*_):
        raise RuntimeError("no room to write")

    async with Engine("memory:", Shop().services, on_event=break_down) as engine:
        outcome = await engine.run(ORDER, {"amount": 5})

    assert outcome.status == "completed"
    assert "no room to write" in caplog.text


async def test_an_action_that_does_not_stop_when_it_is_told_to_is_left_behind():
    let_go = asyncio.Event()

    async def stubborn(payload):
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await let_go.wait()

    shop, clock = Shop(pay=stubborn), ManualClock()
    engine = Engine("memory:", shop.services, clock=clock, limits=BRIEF)
    saga_id = await engine.start(ORDER, {"amount": 5})
    await clock.advance(60)
    assert (await engine.wait(saga_id)).status == "compensated"

    assert await engine.close() == 3
    let_go.set()


async def test_a_closed_engine_starts_nothing_and_whoever_waits_is_told():
    engine = Engine("memory:", Shop(pay=hanging).services, limits=BRIEF)
    saga_id = await engine.start(ORDER, {"amount": 5})
    waiting = asyncio.create_task(engine.wait(saga_id))
    await asyncio.sleep(0)
    await engine.close()

    with pytest.raises(EngineClosedError):
        await waiting
    with pytest.raises(EngineClosedError):
        await engine.start(ORDER, {"amount": 5})
    with pytest.raises(EngineClosedError):
        await engine.compensate(saga_id)


async def test_an_action_may_close_the_engine_that_called_it():
    async def close(payload):
        await engine.close()

    engine = Engine("memory:", Shop(pay=close).services)
    saga_id = await engine.start(ORDER, {"amount": 5})
    with pytest.raises(EngineClosedError):
        await asyncio.wait_for(engine.wait(saga_id), timeout=5)


async def test_what_people_give_is_checked_and_copied():
    compiled = compile_saga(
        definition(
            task("pay", next="end", kind="pivot", on_failure=OnFailure("fail")), succeed("end", "${states.pay.output}")
        )
    )
    given = {"paid": [1]}
    async with Engine("memory:", shop_for_parents(pay=failing("Down", retryable=False)).services) as engine:
        outcome = await engine.run(compiled, {})
        assert outcome.status == "failed"
        with pytest.raises(ValueError, match="set cannot be written as JSON"):
            await engine.resolve(outcome.saga_id, "pay", {"paid": {1}})
        await engine.resolve(outcome.saga_id, "pay", given)
        given["paid"].append(2)
        outcome = await engine.wait(outcome.saga_id)

    assert outcome.output == {"paid": [1]}
