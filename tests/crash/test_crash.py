"""Processes that are killed and frozen while they run sagas; in the end everything has to fit together.

This is the short form, for CI. The long one is `python -m tests.crash --help`.
"""

import asyncio
import re
import time

from sagadsl.runtime.store.opening import open_store
from tests.crash.audit import findings
from tests.crash.trial import Trial
from tests.crash.world import the_world

WITHIN = 15.0
"""Seconds in which an engine takes over what a dead one has left, with the default limits."""


async def everything_fits(trial):
    world = await the_world(trial.url, trial.folder)
    assert [*findings(world)] == []
    for number in range(len(trial.processes)):
        assert "Traceback" not in trial.log(number)
    return world


async def test_whatever_a_process_leaves_behind_when_it_is_killed_the_next_one_goes_on_with(url, tmp_path):
    with Trial(url, tmp_path, in_flight=60, seed=1) as trial:
        await asyncio.to_thread(trial.rounds, 4)
        await asyncio.to_thread(trial.finish)
    world = await everything_fits(trial)

    assert trial.kills == 4
    assert len(world.stories) > 60


async def test_of_two_processes_on_one_store_each_goes_on_with_what_the_other_leaves_behind(url, tmp_path):
    with Trial(url, tmp_path, workers=2, in_flight=60, seed=2) as trial:
        await asyncio.to_thread(trial.rounds, 4)
        await asyncio.to_thread(trial.finish)
    await everything_fits(trial)


async def test_a_process_that_stands_still_loses_its_sagas_and_when_it_wakes_writes_nothing_for_them(urls, tmp_path):
    """Given two processes, when one is frozen past its lease, then the other takes over, and both end in peace."""
    await asyncio.gather(*(_frozen_and_woken(url, tmp_path / url.partition(":")[0]) for url in urls))


async def _frozen_and_woken(url, folder):
    folder.mkdir()
    with Trial(url, folder, workers=2, in_flight=40, seed=3) as trial:
        for number in range(2):
            trial.start(number)
            await asyncio.to_thread(trial.until_ready, number)
        await asyncio.sleep(1)
        trial.freeze(0)
        seconds = await until_taken_over(url, trial.processes[0].pid)
        trial.wake(0)
        await asyncio.to_thread(trial.finish)
    await everything_fits(trial)

    assert seconds < WITHIN
    log = trial.log(0)
    assert re.search("this engine was taken for dead, having given no sign of life for .*; it begins anew", log)
    assert "without `await`" not in log


async def until_taken_over(url, pid):
    """Wait until a process has no engine in the store, and what it ran is somebody else's; return the seconds."""
    store, began = open_store(url), time.monotonic()
    await store.open()
    try:
        [frozen] = [row.id for row in await store.engines() if row.process.split()[1] == str(pid)]
        while any(row.owner in (frozen, None) for row in await the_sagas_under_way(store)):
            assert time.monotonic() - began < 2 * WITHIN, "nobody took over"
            await asyncio.sleep(0.1)
    finally:
        await store.close()
    return time.monotonic() - began


async def the_sagas_under_way(store):
    """Return the rows of sagas that somebody should be running, which is what they are not asleep for."""
    rows = (await store.list(limit=1000)).sagas
    return [row for row in rows if row.owner or (row.status in ("running", "compensating") and row.wake_at == 0.0)]
