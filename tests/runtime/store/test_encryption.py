"""A store with keys: only those who have one read it, and its file tells nobody else anything."""

import base64
import contextlib
import json
import sqlite3
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagadsl.machine.events import Failure, StepFailed
from sagadsl.runtime.store.contract import IdTaken, Mail, StoreError
from sagadsl.runtime.store.encryption import MARK, Keys, keys_from, new_key
from sagadsl.runtime.store.opening import open_store
from tests.runtime.store.writing import ME, a_row, committed, first, join, more, started

OLD, NEW = new_key(), new_key()
SECRET = "4111111111111111"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "saga.db"


@pytest.fixture
def opened(path, monkeypatch):
    """Opens the test's store with keys, or with none."""
    stores = []

    async def with_keys(*keys):
        monkeypatch.setenv("SAGADSL_KEYS", ",".join(keys))
        store = open_store(f"sqlite:///{path}")
        await store.open()
        stores.append(store)
        return store

    return with_keys


def content(path):
    """All the bytes that a store has on the disk."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


async def filled(store):
    """A saga that has a secret in its input, an output, an error, a letter and the mail to another saga."""
    await join(store)
    error = Failure("Declined", f"card {SECRET} was declined")
    failed = StepFailed("charge", 1, error, seq=3, at=1.0)
    letter = Mail("b", {"event": {"payload": SECRET}})
    row = a_row("a", status="failed", owner=None, error_code="Declined", error_message=error.message)
    await committed(
        store,
        first("b", status="running"),
        first("a", started(input={"card": SECRET})),
        more("a", 2, {"echo": [SECRET]}),
        type(first("a"))("a", failed, row, [letter]),
    )
    await store.post(Mail("b", {"event": {"payload": [SECRET]}}))


async def all_of(store):
    return (
        await store.histories(["a", "b"]),
        await store.events("a"),
        [each.body for each in await store.letters(ME)],
        (await store.list()).sagas,
        await store.row("a"),
        await store.stale(2_000_000_000.0),
        await store.owned(ME),
    )


async def test_whoever_has_the_key_reads_all_of_it_and_the_file_has_nothing_of_it(opened, path):
    store = await opened(OLD)
    await filled(store)

    _, events, letters, rows, row, stale, _ = await all_of(store)
    await store.close()

    assert events[0].input == {"card": SECRET}
    assert events[2].error.message == row.error_message == f"card {SECRET} was declined"
    assert letters == [{"event": {"payload": SECRET}}, {"event": {"payload": [SECRET]}}]
    assert {each.error_message for each in (*rows, *stale)} == {None, row.error_message}
    assert SECRET.encode() not in content(path)


async def test_without_keys_the_secret_would_be_there(opened, path):
    store = await opened()
    await filled(store)
    await store.close()

    assert SECRET.encode() in content(path)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ((), "saga.db.*is encrypted: set SAGADSL_KEYS to the keys that it was written with"),
        ((NEW,), r"saga.db.*is encrypted with another key \([0-9a-f]{8}\): add it to SAGADSL_KEYS"),
    ],
)
async def test_opening_it_with_no_key_or_another_one_is_refused_at_once(opened, keys, message):
    store = await opened(OLD)
    await filled(store)
    await store.close()

    with pytest.raises(StoreError, match=message):
        await opened(*keys)


async def test_what_was_written_before_there_was_a_key_can_still_be_read(opened):
    store = await opened()
    await filled(store)
    before = await all_of(store)
    await store.close()

    store = await opened(OLD)

    assert await all_of(store) == before
    await store.close()


async def test_keys_rotate_while_all_stays_readable(opened, path):
    store = await opened(OLD)
    await filled(store)
    before = await all_of(store)
    await store.close()

    store = await opened(NEW, OLD)
    assert await all_of(store) == before
    count = await store.rotate()
    again = await store.rotate()
    await store.close()
    store = await opened(NEW)

    assert (count, again) == (4 + 2 + 1, 0)  # events, letters, and the message of an error
    assert await all_of(store) == before
    await store.close()


async def test_rotating_encrypts_what_was_not_and_leaves_nothing_of_it_in_the_file(opened, path):
    store = await opened()
    await filled(store)
    before = await all_of(store)
    await store.close()

    store = await opened(OLD)
    heard = []
    count = await store.rotate(heard.append)
    assert await all_of(store) == before
    await store.close()

    assert (count, heard[-1]) == (7, 7)
    assert SECRET.encode() not in content(path)


async def test_keys_rotate_on_postgresql_too(databases, monkeypatch):
    with contextlib.ExitStack() as exits:
        url = await databases.new("postgres", exits)
        monkeypatch.setenv("SAGADSL_KEYS", OLD)
        store = open_store(url)
        await store.open()
        await filled(store)
        before = await all_of(store)
        await store.close()

        monkeypatch.setenv("SAGADSL_KEYS", f"{NEW},{OLD}")
        store = open_store(url)
        await store.open()
        counts = [await store.rotate(), await store.rotate()]
        await store.close()
        monkeypatch.setenv("SAGADSL_KEYS", NEW)
        store = open_store(url)
        await store.open()

        assert counts == [7, 0]
        assert await all_of(store) == before
        await store.close()


async def test_rotating_goes_through_more_rows_than_are_turned_at_once(opened, monkeypatch):
    monkeypatch.setattr("sagadsl.runtime.store.sql.rotating.AT_ONCE", 7)
    store = await opened(OLD)
    await join(store)
    await committed(store, *(first(f"saga-{number:02}") for number in range(20)))
    await committed(store, *(more(f"saga-{number:02}", seq) for number in range(20) for seq in (2, 3)))
    await store.close()

    store = await opened(NEW, OLD)

    assert await store.rotate() == 60
    await store.close()


async def test_rotating_without_the_old_key_is_refused(opened, path):
    store = await opened(OLD)
    await filled(store)
    await store.close()
    with sqlite3.connect(path) as connection:  # what is looked at on opening can be read
        connection.execute("DELETE FROM sagadsl_events WHERE saga_id = 'b' OR seq != 2")
        connection.execute("UPDATE sagadsl_events SET data = '{}' WHERE saga_id = 'a'")

    store = await opened(NEW)

    with pytest.raises(StoreError, match="encrypted with another key"):
        await store.rotate()
    await store.close()


async def test_an_event_that_is_written_twice_is_no_refusal_even_with_a_new_key(opened):
    store = await opened(OLD)
    await filled(store)
    await store.close()

    store = await opened(NEW, OLD)

    assert await store.commit(ME, [more("a", 2, {"echo": [SECRET]})]) == [None]
    assert len(await store.events("a")) == 3
    await store.close()


async def test_a_refusal_that_shows_a_row_shows_it_as_it_was(opened):
    store = await opened(OLD)
    await filled(store)

    (refusal,) = await store.commit(ME, [first("a", started(input={"card": "another"}))])

    assert refusal == IdTaken(await store.row("a"))
    await store.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE sagadsl_events SET saga_id = 'c' WHERE saga_id = 'a'", id="another saga's"),
        pytest.param("UPDATE sagadsl_events SET data = substr(data, 1, length(data) - 8) || 'AAAAAAA='", id="changed"),
        pytest.param("UPDATE sagadsl_events SET data = substr(data, 1, 20)", id="cut"),
    ],
)
async def test_what_somebody_has_changed_is_found(opened, path, change):
    store = await opened(OLD)
    await filled(store)
    await store.close()
    with sqlite3.connect(path) as connection:
        connection.execute(change)

    with pytest.raises(StoreError, match="has been changed; restore it from a backup"):
        await (await opened(OLD)).histories(["a", "c"])


@pytest.mark.parametrize(
    "text", ["secret", "x" * 88, base64.b64encode(b"x" * 63).decode(), f"{OLD},short", "ключ", f"{OLD}{NEW}"]
)
def test_what_is_no_key_is_told_and_not_repeated(text):
    with pytest.raises(StoreError, match=r"SAGADSL_KEYS: key [12] is no key; `sagadsl db new-key` makes one") as told:
        keys_from(text)

    assert text not in str(told.value)


@pytest.mark.parametrize("text", [None, "", " , "])
def test_no_keys_are_no_keys(text):
    assert keys_from(text) is None


KEYS = Keys([base64.urlsafe_b64decode(OLD)])


@given(text=st.text(), place=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back_and_is_the_same_each_time(text, place):
    sealed = KEYS.seal(text, place)

    assert KEYS.open(sealed, place) == text
    assert KEYS.seal(text, place) == sealed
    assert sealed.isascii()
    assert sealed.startswith(MARK)


@given(text=st.text(), place=st.text(string.ascii_letters), other=st.text(string.ascii_letters))
def test_no_text_can_be_read_as_another_sagas(text, place, other):
    if place != other:
        with pytest.raises(StoreError):
            KEYS.open(KEYS.seal(text, place), other)


words = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40)
some = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@some
@given(data=st.recursive(words, lambda more: st.lists(more, min_size=1) | st.dictionaries(words, more, min_size=1)))
async def test_whatever_goes_in_comes_out_and_none_of_it_is_in_the_file(opened, path, data):
    for each in path.parent.iterdir():
        each.unlink()
    store = await opened(OLD)
    await join(store)
    await committed(store, first("a", started(input={"data": data})), more("a", 2, data))

    read = await store.events("a")
    await store.close()

    assert [read[0].input, read[1].output] == [{"data": data}, data]
    kept = content(path)
    assert not [word for word in _words(json.loads(json.dumps(data))) if word.encode() in kept]


def _words(data):
    match data:
        case dict():
            return [word for key, value in data.items() for word in (key, *_words(value))]
        case list():
            return [word for value in data for word in _words(value)]
    return [data]
