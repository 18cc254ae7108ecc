"""Several engines on one store: each saga is run by one of them, and every one of them can be asked about any."""

import asyncio

import pytest

from sagadsl import Engine, UnexpectedEvent, compile_saga, load
from sagadsl.machine.events import Failure, SignalReceived
from sagadsl.runtime import Filter, Key, Limits, StoreError
from sagadsl.runtime.store.contract import LeaseLostError
from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.shops import Shop, eventually

QUICK = Limits(lease=0.6, beat=0.1, poll=0.05, grace=0.2)


@pytest.fixture(params=["memory", "sqlite"])
async def place(request, saga_db):
    """Where several engines can meet: a store in memory, or the URL of a file."""
    return MemoryStore() if request.param == "memory" else f"sqlite:///{saga_db}"


TEXT = """
name: order
key: "order-${input.n}"
input: {type: object, required: [n], properties: {n: {type: integer}}}
states:
  a: {service: s, action: a, compensation: undo_a, next: w}
  w: {type: wait, signal: go, next: b}
  b: {service: s, action: b, callback: true, compensation: undo_b, timeout: 1d, next: c}
  c: {service: s, action: c, kind: read_only, on_failure: fail, next: end}
  end: {type: succeed, output: {said: "${signals.go}", did: "${states.b.output}"}}
"""


@pytest.fixture
async def two(place):
    """Two engines, the first of which has begun a saga and runs it."""
    shop = Shop(c=["fails"])
    async with (
        Engine(place, shop.services, limits=QUICK) as one,
        Engine(place, shop.services, limits=QUICK) as other,
    ):
        await one.start(compile_saga(load(TEXT)), {"n": 7}, saga_id="s")
        await eventually(lambda: "a" in shop.names)
        yield one, other, shop


async def status_of(engine, state):
    return next(step.status for step in (await engine.get("s")).steps if step.state == state)


async def test_whatever_is_asked_of_one_engine_reaches_the_saga_in_the_other(two):
    one, other, shop = two
    await other.signal(Key("order", "order-7"), "go", "on")
    await eventually(lambda: status_of(other, "b"), "waiting")
    await other.report("s", "b", {"approved": True})
    assert (await other.wait("s", timeout=10)).status == "failed"
    await other.retry("s", by="ann")
    outcome = await other.wait("s", timeout=10)

    assert (outcome.status, outcome.output) == ("completed", {"said": "on", "did": {"approved": True}})
    assert shop.names == ["a", "b", "c", "c"]
    assert (await one.get("s")) == outcome


async def test_what_the_saga_does_not_take_is_refused_by_the_other_engine_too(two):
    one, other, _ = two
    with pytest.raises(UnexpectedEvent, match="not been started"):
        await other.report("s", "b", {})
    with pytest.raises(UnexpectedEvent, match="not failed"):
        await other.retry("s")
    await other.compensate("s")
    await other.wait("s", timeout=10)
    with pytest.raises(UnexpectedEvent):
        await one.signal("s", "go")


async def test_a_reported_failure_reaches_the_saga_in_the_other_engine(two):
    one, other, shop = two
    await other.signal("s", "go")
    await eventually(lambda: status_of(other, "b"), "waiting")
    await other.report("s", "b", error=Failure("Declined", "no", retryable=False))
    outcome = await one.wait("s", timeout=10)

    assert (outcome.status, outcome.error.code) == ("compensated", "Declined")
    assert shop.names[-1] == "undo_a"


async def test_many_requests_at_once_from_both_sides_come_once_each(two):
    one, other, _ = two
    await asyncio.gather(*(engine.signal("s", "go", n) for n in range(20) for engine in (one, other)))
    events = await one.events("s")

    assert sorted(e.payload for e in events if isinstance(e, SignalReceived)) == sorted([*range(20), *range(20)])
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def test_starting_the_same_saga_in_two_engines_at_once_starts_one(two):
    one, other, _ = two
    compiled = compile_saga(load(TEXT))
    await asyncio.gather(one.register(compiled), other.register(compiled))
    ids = await asyncio.gather(
        *(engine.start("order", {"n": n}) for n in (1, 2, 3) for engine in (one, other, one, other))
    )

    assert len(set(ids)) == 3
    assert len((await one.list(Filter(name="order"))).sagas) == 4


