"""Sagas go on where they were when their engine is closed or dies, in whatever they were just doing."""

import asyncio

from tests.runtime.leaving import Story
from tests.runtime.shops import Shop, eventually

FIVE = """
name: five
steps:
  - {id: a, service: s, action: a, compensation: undo_a}
  - {id: b, service: s, action: b, compensation: undo_b}
  - {id: c, service: s, action: c, compensation: undo_c}
"""


async def test_a_call_that_was_under_way_is_made_again_with_the_same_key(leaving):
    shop = Shop(b="hangs")
    story = await Story(leaving, shop, FIVE).begun()
    await story.until(lambda: "b" in shop.names)
    async with await story.gone_on() as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert shop.names == ["a", "b", "b", "c"]
    assert shop.keys == ["s/a", "s/b", "s/b", "s/c"]
    assert [call.attempt for call in shop.calls] == [1, 1, 1, 1]


async def test_a_retry_that_was_waited_for_is_made_when_its_time_comes(leaving):
    text = FIVE.replace("action: b,", "action: b, retry: {max_attempts: 3, initial_delay: 700ms},")
    shop = Shop(b=["fails"])
    story = await Story(leaving, shop, text).begun()
    await story.until(lambda: "b" in shop.names)
    await asyncio.sleep(0.1)
    async with await story.gone_on() as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert [(call.name, call.attempt) for call in shop.calls] == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]
    failed, again = outcome.events[2], outcome.events[3]
    assert again.at - failed.at >= 0.7


async def test_a_saga_that_undoes_goes_on_undoing_what_is_left(leaving):
    shop = Shop(c=["fails"], undo_a="hangs")
    story = await Story(leaving, shop, FIVE).begun()
    await story.until(lambda: "undo_a" in shop.names)
    async with await story.gone_on() as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "compensated"
    assert shop.names == ["a", "b", "c", "undo_b", "undo_a", "undo_a"]
    assert shop.keys[-2:] == ["s/a/compensate"] * 2


WAITING = """
name: waiting
key: "order-${input.n}"
start: a
states:
  a: {service: s, action: a, kind: read_only, next: w}
  w: {type: wait, signal: go, timeout: 1d, next: b}
  b: {service: s, action: b, kind: read_only, next: end}
  end: {type: succeed, output: {said: "${signals.go}"}}
"""


async def test_a_saga_that_waits_for_a_signal_gets_it_from_the_next_engine(leaving):
    shop = Shop()
    story = await Story(leaving, shop, WAITING.replace('key: "order-${input.n}"\n', "")).begun()
    await story.until(lambda: "a" in shop.names)
    await asyncio.sleep(0.1)
    async with await story.gone_on() as engine:
        await engine.signal("s", "go", "yes")
        outcome = await engine.wait("s", timeout=10)

    assert (outcome.status, outcome.output) == ("completed", {"said": "yes"})
    assert shop.names == ["a", "b"]


async def test_a_saga_that_waits_for_time_to_pass_waits_for_what_is_left_of_it(leaving):
    text = """
    name: pausing
    states:
      w: {type: wait, for: 800ms, next: b}
      b: {service: s, action: b, kind: read_only, next: end}
      end: {type: succeed}
    """
    shop = Shop()
    story = await Story(leaving, shop, text).begun()
    await asyncio.sleep(0.1)
    async with await story.gone_on() as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert 0.8 <= outcome.events[1].at - outcome.events[0].at < 5


LOCKED = """
name: locked
locks: [the-only-one]
steps: [{id: a, service: s, action: a, kind: read_only}]
"""


async def test_a_saga_that_waits_for_a_lock_gets_it_once_the_one_before_it_has_ended(leaving):
    shop = Shop(a="hangs")
    story = await Story(leaving, shop, LOCKED).begun()
    await story.before.start("locked", {}, saga_id="t")
    await story.until(lambda: "a" in shop.names)
    await asyncio.sleep(0.1)
    assert (await story.before.get("t")).status == "created"
    async with await story.gone_on() as engine:
        first, second = [await engine.wait(each, timeout=10) for each in ("s", "t")]

    assert first.status == second.status == "completed"
    assert shop.keys == ["s/a", "s/a", "t/a"]
    assert first.events[-1].at <= second.events[1].at


async def test_of_branches_only_those_that_were_under_way_are_called_again(leaving):
    text = """
    name: branches
    states:
      both:
        type: parallel
        branches:
          left: {steps: [{id: a, service: s, action: a, compensation: undo_a}]}
          right: {steps: [{id: b, service: s, action: b, compensation: undo_b}, {id: c, service: s, action: c, kind: read_only}]}
        next: end
      end: {type: succeed}
    """
    shop = Shop(b="hangs")
    story = await Story(leaving, shop, text).begun()
    await story.until(lambda: {"a", "b"} <= set(shop.names))
    await asyncio.sleep(0.1)
    async with await story.gone_on() as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert sorted(shop.names) == ["a", "b", "b", "c"]


