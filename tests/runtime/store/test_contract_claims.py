"""Who runs what: a saga has one owner, is taken up when its time has come, and never by two."""

import asyncio
from itertools import chain

import pytest

from sagadsl.runtime.store.contract import UNBEGUN, UnknownSagaError, Write
from tests.runtime.store.writing import ME, NOW, YOU, a_row, committed, end, first, given, ids, join, mail_to, step


async def free_sagas(store, **wake_at):
    """Sagas that nobody owns, each with the instant from which on it is to be claimed."""
    await given(store, *wake_at)
    await store.release(ME, wake_at)
    await join(store, YOU)


async def test_whose_time_has_come_is_claimed_the_longest_overdue_first(store):
    await free_sagas(store, soon=NOW + 1, late=NOW - 5, now=NOW, never=None, later_still=NOW - 9)

    claimed = await store.claim(YOU, now=NOW, limit=10)

    assert ids(claimed) == ["later_still", "late", "now"]
    assert claimed == [await store.row(each) for each in ids(claimed)]
    assert {row.owner for row in claimed} == {YOU}
    assert {row.wake_at for row in claimed} == {None}


async def test_whoever_takes_it_up_is_told_once_that_nothing_has_been_begun(store):
    await free_sagas(store, one=UNBEGUN, other=UNBEGUN, late=NOW - 9)

    claimed = [*await store.claim(YOU, now=NOW, limit=2), await store.claim_one(YOU, "late")]

    assert {row.id: row.wake_at for row in claimed} == {"one": UNBEGUN, "other": UNBEGUN, "late": None}
    assert {(await store.row(row.id)).wake_at for row in claimed} == {None}
    assert {row.wake_at for row in await store.owned(YOU)} == {None}
    await store.leave(YOU)
    await join(store, YOU)
    assert (await store.claim_one(YOU, "one")).wake_at is None
    await store.release(YOU, {"one": UNBEGUN})
    assert (await store.claim_one(YOU, "one")).wake_at == UNBEGUN


async def test_no_more_are_claimed_than_asked_for_and_none_twice(store, another):
    await free_sagas(store, **{f"s{n}": NOW - n for n in range(7)})

    assert ids(await store.claim(YOU, now=NOW, limit=3)) == ["s6", "s5", "s4"]
    assert ids(await another.claim(ME, now=NOW, limit=3)) == ["s3", "s2", "s1"]
    assert ids(await store.claim(YOU, now=NOW, limit=3)) == ["s0"]
    assert await store.claim(YOU, now=NOW, limit=3) == []
    assert await store.claim(YOU, now=NOW, limit=0) == []


async def test_what_somebody_owns_is_not_claimed(store):
    await given(store, "mine")
    await join(store, YOU)

    assert await store.claim(YOU, now=NOW + 1e9, limit=10) == []


async def test_definitions_that_an_engine_does_not_know_are_left_to_others_and_hold_up_nobody(store):
    await join(store, ME, YOU)
    await committed(store, *(first(f"s{n}", hash=f"h{n % 3}") for n in range(9)))
    await store.release(ME, {f"s{n}": NOW - n for n in range(9)})

    assert ids(await store.claim(ME, now=NOW, limit=2, without=["h0", "h1"])) == ["s8", "s5"]
    assert ids(await store.claim(ME, now=NOW, limit=9, without=["h1"])) == ["s6", "s3", "s2", "s0"]
    assert ids(await store.claim(YOU, now=NOW, limit=9)) == ["s7", "s4", "s1"]


async def test_one_saga_is_claimed_whenever_its_time_comes(store):
    await free_sagas(store, far=NOW + 1000, never=None)

    for saga in ("far", "never"):
        row = await store.claim_one(YOU, saga)
        assert (row.id, row.owner, row.wake_at) == (saga, YOU, None)
        assert await store.row(saga) == row


async def test_one_saga_that_somebody_owns_stays_his(store):
    await given(store, "a")
    await join(store, YOU)

    assert await store.claim_one(YOU, "a") == a_row("a", owner=ME)
    assert await store.claim_one(ME, "a") == a_row("a", owner=ME)
    assert await store.row("a") == a_row("a", owner=ME)


async def test_a_saga_that_is_not_there_cannot_be_claimed(store):
    await join(store)

    with pytest.raises(UnknownSagaError):
        await store.claim_one(ME, "nobody")


