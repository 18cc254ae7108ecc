"""Mail: it comes once, to whoever owns the saga, and whoever sent it learns what became of it."""

import pytest

from sagadsl.runtime.store.contract import Answer, Letter, UnknownSagaError, Write
from tests.runtime.store.writing import ME, NOW, YOU, committed, end, first, given, ids, join, mail_to, more, step


async def test_mail_waits_for_the_saga_until_it_is_dealt_with(store, another):
    await given(store, "a", "b")

    letters = [await another.post(mail_to(saga, {"n": n})) for n, saga in enumerate("aba")]

    assert letters == sorted(set(letters))
    expected = [Letter(letter, saga, {"n": n}) for n, (letter, saga) in enumerate(zip(letters, "aba", strict=True))]
    assert await store.letters(ME) == expected
    assert await store.letters(ME, 2) == expected[:2]
    assert [await store.answer(letter) for letter in letters] == [None] * 3

    await committed(store, more("a", 2, answers=letters[0]))
    await store.refuse(letters[1], "not now")

    assert await store.letters(ME) == expected[2:]
    assert [await another.answer(letter) for letter in letters] == [Answer(), Answer("not now"), None]


async def test_what_became_of_a_letter_first_stands(store):
    await given(store, "a")
    taken, refused = await store.post(mail_to("a")), await store.post(mail_to("a"))
    await committed(store, more("a", 2, answers=taken))
    await store.refuse(refused, "no")

    await store.refuse(taken, "too late")
    await store.refuse(refused, "another reason")
    await committed(store, more("a", 3, answers=refused))

    assert await store.answer(taken) == Answer()
    assert await store.answer(refused) == Answer("no")


async def test_a_letter_that_nobody_knows_any_more_was_taken(store):
    await given(store, "a")
    letter = await store.post(mail_to("a"))
    await committed(store, end("a", 2, answers=letter))
    await store.delete("a")

    assert await store.answer(letter) == Answer()
    await store.refuse(letter, "nobody reads this")


async def test_mail_is_read_by_the_owner_alone(store):
    await given(store, "mine")
    await join(store, YOU)
    await committed(store, first("yours", owner=YOU), engine=YOU)
    for saga in ("mine", "yours"):
        await store.post(mail_to(saga))

    assert [letter.saga_id for letter in await store.letters(ME)] == ["mine"]

    await store.leave(ME)
    await store.claim(YOU, now=NOW, limit=9)
    assert [letter.saga_id for letter in await store.letters(YOU)] == ["mine", "yours"]
    assert await store.letters(ME) == []


async def test_there_is_no_mail_to_a_saga_that_is_not_there(store):
    await join(store)

    with pytest.raises(UnknownSagaError):
        await store.post(mail_to("nobody"))

    await committed(store, first("a", mail=[mail_to("nobody"), mail_to("a", "kept")]))
    assert [(letter.saga_id, letter.body) for letter in await store.letters(ME)] == [("a", "kept")]


@pytest.mark.parametrize("wake_at", [None, NOW + 1000])
async def test_mail_wakes_a_saga_that_nobody_owns(store, wake_at):
    await given(store, "posted", "told", "quiet", "teller")
    await store.release(ME, dict.fromkeys(("posted", "told", "quiet"), wake_at))

    await store.post(mail_to("posted"))
    await committed(store, more("teller", 2, mail=[mail_to("told")]))

    assert (await store.row("posted")).wake_at == (await store.row("told")).wake_at == 0
    assert sorted(ids(await store.claim(ME, now=NOW, limit=9))) == ["posted", "told"]


async def test_mail_to_a_saga_that_is_at_work_changes_nothing_of_its_row(store):
    await given(store, "a")
    before = await store.row("a")

    await store.post(mail_to("a"))

    assert await store.row("a") == before


async def test_mail_that_comes_with_events_keeps_their_order(store):
    await given(store, "a", "b", "c")

    await committed(
        store,
        more("a", 2, mail=[mail_to("c", 1), mail_to("b", 2)]),
        more("b", 2, mail=[mail_to("c", 3)]),
        more("a", 3, mail=[mail_to("c", 4), mail_to("c", 4)]),
    )

    assert [letter.body for letter in await store.letters(ME)] == [1, 2, 3, 4, 4]


async def test_a_saga_may_be_told_of_by_the_batch_that_begins_it(store):
    await join(store)

    await committed(store, first("child"), first("parent", mail=[mail_to("child")]))

    assert [letter.saga_id for letter in await store.letters(ME)] == ["child"]


async def test_a_letter_is_answered_with_the_event_that_it_led_to_or_not_at_all(store):
    await given(store, "a")
    letter = await store.post(mail_to("a"))

    refusals = await store.commit(ME, [Write("a", step(7), answers=letter)])

    assert refusals != [None]
    assert await store.answer(letter) is None
    assert [each.id for each in await store.letters(ME)] == [letter]


async def test_answering_a_letter_that_is_not_there_is_harmless(store):
    await given(store, "a")

    await committed(store, more("a", 2, answers=987_654))

    assert len(await store.events("a")) == 2
