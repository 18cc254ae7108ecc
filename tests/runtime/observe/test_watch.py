"""What a look at the store takes for stale, and how soon the next one comes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl import Engine, Services, compile_saga, load
from sagadsl.runtime import ManualClock
from sagadsl.runtime.observe.watch import Watch, pause
from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.shops import eventually

SECONDS = st.floats(0.0, 1e6)


@given(every=st.floats(0.01, 60.0), took=SECONDS)
def test_the_next_look_comes_within_a_minute_however_long_the_store_was_away(every, took):
    assert every <= pause(every, took) <= 60.0


@given(every=SECONDS, took=st.floats(0.0, 6.0))
def test_a_look_that_takes_long_takes_up_no_more_than_a_tenth_of_the_time(every, took):
    assert took <= pause(every, took) / 10 * (1 + 1e-9)


@given(every=SECONDS)
def test_one_that_takes_no_time_is_followed_by_the_next_when_it_is_due(every):
    assert pause(every, 0.0) == every


WAITS = compile_saga(load("name: waits\nsteps: [{id: w, type: wait, signal: go, timeout: 30d}]\n"))
NAPS = compile_saga(load("name: naps\nsteps: [{id: w, type: wait, for: 30d}]\n"))
HANGS = compile_saga(load("name: hangs\nsteps: [{id: h, service: s, action: h, kind: read_only, timeout: 30d}]\n"))


def shop():
    services = Services()

    @services.action("s.h")
    async def hang():
        await asyncio.Event().wait()

    return services


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_saga_that_waits_in_memory_is_not_stale_and_one_that_hangs_is(elsewhere):
    clock, store = ManualClock(1000.0), MemoryStore()
    async with Engine(store, shop(), clock=clock) as engine, Engine(store, Services(), clock=clock) as other:
        for saga in (WAITS, NAPS):
            await engine.start(saga, {})
        hanging = await engine.start(HANGS, {})
        await eventually(lambda: engine.actions_under_way)
        watch = Watch(other if elsewhere else engine, [], stale_after=5.0, clock=clock)
        begun = await watch.once()
        await clock.advance(30)
        early = await watch.once()
        await clock.advance(600)
        late = await watch.once()

    assert begun.stale == ()
    assert [row.id for row in early.stale] == ([] if elsewhere else [hanging])
    assert hanging in {row.id for row in late.stale}
