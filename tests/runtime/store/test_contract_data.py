"""Data: whatever JSON holds comes back exactly as it went in, and nothing in it is ever taken for something else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagadsl.language.jsondata import NotJsonError, as_json
from sagadsl.machine.events import Failure, SignalReceived, StepFailed
from sagadsl.runtime.store.contract import Filter, Mail, StoredDefinition, StoreError, UnknownSagaError, Write
from tests.runtime.store.writing import ME, NOW, a_row, committed, end, first, ids, join, mail_to, more, started, step

some = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def nested(levels):
    value = "bottom"
    for level in range(levels):
        value = {"in": value} if level % 2 else [value]
    return value


DATA = {
    "nothing": None,
    "true": True,
    "one": 1,
    "one point nought": 1.0,
    "nought below": -0.0,
    "largest whole number": 2**63 - 1,
    "smallest whole number": -(2**63),
    "beyond 53 bits": 2**53 + 1,
    "huge": 1e308,
    "tiny": 5e-324,
    "a tenth": 0.1,
    "third": 1 / 3,
    "empty": ["", [], {}],
    "empty key": {"": {"": 1}},
    "keys in their order": {"b": 1, "a": 2, "A": 3, "1": 4},
    "emoji": "👩‍👩‍👧‍👦 \U0010ffff é e\u0301 שלום",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x80\u2028\u2029\ufeff\ufffe\uffff",
    "quotes": "'\"`\\''; DROP TABLE sagadsl_sagas; -- %s :name {x} $1 ?",
    "looks like an escape": "\\u0000 \\ud800 \\n",
    "looks like JSON": '{"type": "SagaStarted"}',
    "key like a type": {"type": "LocksAcquired", "seq": 9, "error": {"code": "x"}},
    "nested": nested(50),
    "long text": "é" * 100_000,
    "long list": [*range(10_000)],
    "wide": {f"key {n}": n for n in range(2_000)},
}


def same(one, other):
    """Whether both are the same data down to the type of each number and the order of keys."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("name", DATA)
async def test_data_comes_back_as_it_was(store, another, name):
    data = DATA[name]
    await join(store)

    await committed(store, first("s", started(input=data)), more("s", 2, data, mail=[mail_to("s", data)]))

    begun, stepped = await another.events("s")
    assert same(begun.input, data)
    assert same(stepped.output, data)
    (letter,) = await another.letters(ME)
    assert same(letter.body, data)
    assert same((await store.histories(["s"]))["s"], [begun, stepped])
    await committed(another, more("s", 2, data))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_data = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def unique_names():
    numbers = iter(range(10**9))
    return lambda: f"s{next(numbers)}"


new_name = unique_names()


@given(data=json_data)
@some
async def test_any_data_that_a_saga_may_hold_comes_back_as_it_was(store, data):
    saga = new_name()
    await join(store)

    await committed(store, first(saga, started(input=data)), Write(saga, SignalReceived("go", data, seq=2, at=NOW)))

    begun, signalled = await store.events(saga)
    assert same(begun.input, data)
    assert same(signalled.payload, data)
    await committed(store, first(saga, started(input=data)))


@given(at=st.floats(0, 4e9))
@some
async def test_any_instant_comes_back_as_it_was(store, at):
    saga = new_name()
    await join(store)

    await committed(store, first(saga, started(at=at), created_at=at, updated_at=at, deadline=at, ended_at=at))

    assert (await store.events(saga))[0].at == at
    row = await store.row(saga)
    assert (row.created_at, row.updated_at, row.deadline, row.ended_at) == (at,) * 4


HOSTILE = {
    "emoji": "👩‍👩‍👧‍👦\U0010ffff",
    "quotes": "'\"`\\ -- %s %(x)s :name {x} $1 ? \n\t",
    "like a number": "0012.50",
    "like null": "null",
    "right to left": "\u05e9\u05dc\u05d5\u05dd\u200f",
    "two ways to write": "e\u0301 \u00e9",
    "wild cards": "%_*[a-z]",
    "spaces": "  ",
    "long": "x" * 2_000,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_and_keys_may_have_any_characters_in_them(store, name):
    text = HOSTILE[name]
    await join(store)
    every_field = ("name", "version", "hash", "status", "key", "error_code", "error_message", "error_state", "parent")
    row = a_row(text, **dict.fromkeys(every_field, text))

    await committed(store, Write(text, started(), row), first("decoy", key="x"))

    assert await store.row(text) == row
    assert await store.find_key(text, text) == row
    for field in ("name", "version", "key", "parent", "error_code"):
        assert ids((await store.list(Filter(**{field: text}))).sagas) == [text]
    assert (await store.stats()).by_status == {text: 1, "running": 1}
    assert await store.lock(ME, text, [text])
    assert await store.locks() == {text: text}
    assert await store.post(Mail(text, text))
    await store.release(ME, {text: 0.0})
    assert ids(await store.claim(ME, now=NOW, limit=9, without=["decoy", "%", text + "x"])) == [text]
    page = await store.list(limit=1)
    assert ids(page.sagas + (await store.list(limit=1, after=page.after)).sagas) == sorted(
        [text, "decoy"], reverse=True
    )
    await store.save_definition(StoredDefinition(text, text, text, text, NOW))
    assert (await store.definition(text)).text == text


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("é", "e\u0301"), ("a", "a "), ("k", "k\u200b"), ("ss", "ß")])
async def test_what_looks_alike_is_not_the_same(store, one, other):
    await join(store)

    await committed(store, first(one, key=one), first(other, key=other))

    assert (await store.find_key("order", one)).id == one
    assert (await store.find_key("order", other)).id == other
    assert await store.lock(ME, one, [one])
    assert await store.lock(ME, other, [other])


@pytest.mark.parametrize("text", ["nul \0 in it", "half a character \ud800 in it"], ids=["NUL", "surrogate"])
class TestTextThatCannotBeKept:
    """An engine lets no such text in (`as_json`); from an exception's message it may come all the same."""

    def test_it_is_no_json_data(self, text):
        with pytest.raises(NotJsonError):
            as_json({"x": [text]})

    async def test_in_an_event_it_comes_back_or_is_refused_with_a_clear_word(self, store, text):
        await join(store)
        await committed(store, first("s"), first("other"))
        event = StepFailed("charge", 1, Failure("Broken", text), seq=2, at=NOW)

        await self.kept_or_refused(store, Write("s", event), lambda: store.events("s"), lambda seen: event in seen)

    async def test_in_a_row_it_comes_back_or_is_refused_with_a_clear_word(self, store, text):
        await join(store)
        await committed(store, first("s"), first("other"))
        row = a_row("s", error_message=text, status="failed")

        await self.kept_or_refused(
            store, Write("s", step(2), row), lambda: store.row("s"), lambda seen: seen.status == "failed"
        )

    @staticmethod
    async def kept_or_refused(store, write, look, is_there):
        before = await look()
        try:
            await committed(store, write)
        except (StoreError, ValueError):
            assert await look() == before
        else:
            assert is_there(await look())
        await committed(store, more("other", 2), end("other", 3))

    async def test_there_is_no_saga_of_such_a_name(self, store, text):
        with pytest.raises((UnknownSagaError, StoreError, ValueError)):
            await store.row(text)
