"""What becomes of sagas when the clock of their machine is set back or forward."""

import asyncio
import itertools

import pytest

from sagadsl import Engine, compile_saga, load
from sagadsl.runtime import Limits, SystemClock
from tests.runtime.shops import Shop, eventually

AN_HOUR = 3600.0
QUICK = Limits(lease=1.5, beat=0.5, poll=0.05, sleep_after=0.2, grace=0.5)


class WrongClock(SystemClock):
    """The machine's clock, set by somebody who should not have."""

    wrong_by = 0.0

    def now(self):
        return super().now() + self.wrong_by


@pytest.fixture(params=[-AN_HOUR, AN_HOUR], ids=["back", "forward"])
def leap(request):
    return request.param


@pytest.fixture
def clock():
    return WrongClock()


def times_of(outcome):
    return [event.at for event in outcome.events]


RETRYING = """
name: retrying
steps:
  - {id: a, service: s, action: a, compensation: undo_a}
  - {id: b, service: s, action: b, kind: read_only, retry: {max_attempts: 4, initial_delay: 300ms, multiplier: 1}}
  - {id: c, service: s, action: c, kind: read_only}
"""


async def test_a_retry_does_not_wait_for_the_clock_to_come_round_again(saga_db, clock, leap):
    """Given a saga that retries, when the clock leaps an hour, then it takes no longer, and time does not go back."""
    shop = Shop(b=["fails", "fails", "fails"])
    async with Engine(f"sqlite:///{saga_db}", shop.services, clock=clock, limits=QUICK) as engine:
        await engine.start(compile_saga(load(RETRYING)), {}, saga_id="s")
        await eventually(lambda: "b" in shop.names)
        clock.wrong_by = leap
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert times_of(outcome) == sorted(times_of(outcome))


async def test_a_time_out_of_an_action_is_measured_by_what_really_passes(saga_db, clock, leap):
    text = "{name: hanging, steps: [{id: a, service: s, action: a, compensation: undo_a, timeout: 700ms}]}"
    shop = Shop(a="hangs")
    async with Engine(f"sqlite:///{saga_db}", shop.services, clock=clock, limits=QUICK) as engine:
        await engine.start(compile_saga(load(text)), {}, saga_id="s")
        await eventually(lambda: "a" in shop.names)
        clock.wrong_by = leap
        began = asyncio.get_running_loop().time()
        outcome = await engine.wait("s", timeout=10)

    assert asyncio.get_running_loop().time() - began > 0.3
    assert (outcome.status, outcome.error.code) == ("compensated", "Timeout")
    assert times_of(outcome) == sorted(times_of(outcome))


async def test_what_was_under_way_when_the_clock_was_set_goes_on_in_the_next_engine(saga_db, clock, leap):
    shop = Shop(b=["fails", "hangs"])
    url = f"sqlite:///{saga_db}"
    async with Engine(url, shop.services, clock=clock, limits=QUICK) as engine:
        await engine.start(compile_saga(load(RETRYING)), {}, saga_id="s")
        await eventually(lambda: shop.names.count("b") == 2)
    clock.wrong_by = leap
    shop.let_everybody_in()
    async with Engine(url, shop.services, clock=clock, limits=QUICK) as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "completed"
    assert times_of(outcome) == sorted(times_of(outcome))


async def test_a_retry_that_was_waited_for_in_a_dead_engine_comes_in_time_in_the_next_one(saga_db, clock):
    shop = Shop(b=["fails"])
    url = f"sqlite:///{saga_db}"
    async with Engine(url, shop.services, clock=clock, limits=Limits(grace=0.1)) as engine:
        await engine.start(compile_saga(load(RETRYING)), {}, saga_id="s")
        await eventually(lambda: shop.names.count("b") == 1)
    clock.wrong_by = -AN_HOUR
    async with Engine(url, shop.services, clock=clock, limits=QUICK) as engine:
        assert (await engine.wait("s", timeout=10)).status == "completed"


async def test_two_engines_whose_clocks_differ_do_not_take_each_other_for_dead(saga_db, leap):
    """A lease goes by what really passes, so clocks need not agree."""
    one, other = WrongClock(), WrongClock()
    other.wrong_by = leap
    shop = Shop(a="hangs")
    url = f"sqlite:///{saga_db}"
    async with (
        Engine(url, shop.services, clock=one, limits=QUICK) as first,
        Engine(url, shop.services, clock=other, limits=QUICK) as second,
    ):
        await first.start(compile_saga(load(RETRYING)), {}, saga_id="s")
        await eventually(lambda: "a" in shop.names)
        await asyncio.sleep(2 * QUICK.lease)
        assert len(await second.store.engines()) == 2
        assert shop.names == ["a"]
        await second.compensate("s")
        outcome = await second.wait("s", timeout=10)

    assert outcome.status == "compensated"
    assert all(before <= after for before, after in itertools.pairwise(times_of(outcome)))
