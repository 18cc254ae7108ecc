"""Semantic locks: all at once or wait, first come first served, handed on in the transaction that frees them."""

import asyncio

import pytest

from sagadsl.runtime.store.contract import LOCKED, LeaseLostError
from tests.runtime.store.writing import ME, NOW, YOU, committed, end, first, given, ids, join, more


async def told(store, engine=ME):
    """The sagas that have been told that they hold their locks now, in that order."""
    letters = await store.letters(engine)
    assert all(letter.body == LOCKED for letter in letters)
    return [letter.saga_id for letter in letters]


async def test_free_locks_are_taken_at_once_and_without_mail(store, another):
    await given(store, "a", "b")

    assert await store.lock(ME, "a", ["x", "y"])
    assert await another.lock(ME, "b", ["z"])

    assert await another.locks() == {"x": "a", "y": "a", "z": "b"}
    assert await told(store) == []


async def test_whoever_comes_second_waits_and_is_told(store):
    await given(store, "a", "b")
    await store.lock(ME, "a", ["x"])

    assert not await store.lock(ME, "b", ["x"])
    assert await store.locks() == {"x": "a"}

    await committed(store, end("a", 2, frees_locks=True))
    assert await store.locks() == {"x": "b"}
    assert await told(store) == ["b"]


async def test_all_are_taken_or_none(store):
    await given(store, "a", "b", "c")
    await store.lock(ME, "a", ["x"])

    assert not await store.lock(ME, "b", ["w", "x", "y"])

    assert await store.locks() == {"x": "a"}


async def test_nobody_overtakes_one_that_waits_for_the_same(store):
    await given(store, "a", "b", "c", "d")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["x", "y"])

    assert not await store.lock(ME, "c", ["y"])
    assert await store.lock(ME, "d", ["z"])

    await committed(store, more("a", 2, frees_locks=True))
    assert await store.locks() == {"x": "b", "y": "b", "z": "d"}
    assert await told(store) == ["b"]

    await committed(store, more("b", 2, frees_locks=True))
    assert await told(store) == ["b", "c"]


async def test_asking_again_changes_nothing(store):
    await given(store, "a", "b", "c")
    for _ in range(2):
        assert await store.lock(ME, "a", ["x"])
        assert not await store.lock(ME, "b", ["x"])
        assert not await store.lock(ME, "c", ["x"])
        assert not await store.lock(ME, "b", ["x"])

    await committed(store, more("a", 2, frees_locks=True))

    assert await store.lock(ME, "b", ["x"])
    assert not await store.lock(ME, "c", ["x"])
    assert await told(store) == ["b"]


async def test_when_several_can_go_on_they_are_told_in_the_order_in_which_they_came(store):
    await given(store, "a", "b", "c", "d", "e")
    await store.lock(ME, "a", ["x", "y", "z"])
    for saga, names in (("c", ["y"]), ("b", ["z", "x"]), ("d", ["x"]), ("e", ["y"])):
        assert not await store.lock(ME, saga, names)

    await committed(store, more("a", 2, frees_locks=True))

    assert await told(store) == ["c", "b"]
    assert await store.locks() == {"x": "b", "y": "c", "z": "b"}


async def test_one_that_stops_waiting_makes_way(store):
    await given(store, "a", "b", "c")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["x", "y"])
    await store.lock(ME, "c", ["y"])

    await committed(store, end("b", 2, "compensated", frees_locks=True))

    assert await store.locks() == {"x": "a", "y": "c"}
    assert await told(store) == ["c"]


async def test_several_give_back_in_one_batch(store):
    await given(store, "a", "b", "c", "d")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["y"])
    await store.lock(ME, "c", ["x", "y"])
    await store.lock(ME, "d", ["x"])

    await committed(store, end("a", 2, frees_locks=True), end("b", 2, frees_locks=True), end("c", 2, frees_locks=True))

    assert await store.locks() == {"x": "d"}
    assert "d" in await told(store)


async def test_giving_back_nothing_is_harmless(store):
    await given(store, "a", "b")
    await store.lock(ME, "b", ["x"])

    await committed(store, more("a", 2, frees_locks=True), end("a", 3, frees_locks=True))

    assert await store.locks() == {"x": "b"}


async def test_whoever_gets_its_locks_while_nobody_owns_it_is_to_be_claimed_at_once(store):
    await given(store, "a", "b")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["x"])
    await store.release(ME, {"b": None})

    await committed(store, more("a", 2, frees_locks=True))

    assert ids(await store.claim(ME, now=NOW, limit=9)) == ["b"]
    assert await told(store) == ["b"]


async def test_locks_belong_to_sagas_and_outlive_their_engine(store):
    await given(store, "a", "b")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["x"])

    await store.bury(ME, 0)

    assert await store.locks() == {"x": "a"}
    await join(store, YOU)
    await store.claim(YOU, now=NOW, limit=9)
    assert await store.lock(YOU, "a", ["x"])
    await committed(store, more("a", 2, frees_locks=True), engine=YOU)
    assert await told(store, YOU) == ["b"]


async def test_a_buried_engine_takes_no_locks_and_frees_none(store):
    await given(store, "a", "b")
    await store.lock(ME, "a", ["x"])
    await store.bury(ME, 0)

    with pytest.raises(LeaseLostError):
        await store.lock(ME, "b", ["y"])
    with pytest.raises(LeaseLostError):
        await store.commit(ME, [more("a", 2, frees_locks=True)])

    assert await store.locks() == {"x": "a"}


async def test_only_its_owner_takes_locks_for_a_saga_and_others_do_not_even_queue(store):
    await given(store, "mine", "free", "holder")
    await join(store, YOU)
    await committed(store, first("yours", owner=YOU), engine=YOU)
    await store.release(ME, {"free": None})

    for saga in ("yours", "free"):
        assert not await store.lock(ME, saga, ["x"])
    assert await store.locks() == {}

    await store.lock(ME, "holder", ["x"])
    assert not await store.lock(ME, "yours", ["x"])
    await committed(store, more("holder", 2, frees_locks=True))
    assert await store.locks() == {}
    assert await store.lock(ME, "mine", ["x"])


async def test_a_saga_that_is_deleted_leaves_no_locks_behind(store):
    await given(store, "a", "b")
    await store.lock(ME, "a", ["x"])
    await store.lock(ME, "b", ["x"])
    await committed(store, end("a", 2))

    await store.delete("a")

    assert await store.locks() == {"x": "b"}
    assert await told(store) == ["b"]


async def test_of_many_that_want_the_same_at_the_same_time_exactly_one_has_it(store, another):
    sagas = [f"s{n:02}" for n in range(24)]
    await join(store, ME)
    await committed(store, *(first(saga) for saga in sagas))

    has = await asyncio.gather(
        *((store if n % 2 else another).lock(ME, saga, ["x", f"own-{n % 3}"]) for n, saga in enumerate(sagas))
    )
    assert sum(has) == 1

    (holder,) = (saga for saga, it_has in zip(sagas, has, strict=True) if it_has)
    order = [holder]
    for _ in sagas[1:]:
        await committed(store, more(order[-1], 2, frees_locks=True))
        order.append((await store.locks())["x"])
    assert sorted(order) == sagas
    assert await told(store) == order[1:]
