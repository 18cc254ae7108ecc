"""Sagas that wait for long are not held in memory, and come back when their time comes, or when something does."""

import asyncio

import pytest

from sagadsl import Engine, compile_saga, load
from sagadsl.runtime import Key, Limits
from tests.runtime.shops import Shop, eventually

DROWSY = Limits(sleep_after=0.1, poll=0.05, beat=0.1, lease=0.5, grace=0.2)


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture(params=["memory:", "sqlite"])
async def engine(request, saga_db, shop):
    """An engine that soon lets go of sagas that wait."""
    url = request.param if request.param == "memory:" else f"sqlite:///{saga_db}"
    async with Engine(url, shop.services, limits=DROWSY) as engine:
        yield engine


async def begun(engine, *texts, saga_id="s", **kwargs):
    sagas = [compile_saga(load(text)) for text in texts]
    await engine.register(*sagas)
    await engine.start(sagas[0], kwargs, saga_id=saga_id)


async def sleeps(engine, saga_id="s"):
    """Wait until nobody has the saga in memory."""

    async def is_left():
        return (await engine.store.row(saga_id)).owner is None

    await eventually(is_left)


async def test_a_timer_wakes_it(engine):
    await begun(
        engine,
        """
        name: pausing
        states:
          w: {type: wait, for: 900ms, next: b}
          b: {service: s, action: b, kind: read_only, next: end}
          end: {type: succeed}
        """,
    )
    await sleeps(engine)
    row = await engine.store.row("s")
    outcome = await engine.wait("s", timeout=10)

    assert row.wake_at == pytest.approx(outcome.events[0].at + 0.9)
    assert outcome.status == "completed"
    assert outcome.events[1].at - outcome.events[0].at >= 0.9


SIGNALLED = """
name: signalled
key: "order-${input.n}"
input: {type: object, required: [n], properties: {n: {type: integer}}}
timeout: 1h
states:
  w: {type: wait, signal: go, timeout: 1d, next: end}
  end: {type: succeed, output: {said: "${signals.go}"}}
"""


async def test_a_signal_wakes_it(engine):
    await begun(engine, SIGNALLED, n=4)
    await sleeps(engine)
    await engine.signal(Key("signalled", "order-4"), "go", [1, 2])

    assert (await engine.wait("s", timeout=10)).output == {"said": [1, 2]}


async def test_a_report_wakes_it(engine, shop):
    await begun(
        engine,
        """
        name: desk
        states:
          a: {service: s, action: a, callback: true, timeout: 1d, kind: read_only, next: end}
          end: {type: succeed, output: "${states.a.output}"}
        """,
    )
    await sleeps(engine)
    await engine.report("s", "a", {"approved": True})

    assert (await engine.wait("s", timeout=10)).output == {"approved": True}
    assert shop.names == ["a"]


async def test_the_end_of_the_saga_that_it_runs_wakes_it(engine):
    await begun(
        engine,
        """
        name: around
        states:
          inside: {type: saga, saga: inside, next: end}
          end: {type: succeed, output: "${states.inside.output}"}
        """,
        """
        name: inside
        states:
          w: {type: wait, signal: go, next: end}
          end: {type: succeed, output: {said: "${signals.go}"}}
        """,
    )
    await sleeps(engine)
    await sleeps(engine, "s/inside")
    await engine.signal("s/inside", "go", "on")

    assert (await engine.wait("s", timeout=10)).output == {"said": "on"}


async def test_a_lock_that_comes_free_wakes_it(engine):
    text = """
    name: locked
    locks: [the-only-one]
    states:
      w: {type: wait, signal: go, next: a}
      a: {service: s, action: a, kind: read_only, next: end}
      end: {type: succeed}
    """
    await begun(engine, text)
    await eventually(lambda: _is(engine, "s", "running"))
    await begun(engine, text, saga_id="t")
    await sleeps(engine)
    await sleeps(engine, "t")
    assert (await engine.get("t")).status == "created"
    await engine.signal("s", "go")
    await engine.wait("s", timeout=10)
    await engine.signal("t", "go")

    assert (await engine.wait("t", timeout=10)).status == "completed"


async def test_the_saga_s_own_timeout_wakes_it(engine, shop):
    await begun(
        engine,
        """
        name: hasty
        timeout: 900ms
        states:
          a: {service: s, action: a, compensation: undo_a, next: w}
          w: {type: wait, signal: go, next: end}
          end: {type: succeed}
        """,
    )
    await sleeps(engine)
    outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "compensated"
    assert shop.names == ["a", "undo_a"]


async def test_whoever_undoes_it_wakes_it(engine):
    await begun(engine, SIGNALLED, n=5)
    await sleeps(engine)
    await engine.compensate("s", by="ann", why="not needed")

    assert (await engine.wait("s", timeout=10)).status == "compensated"


async def test_signals_that_come_while_it_falls_asleep_are_neither_lost_nor_doubled(engine):
    """Given sagas that fall asleep at any moment, when signals come at any moment, then each comes once."""
    text = """
    name: listening
    states:
      one: {type: wait, signal: one, next: two}
      two: {type: wait, signal: two, next: three}
      three: {type: wait, signal: three, next: end}
      end: {type: succeed}
    """
    numbers = range(30)
    for number in numbers:
        await begun(engine, text, saga_id=f"s{number}")

    async def tell(number):
        for name in ("one", "two", "three"):
            await asyncio.sleep(0.1 + number * 0.004)  # about when it falls asleep
            await engine.signal(f"s{number}", name)

    await asyncio.gather(*(tell(number) for number in numbers))
    outcomes = [await engine.wait(f"s{number}", timeout=20) for number in numbers]

    assert {outcome.status for outcome in outcomes} == {"completed"}
    assert {len(outcome.events) for outcome in outcomes} == {4}


async def _is(engine, saga_id, status):
    return (await engine.get(saga_id)).status == status
