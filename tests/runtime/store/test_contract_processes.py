"""Several processes, each with a store of its own, on one database; and one that is buried while it writes."""

import asyncio
import json
import os
import sys
from itertools import chain
from pathlib import Path

import pytest

from sagadsl.runtime.store.contract import LeaseLostError
from tests.runtime.store.writing import ME, YOU, committed, first, ids, join, more

ROOT = Path(__file__).parents[3]
CLAIMER = Path(__file__).with_name("claimer.py")
PROCESSES = 3
SAGAS = 240


async def claims_of(url, engine):
    """What a process of its own has claimed."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        CLAIMER,
        url,
        engine,
        str(PROCESSES),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(output)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_processes_that_claim_at_the_same_time_never_get_the_same_saga(store, url):
    sagas = [f"s{n:03}" for n in range(SAGAS)]
    await join(store)
    await committed(store, *(first(saga) for saga in sagas))
    await store.release(ME, {saga: float(n) for n, saga in enumerate(sagas)})
    await store.leave(ME)

    results = await asyncio.gather(*(claims_of(url, f"engine-{n}") for n in range(PROCESSES)))

    assert sorted(chain.from_iterable(result["claimed"] for result in results)) == sagas
    for n, result in enumerate(results):
        assert result["won"] == result["claimed"]
        for saga in result["won"]:
            assert [event.seq for event in await store.events(saga)] == [1, 2]
            assert (await store.row(saga)).owner == f"engine-{n}"


async def test_from_the_moment_that_an_engine_is_buried_nothing_of_it_is_written(store, another):
    """Given an engine that writes without a pause, when somebody buries it, then its log stands still at once."""
    await join(store, ME, YOU)
    await committed(store, first("s"))
    written, burying = 1, asyncio.Event()

    async def write_on():
        nonlocal written
        while True:
            await store.commit(ME, [more("s", written + 1)])
            written += 1
            if written == 5:
                burying.set()
            await asyncio.sleep(0)

    writer = asyncio.ensure_future(write_on())
    await burying.wait()
    assert await another.bury(ME, 0)
    at_the_burial = len(await another.events("s"))
    await another.claim_one(YOU, "s")

    with pytest.raises(LeaseLostError):
        await writer
    assert len(await another.events("s")) == at_the_burial == written
    assert await another.commit(YOU, [more("s", written + 1)]) == [None]


async def test_of_an_engine_that_is_buried_while_it_claims_nothing_stays_claimed(store, another):
    await join(store, ME, YOU)
    sagas = [f"s{n:02}" for n in range(60)]
    await committed(store, *(first(saga, owner=None, wake_at=0.0) for saga in sagas))

    async def claim_on():
        while True:
            await store.claim(ME, now=1.0, limit=1)
            await asyncio.sleep(0)

    claimer = asyncio.ensure_future(claim_on())
    while all(row.owner is None for row in (await another.list()).sagas):
        await asyncio.sleep(0)
    assert await another.bury(ME, 0)

    with pytest.raises(LeaseLostError):
        await claimer
    assert not [row.id for row in (await another.list()).sagas if row.owner == ME]
    assert sorted(ids(await another.claim(YOU, now=1.0, limit=99))) == sagas
