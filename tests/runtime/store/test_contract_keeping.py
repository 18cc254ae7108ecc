"""Keeping house: definitions, and removing what is over."""

import pytest

from sagadsl.runtime.store.contract import StoredDefinition, UnknownSagaError
from tests.runtime.store.writing import ME, NOW, committed, end, first, given, ids, join, mail_to, more, seen

ONE = StoredDefinition("order", "1", "hash-1", "name: order # é\n", NOW)
TWO = StoredDefinition("order", "2", "hash-2", "name: order\n", NOW + 2)
OTHER = StoredDefinition("invoice", "1", "hash-3", "name: invoice\n", NOW + 1)


async def test_definitions_are_kept_and_the_last_one_is_first(store, another):
    for definition in (ONE, OTHER, TWO):
        await store.save_definition(definition)

    assert [*await another.definitions()] == [TWO, OTHER, ONE]
    assert [*await another.definitions("order")] == [TWO, ONE]
    assert [*await another.definitions("nothing")] == []
    assert await another.definition("hash-1") == ONE
    assert await another.definition("hash-9") is None


async def test_a_definition_that_is_there_already_is_saved_once(store, another):
    await store.save_definition(ONE)
    await another.save_definition(ONE)
    await another.save_definition(StoredDefinition("order", "1", "hash-1", ONE.text, NOW + 50))

    assert [each.text for each in await store.definitions()] == [ONE.text]


async def test_one_version_may_have_several_texts(store):
    changed = StoredDefinition("order", "1", "hash-4", "name: order # changed\n", NOW + 9)
    for definition in (ONE, changed):
        await store.save_definition(definition)

    assert [*await store.definitions("order")] == [changed, ONE]


async def test_the_text_is_kept_for_as_long_as_there_are_sagas_of_it(store):
    await store.save_definition(ONE)
    await given(store, "a", "b")
    await committed(store, end("a", 2))

    await store.delete("a")

    assert await store.definition("hash-1") == ONE


@pytest.mark.parametrize("status", ["completed", "compensated"])
async def test_a_final_saga_is_deleted_with_everything_about_it(store, status):
    await given(store, "a", "b", key=None)
    await store.lock(ME, "b", ["x"])
    before = await seen(store)
    await committed(store, first("gone", key="k"), more("gone", 2), end("gone", 3, status, key="k"))
    await store.refuse(await store.post(mail_to("gone")), "no")
    await store.post(mail_to("gone", "never read"))

    await store.delete("gone")

    assert await seen(store) == before
    assert await store.find_key("order", "k") is None
    for look in (store.row, store.events):
        with pytest.raises(UnknownSagaError):
            await look("gone")
    assert await store.claim(ME, now=NOW, limit=9) == []


async def test_an_id_can_be_used_again_after_its_saga_was_deleted(store):
    await given(store, "a", key="k")
    await store.post(mail_to("a", "old"))
    await committed(store, end("a", 2, key="k"))
    await store.delete("a")

    await committed(store, first("a", key="k"))

    assert [event.seq for event in await store.events("a")] == [1]
    assert await store.letters(ME) == []


@pytest.mark.parametrize("status", ["created", "running", "failed", "compensating", "compensation_failed", "retrying"])
async def test_a_saga_that_is_not_final_is_not_deleted(store, status):
    await given(store, "a")
    await committed(store, end("a", 2, status))
    before = await seen(store)

    with pytest.raises(ValueError, match=status):
        await store.delete("a")

    assert await seen(store) == before


async def test_a_saga_that_is_not_there_cannot_be_deleted(store):
    with pytest.raises(UnknownSagaError):
        await store.delete("nobody")


async def test_of_many_sagas_those_that_are_final_are_deleted_and_said(store):
    await given(store, "a", "b", "c", "d", "e'é")
    await committed(store, end("a", 2), end("b", 2, "failed"), end("d", 2), end("e'é", 2, "compensated"))

    assert sorted(await store.delete_many(["e'é", "a", "b", "c", "nobody", "a"])) == ["a", "e'é"]

    assert sorted(ids((await store.list()).sagas)) == ["b", "c", "d"]
    assert [*await store.delete_many(["a"])] == [*await store.delete_many([])] == []
    with pytest.raises(UnknownSagaError):
        await store.events("a")


async def test_what_ended_long_ago_is_purged_the_oldest_first(store):
    await join(store)
    ends = {"a": NOW - 10, "b": NOW - 30, "c": NOW - 20, "young": NOW + 5, "failed": NOW - 90}
    await committed(store, *(first(saga) for saga in (*ends, "running")))
    await committed(
        store,
        *(end(saga, 2, "failed" if saga == "failed" else "completed", ended_at=at) for saga, at in ends.items()),
    )

    assert await store.purge(NOW, 2) == 2
    assert sorted(ids((await store.list()).sagas)) == ["a", "failed", "running", "young"]
    assert await store.purge(NOW) == 1
    assert await store.purge(NOW) == 0
    assert sorted(ids((await store.list()).sagas)) == ["failed", "running", "young"]
    with pytest.raises(UnknownSagaError):
        await store.events("b")


async def test_what_another_saga_has_run_goes_with_that_one_or_after_it(store):
    await given(store, "p")
    await committed(store, first("p/child", parent="p"), end("p/child", 2, parent="p"))

    assert await store.purge(NOW + 1_000_000) == 0
    assert await store.delete_many(["p/child"]) == []
    with pytest.raises(ValueError, match="'p/child' is run by 'p'"):
        await store.delete("p/child")

    await committed(store, end("p", 2))
    assert sorted(await store.delete_many(["p", "p/child"])) == ["p", "p/child"]
