"""Which sagas are stale: those that should go on and do not, and none that waits."""

import asyncio

from sagadsl import ActionError, Engine, Services, compile_saga, load
from sagadsl.runtime import Limits, ManualClock
from tests.runtime.shops import eventually

WAITS = compile_saga(load("name: waits\nsteps: [{id: w, type: wait, signal: go, timeout: 30d}]\n"))
NAPS = compile_saga(load("name: naps\nsteps: [{id: w, type: wait, for: 30d}]\n"))
HANGS = compile_saga(load("name: hangs\nsteps: [{id: h, service: s, action: h, kind: read_only, timeout: 30d}]\n"))
FAILS = compile_saga(load("name: fails\nsteps: [{id: a, service: s, action: a, kind: read_only, on_failure: fail}]\n"))


def shop():
    services = Services()

    @services.action("s.h")
    async def hang():
        await asyncio.Event().wait()

    @services.action("s.a")
    async def refuse():
        raise ActionError("Broken", retryable=False)

    return services


async def test_what_waits_is_not_stale_and_does_not_hide_what_is():
    clock = ManualClock(1000.0)
    async with Engine("memory:", shop(), clock=clock) as engine:
        await engine.run(FAILS, {})
        for saga in (WAITS, NAPS, WAITS, NAPS, WAITS):
            await engine.start(saga, {})
        hanging = await engine.start(HANGS, {})
        await eventually(lambda: engine.actions_under_way)
        assert await engine.stale(5.0) == []
        await clock.advance(30)

        assert [row.id for row in await engine.stale(5.0, limit=1)] == [hanging]
        assert [row.id for row in await engine.stale(5.0)] == [hanging]
        assert await engine.stale(60.0) == []


async def test_what_has_left_memory_is_stale_when_its_time_has_come_and_nobody_takes_it_up():
    clock = ManualClock(1000.0)
    async with Engine("memory:", shop(), clock=clock, limits=Limits(sleep_after=0.05, poll=0.02)) as engine:
        for saga in (WAITS, NAPS):
            id_ = await engine.start(saga, {})
            await eventually(lambda id_=id_: engine.running(id_) is None)
        napping, store = id_, engine.store
        await clock.advance(7200)
        assert await engine.stale(3600.0) == []

    late = Engine(store, Services(), clock=ManualClock(1000.0 + 40 * 86_400), only="nobody")
    async with late:
        assert napping in [row.id for row in await late.stale(3600.0)]
