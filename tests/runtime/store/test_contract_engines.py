"""Engines: who is alive can write; who has been buried cannot, and what it had is free."""

import pytest

from sagadsl.runtime.store.contract import EngineRow, LeaseLostError
from tests.runtime.store.writing import ME, NOW, YOU, committed, first, given, ids, join, mail_to, more, seen


@pytest.mark.parametrize("actions", [None, (), ("bank.pay", "pošta.pošli")])
async def test_an_engine_that_has_joined_is_listed_with_what_it_can_do_until_it_leaves(store, another, actions):
    engine = EngineRow("e", "a host", "a process", NOW + 0.5, actions=actions)

    await store.join(engine)
    assert await another.engines() == [engine]

    await store.leave("e")
    assert await another.engines() == []


async def test_each_beat_increases_the_number(store):
    await join(store, ME, YOU)

    for _ in range(3):
        await store.beat(ME)
    await store.beat(YOU)

    assert {engine.id: engine.beat for engine in await store.engines()} == {ME: 3, YOU: 1}


async def test_joining_again_in_case_that_it_was_lost_is_harmless(store):
    await join(store)
    await store.beat(ME)
    await committed(store, first("a"))

    await join(store)

    assert [engine.id for engine in await store.engines()] == [ME]
    assert (await store.row("a")).owner == ME
    await committed(store, more("a", 2))


async def test_an_engine_is_buried_by_the_number_that_was_seen(store):
    await join(store, ME, YOU)
    await store.beat(ME)

    assert not await store.bury(ME, 0)
    assert not await store.bury("nobody", 0)
    assert len(await store.engines()) == 2

    assert await store.bury(ME, 1)
    assert [engine.id for engine in await store.engines()] == [YOU]
    assert not await store.bury(ME, 1)


async def test_a_buried_engine_can_do_nothing_any_more(store, another):
    await given(store, "a", "free")
    await store.release(ME, {"free": 0.0})
    await join(another, YOU)
    await another.bury(ME, 0)
    before = await seen(store)

    for attempt in (
        lambda: store.commit(ME, [more("a", 2, mail=[mail_to("a")]), first("b")]),
        lambda: store.commit(ME, []),
        lambda: store.claim(ME, now=NOW, limit=9),
        lambda: store.claim_one(ME, "free"),
        lambda: store.lock(ME, "a", ["x"]),
        lambda: store.beat(ME),
    ):
        with pytest.raises(LeaseLostError):
            await attempt()

    assert await store.letters(ME) == []
    await store.release(ME, {"a": NOW + 60})
    await store.leave(ME)
    assert await seen(store) == before


@pytest.mark.parametrize("end", ["buried", "leaves"])
async def test_what_an_engine_had_is_free_and_first_in_line_when_it_is_gone(store, end):
    await given(store, "a", "b", "mine")
    await store.release(ME, {"mine": 1.0})
    await join(store, YOU)
    await committed(store, first("yours", owner=YOU), engine=YOU)

    await (store.bury(ME, 0) if end == "buried" else store.leave(ME))

    rows = {row.id: row for row in (await store.list()).sagas}
    assert {(rows[each].owner, rows[each].wake_at) for each in ("a", "b")} == {(None, 0.0)}
    assert rows["yours"].owner == YOU
    assert rows["mine"].wake_at == 1.0
    assert sorted(ids(await store.claim(YOU, now=NOW, limit=2))) == ["a", "b"]


async def test_an_engine_that_was_not_buried_keeps_what_it_has(store):
    await given(store, "a")
    await store.beat(ME)

    await store.bury(ME, 0)

    assert (await store.row("a")).owner == ME
    await committed(store, more("a", 2))


async def test_an_engine_that_left_may_leave_again(store):
    await join(store)

    await store.leave(ME)
    await store.leave(ME)

    assert await store.engines() == []