async def test_an_engine_can_see_what_it_owns(store, another):
    await given(store, "a", "b", "free")
    await join(store, YOU)
    await store.release(ME, {"free": 0.0})
    await committed(store, first("yours", owner=YOU), end("b", 2), engine=YOU)

    assert [*await another.owned(ME)] == [a_row("a")]
    assert ids(await another.owned(YOU)) == ["yours"]
    assert [*await another.owned("nobody")] == []


async def test_only_its_owner_gives_a_saga_back(store):
    await given(store, "a")
    await join(store, YOU)

    await store.release(YOU, {"a": 0.0, "nobody": 0.0})
    assert (await store.row("a")).owner == ME

    await store.release(ME, {"a": NOW + 7})
    row = await store.row("a")
    assert (row.owner, row.wake_at) == (None, NOW + 7)

    await store.release(ME, {"a": NOW + 99})
    assert (await store.row("a")).wake_at == NOW + 7


async def test_nothing_is_given_back(store):
    await join(store)

    await store.release(ME, {})


@pytest.mark.parametrize("wake_at", [None, NOW + 1000])
async def test_a_saga_with_mail_waiting_is_given_back_to_be_claimed_at_once(store, wake_at):
    await given(store, "a")
    await store.post(mail_to("a"))

    await store.release(ME, {"a": wake_at})

    assert (await store.row("a")).wake_at == 0
    assert ids(await store.claim(ME, now=NOW, limit=1)) == ["a"]


async def test_mail_that_was_dealt_with_wakes_nobody(store):
    await given(store, "a")
    taken, refused = await store.post(mail_to("a")), await store.post(mail_to("a"))
    await committed(store, Write("a", step(2), answers=taken))
    await store.refuse(refused, "no")

    await store.release(ME, {"a": None})

    assert await store.claim(ME, now=NOW, limit=1) == []


async def test_a_saga_that_comes_to_rest_with_mail_waiting_is_to_be_claimed_at_once(store):
    await given(store, "a", "b")
    await store.post(mail_to("a", "who reads this?"))

    await committed(store, end("a", 2, "failed"), end("b", 2, "failed"))

    assert ids(await store.claim(ME, now=NOW, limit=9)) == ["a"]


async def test_the_mail_that_an_event_answers_wakes_nobody_though_the_saga_rests_with_it(store):
    await given(store, "a")
    letter = await store.post(mail_to("a"))

    await committed(store, end("a", 2, "failed", answers=letter))

    assert await store.claim(ME, now=NOW, limit=9) == []
    assert (await store.row("a")).wake_at is None


async def test_a_row_says_whose_the_saga_is_and_when_it_is_to_be_taken_up(store):
    await join(store, ME, YOU)
    await committed(store, first("a", owner=None, wake_at=NOW + 5), first("b", owner=None))

    assert await store.claim(YOU, now=NOW, limit=9) == []
    assert ids(await store.claim(YOU, now=NOW + 5, limit=9)) == ["a"]

    await committed(store, Write("b", step(2), a_row("b", owner=YOU)))
    assert (await store.row("b")).owner == YOU
    await store.leave(YOU)
    assert sorted(ids(await store.claim(ME, now=NOW, limit=9))) == ["a", "b"]


async def test_a_saga_can_be_claimed_and_given_back_for_ever(store):
    await free_sagas(store, a=0.0)

    for n in range(100):
        (row,) = await store.claim(YOU, now=NOW, limit=1)
        assert row.id == "a"
        await store.release(YOU, {"a": NOW + 1000})
        assert await store.claim(YOU, now=NOW, limit=1) == []
        await store.claim_one(YOU, "a")
        await store.release(YOU, {"a": float(n)})


async def test_two_that_claim_at_the_same_time_never_get_the_same(store, another):
    await free_sagas(store, **{f"s{n:03}": NOW - n for n in range(120)})

    async def claims(one, engine):
        return [ids(await one.claim(engine, now=NOW, limit=4)) for _ in range(20)]

    results = await asyncio.gather(*(claims(one, who) for one, who in ((store, ME), (another, YOU)) for _ in range(2)))

    claimed = list(chain.from_iterable(chain.from_iterable(results)))
    assert sorted(claimed) == [f"s{n:03}" for n in range(120)]


async def test_of_two_that_claim_one_saga_at_the_same_time_one_becomes_its_owner(store, another):
    await free_sagas(store, **{f"s{n}": None for n in range(20)})

    for n in range(20):
        mine, yours = await asyncio.gather(store.claim_one(ME, f"s{n}"), another.claim_one(YOU, f"s{n}"))
        assert mine == yours == await store.row(f"s{n}")
        assert mine.owner in {ME, YOU}
