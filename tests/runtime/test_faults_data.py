"""Data that databases do not like: it goes through them as it is, or is refused before anything has happened."""

import pytest

from sagadsl import Engine, Services, compile_saga, load
from sagadsl.runtime import ActionError, Key, Limits
from tests.runtime.store.postgres import new_database, postgres_server

ODD = {
    "a character of four bytes": "🦆",
    "what looks like SQL": "'; DROP TABLE sagadsl_sagas; --",
    "what looks like a place for a value": "%s :x ? {} %(y)s",
    "a long text": "x" * 300_000,
    "an empty text": "",
    "a large number": 2**63 - 1,
    "a small number": 5e-324,
    "minus zero": -0.0,
    "many levels": None,
}
ODD["many levels"] = []
for _ in range(60):
    ODD["many levels"] = [ODD["many levels"]]

TEXT = """
name: odd
key: "${input.key}"
input: {type: object, required: [key], properties: {key: {type: string}}}
states:
  a: {service: s, action: a, kind: read_only, next: b}
  b: {service: s, action: b, kind: read_only, on_failure: continue, next: w}
  w: {type: wait, signal: go, next: end}
  end: {type: succeed, output: {a: "${states.a.output}", w: "${signals.go}"}}
"""


@pytest.fixture(scope="module")
def server():
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "postgres":
        with new_database(request.getfixturevalue("server")) as url:
            yield url
    else:
        yield "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'saga.db'}"


async def test_odd_data_come_back_as_they_went_and_the_engine_goes_on(url):
    services = Services()
    answer = None

    @services.action("s.a")
    async def a():
        return {"odd": answer}

    @services.action("s.b")
    async def b():
        raise ActionError(f"Odd{answer}"[:200], f"{answer} \0 \ud800"[:2000], retryable=False)

    async with Engine(url, services, limits=Limits(poll=0.05)) as engine:
        for what, answer in ODD.items():
            saga_id = f"the saga of {what} 🦆"
            key = f"key of {answer if what.startswith('what') else what} 🦆"
            await engine.start(compile_saga(load(TEXT)), {"key": key}, saga_id=saga_id)
            await engine.signal(Key("odd", key), "go", answer)
            outcome = await engine.wait(saga_id, timeout=10)
            assert outcome.status == "completed", what
            assert outcome.output == {"a": {"odd": answer}, "w": answer}, what
            assert outcome.steps[1].status == "failed", what
            assert (await engine.list(limit=1)).sagas[0].key == key, what


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), b"bytes", {1: 2}, 2**63, object()], ids=repr)
async def test_what_is_no_json_fails_the_step_and_nothing_else(url, answer):
    services = Services()
    services.action("s.a")(lambda: {"odd": answer})
    saga = compile_saga(load("{name: n, steps: [{id: a, service: s, action: a, kind: read_only}]}"))
    async with Engine(url, services) as engine:
        outcome = await engine.run(saga, {})

    assert (outcome.status, outcome.error.code) == ("compensated", "InvalidOutput")


@pytest.mark.parametrize("text", ["a\0b", "half of \ud800"], ids=ascii)
async def test_text_that_is_none_is_refused_at_the_door_and_the_saga_goes_on(url, text):
    services = Services()

    @services.action("s.a")
    @services.action("s.b")
    async def nothing():
        return {}

    async with Engine(url, services) as engine:
        await engine.register(compile_saga(load(TEXT)))
        with pytest.raises(ValueError, match="character"):
            await engine.start("odd", {"key": text})
        with pytest.raises(ValueError, match="character"):
            await engine.start("odd", {"key": "k"}, saga_id=text)
        await engine.start("odd", {"key": "k"}, saga_id="s")
        with pytest.raises(ValueError, match="character"):
            await engine.signal("s", "go", {"deep": [text]})
        await engine.signal("s", "go", "well")

        assert (await engine.wait("s", timeout=10)).output == {"a": {}, "w": "well"}