async def test_of_a_map_only_the_items_that_were_under_way_are_called_again(leaving):
    text = """
    name: items
    states:
      each: {type: map, items: "[1, 2, 3]", steps: [{id: a, service: s, action: a, payload: {n: "${item}"}, kind: read_only}], next: end}
      end: {type: succeed}
    """
    shop = Shop(a=["works", "hangs", "works"])
    story = await Story(leaving, shop, text).begun()
    await story.until(lambda: len(shop.calls) == 3)
    await asyncio.sleep(0.1)
    async with await story.gone_on() as engine:
        assert (await engine.wait("s", timeout=10)).status == "completed"

    assert sorted(shop.keys) == ["s/a/0", "s/a/1", "s/a/1", "s/a/2"]


PARENT = """
name: parent
states:
  child: {type: saga, saga: child, next: b}
  b: {service: s, action: b, compensation: undo_b, next: end}
  end: {type: succeed}
"""
CHILD = "{name: child, steps: [{id: a, service: s, action: a, compensation: undo_a}]}"


async def test_a_saga_inside_a_saga_goes_on_and_so_does_the_one_around_it(leaving):
    shop = Shop(a="hangs")
    story = await Story(leaving, shop, PARENT, CHILD).begun()
    await story.until(lambda: "a" in shop.names)
    async with await story.gone_on() as engine:
        await engine.register(*story.sagas)
        outcome = await engine.wait("s", timeout=10)
        child = await engine.get("s/child")

    assert (outcome.status, child.status) == ("completed", "completed")
    assert shop.keys == ["s/child/a", "s/child/a", "s/b"]


async def test_a_saga_inside_a_saga_is_undone_to_its_end(leaving):
    shop = Shop(b=["fails"], undo_a="hangs")
    story = await Story(leaving, shop, PARENT, CHILD).begun()
    await story.until(lambda: "undo_a" in shop.names)
    async with await story.gone_on() as engine:
        outcome = await engine.wait("s", timeout=10)
        child = await engine.get("s/child")

    assert (outcome.status, child.status) == ("compensated", "compensated")
    assert shop.names == ["a", "b", "undo_a", "undo_a"]


async def test_a_callback_step_is_reported_to_the_next_engine(leaving):
    text = """
    name: desk
    states:
      a: {service: s, action: a, callback: true, timeout: 1d, kind: read_only, next: end}
      end: {type: succeed, output: "${states.a.output}"}
    """
    shop = Shop()
    story = await Story(leaving, shop, text).begun()
    await eventually(lambda: _status(story.before, "s", "a"), "waiting")
    async with await story.gone_on() as engine:
        await engine.report("s", "a", {"approved": True})
        outcome = await engine.wait("s", timeout=10)

    assert (outcome.status, outcome.output) == ("completed", {"approved": True})
    assert shop.names == ["a"]


async def test_a_saga_that_has_failed_waits_for_a_person_and_is_retried_by_the_next_engine(leaving):
    text = "{name: failing, steps: [{id: a, service: s, action: a, kind: read_only, on_failure: fail}]}"
    shop = Shop(a=["fails"])
    story = await Story(leaving, shop, text).begun()
    assert (await story.before.wait("s", timeout=10)).status == "failed"
    async with await story.gone_on() as engine:
        assert (await engine.get("s")).status == "failed"
        await engine.retry("s", by="ann")
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert shop.names == ["a", "a"]


async def test_a_saga_that_is_told_something_before_it_was_taken_up_again_takes_it(leaving):
    """Given a saga whose engine has died, when somebody undoes it in the first moment, then it is undone."""
    shop = Shop(b="hangs")
    story = await Story(leaving, shop, FIVE).begun()
    await story.until(lambda: "b" in shop.names)
    async with await story.gone_on() as engine:
        await engine.compensate("s", by="ann", why="as soon as it is there")
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "compensated"
    assert outcome.error.code == "Cancelled"


async def test_a_start_that_was_acknowledged_is_there_and_starting_again_starts_nothing(leaving):
    shop = Shop(b="hangs")
    story = await Story(leaving, shop, FIVE, WAITING).begun()
    await story.before.start("waiting", {"n": 7}, saga_id="w")
    await story.until(lambda: "b" in shop.names)
    async with await story.gone_on() as engine:
        await engine.register(*story.sagas)
        assert await engine.start("five", {}, saga_id="s") == "s"
        assert await engine.start("waiting", {"n": 7}) == "w"
        assert await engine.start("waiting", {"n": 8}, saga_id="v") == "v"
        assert len((await engine.list()).sagas) == 3
        assert (await engine.wait("s", timeout=10)).status == "completed"


async def test_many_sagas_go_on_at_once(leaving):
    shop = Shop(b="hangs")
    story = await Story(leaving, shop, FIVE).begun()
    for number in range(100):
        await story.before.start("five", {"n": number}, saga_id=f"s{number}")
    await story.until(lambda: shop.names.count("b") == 101)
    async with await story.gone_on() as engine:
        outcomes = [await engine.wait(f"s{number}", timeout=30) for number in range(100)]

    assert {outcome.status for outcome in outcomes} == {"completed"}
    assert shop.names.count("a") == 101
    assert shop.names.count("b") == 202


async def _status(engine, saga_id, state):
    return next(step.status for step in (await engine.get(saga_id)).steps if step.state == state)