async def test_an_engine_that_is_closed_leaves_its_sagas_to_the_other_at_once(place):
    shop = Shop(a="hangs")
    async with Engine(place, shop.services, limits=QUICK) as other:
        async with Engine(place, shop.services, limits=QUICK) as one:
            await one.start(compile_saga(load(TEXT)), {"n": 1}, saga_id="s")
            await eventually(lambda: "a" in shop.names)
            shop.let_everybody_in()
        await eventually(lambda: shop.names == ["a", "a"], within=5)
        await other.signal("s", "go")
        await eventually(lambda: status_of(other, "b"), "waiting")


async def test_an_engine_that_was_taken_for_dead_begins_anew_and_nothing_is_written_twice(place):
    """Given an engine that is alive, when another one buries it, then it loses what it runs, joins again and works on."""
    shop = Shop()
    async with (
        Engine(place, shop.services, limits=QUICK) as one,
        Engine(place, shop.services, limits=QUICK) as other,
    ):
        compiled = compile_saga(load(TEXT))
        ids = [await one.start(compiled, {"n": n}, saga_id=f"s{n}") for n in range(20)]
        [buried] = {row.owner for row in (await other.list()).sagas}
        await eventually(lambda: bury(other.store, buried))
        with pytest.raises(LeaseLostError):
            await other.store.beat(buried)
        await asyncio.gather(*(one.signal(each, "go") for each in ids))
        assert await one.start(compiled, {"n": 100}, saga_id="new") == "new"

        for saga_id in ids:
            await eventually(lambda saga_id=saga_id: _waits(one, saga_id))
            events = await one.events(saga_id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
        await eventually(lambda: "new/a" in shop.keys)
        assert len(await one.store.engines()) == 2
        assert set(shop.keys) == {f"{each}/a" for each in [*ids, "new"]} | {f"{each}/b" for each in ids}


async def bury(store, engine_id):
    row = next(row for row in await store.engines() if row.id == engine_id)
    return await store.bury(engine_id, row.beat)


async def _waits(engine, saga_id):
    return any(step.status == "waiting" and step.state == "b" for step in (await engine.get(saga_id)).steps)


async def test_requests_that_come_while_sagas_are_taken_up_find_each_of_them_once(saga_db):
    """Given an engine that has just been opened, when sagas are signalled at once, then nothing is done twice."""
    url, shop = f"sqlite:///{saga_db}", Shop()
    compiled = compile_saga(load(WAITING))
    ids = [f"s{n}" for n in range(100)]
    async with Engine(url, shop.services, limits=QUICK) as engine:
        await asyncio.gather(*(engine.start(compiled, {}, saga_id=each) for each in ids))
    for _ in range(3):
        async with Engine(url, shop.services, limits=QUICK) as engine:
            await asyncio.gather(*(engine.signal(each, "note") for each in ids))
    async with Engine(url, shop.services, limits=QUICK) as engine:
        await asyncio.gather(*(engine.signal(each, "go") for each in ids))
        outcomes = await asyncio.gather(*(engine.wait(each, timeout=20) for each in ids))

    assert {outcome.status for outcome in outcomes} == {"completed"}
    assert sorted(shop.keys) == sorted(f"{each}/a" for each in ids)
    assert {len(outcome.events) for outcome in outcomes} == {6}


WAITING = """
name: waiting
states:
  w: {type: wait, signal: go, timeout: 1d, next: a}
  a: {service: s, action: a, kind: read_only, next: n}
  n: {type: wait, signal: note, timeout: 1d, next: end}
  end: {type: succeed}
"""


# one saga inside another


PARENT = """
name: parent
states:
  child: {type: saga, saga: child, next: w}
  w: {type: wait, signal: go, timeout: 1d, next: b}
  b: {service: s, action: b, compensation: undo_b, next: end}
  end: {type: succeed}
"""
CHILD = "{name: child, steps: [{id: a, service: s, action: a, compensation: undo_a}]}"


async def test_a_saga_that_another_one_may_still_have_undone_is_not_removed(place):
    """Given a completed saga inside one that goes on, when the house is cleaned, then it can be undone all the same."""
    shop = Shop()
    async with Engine(place, shop.services, limits=QUICK) as engine:
        await engine.register(compile_saga(load(PARENT)), compile_saga(load(CHILD)))
        await engine.start("parent", {}, saga_id="p")
        await eventually(lambda: _has_passed(engine, "child"))
        assert await engine.purge(older_than=0) == 0
        with pytest.raises(ValueError, match="p/child"):
            await engine.delete("p/child")
        await engine.compensate("p")
        outcome = await engine.wait("p", timeout=10)
        assert await engine.purge(older_than=-1) == 2

    assert outcome.status == "compensated"
    assert shop.names == ["a", "undo_a"]


async def _has_passed(engine, state):
    return any((step.state, step.status) == (state, "completed") for step in (await engine.get("p")).steps)


# definitions change while sagas run

VERSION = """
name: greeting
version: "%s"
states:
  w: {type: wait, signal: go, next: a}
  a: {service: s, action: a, payload: {version: "%s"}, kind: read_only, next: end}
  end: {type: succeed, output: {version: "%s"}}
"""


def version(number):
    return compile_saga(load(VERSION % (number, number, number)))


async def test_a_saga_goes_on_with_the_text_that_it_was_started_with(saga_db):
    """Given a saga of version 1, when an engine knows only version 2, then it still runs version 1 to its end."""
    url, shop = f"sqlite:///{saga_db}", Shop()
    async with Engine(url, shop.services, limits=QUICK) as engine:
        await engine.start(version(1), {}, saga_id="old")
    async with Engine(url, shop.services, limits=QUICK) as engine:
        await engine.register(version(2))
        await engine.start("greeting", {}, saga_id="new")
        for saga_id in ("old", "new"):
            await engine.signal(saga_id, "go")
        old, new = [await engine.wait(saga_id, timeout=10) for saga_id in ("old", "new")]
        rows = {row.id: row for row in (await engine.list()).sagas}

    assert (old.output, new.output) == ({"version": "1"}, {"version": "2"})
    assert (rows["old"].version, rows["old"].hash) == ("1", version(1).hash)
    assert [call.payload for call in shop.calls] == [{"version": "1"}, {"version": "2"}]


async def test_a_text_that_changed_without_its_version_is_another_one_all_the_same(saga_db):
    url, shop = f"sqlite:///{saga_db}", Shop()
    async with Engine(url, shop.services, limits=QUICK) as engine:
        await engine.start(version(1), {}, saga_id="old")
    async with Engine(url, shop.services, limits=QUICK) as engine:
        changed = compile_saga(load(VERSION % ("1", "1", "changed")))
        await engine.register(changed)
        await engine.signal("old", "go")
        assert (await engine.wait("old", timeout=10)).output == {"version": "1"}


async def test_a_saga_whose_actions_are_missing_is_left_to_an_engine_that_has_them(saga_db):
    url, shop = f"sqlite:///{saga_db}", Shop(a="hangs")
    async with Engine(url, shop.services, limits=QUICK) as engine:
        await engine.start(compile_saga(load(TEXT)), {"n": 1}, saga_id="s")
        await eventually(lambda: "a" in shop.names)
    shop.let_everybody_in()
    async with Engine(url, Shop(actions=("b", "c")).services, limits=QUICK) as stranger:
        await asyncio.sleep(0.5)
        assert shop.names == ["a"]
        assert (await stranger.get("s")).status == "running"
        with pytest.raises(StoreError, match="cannot be run here"):
            await stranger.resume("s")
        async with Engine(url, shop.services, limits=QUICK) as able:
            await eventually(lambda: shop.names == ["a", "a"])
            await stranger.signal("s", "go")
            await eventually(lambda: status_of(able, "b"), "waiting")


async def test_sagas_of_which_one_cannot_be_read_do_not_keep_the_others(saga_db, caplog):
    """Given a definition and an event that only a newer sagadsl understands, then all other sagas go on."""
    url, shop = f"sqlite:///{saga_db}", Shop(a="hangs")
    compiled = compile_saga(load(TEXT))
    strange = compile_saga(load(TEXT.replace("name: order", "name: strange")))
    async with Engine(url, shop.services, limits=QUICK) as engine:
        for n in range(20):
            await engine.start(compiled, {"n": n}, saga_id=f"s{n}")
        await engine.start(strange, {"n": 1}, saga_id="unknown")
        await eventually(lambda: len(shop.names) == 21)
    _alter(saga_db, strange.hash)
    shop.let_everybody_in()
    async with Engine(url, shop.services, limits=QUICK) as engine:
        for n in range(20):
            if n != 5:
                await engine.signal(f"s{n}", "go")
        await eventually(lambda: shop.names.count("b") == 19)
        with pytest.raises(StoreError):
            await engine.get("s5")
        assert (await engine.store.row("s5")).status == "running"


def _alter(path, strange):
    """Write what a newer sagadsl might: a definition with a new keyword, and an event of a new type."""
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(
            "UPDATE sagadsl_definitions SET text = replace(text, 'callback', 'telepathy') WHERE hash = ?", [strange]
        )
        assert changed.rowcount == 1
        events = connection.execute(
            "UPDATE sagadsl_events SET data = replace(data, 'SagaStarted', 'SagaDreamt') WHERE saga_id = 's5'"
        )
        assert events.rowcount == 1
