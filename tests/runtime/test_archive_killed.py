"""A purge whose process is killed at any moment: every saga is in the store or in the archive, and in the end archived."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

from sagadsl import Engine, compile_saga, load
from sagadsl.runtime import Filter
from sagadsl.runtime.archive import ArchiveError, read_lines
from sagadsl.runtime.audit import audit
from sagadsl.runtime.store.opening import open_store
from tests.docs.pages import ROOT
from tests.runtime.shops import Shop

SAGAS, KILLS = 120, 8

TEXT = "name: order\nsteps: [{id: a, service: s, action: a, kind: read_only}]\n"

PURGE = """\
import asyncio, sys
from pathlib import Path
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime import Filter, archive_purge
from sagadsl.runtime.archive import open_archive
from sagadsl.runtime.store.opening import open_store

archive_purge.TOGETHER = 5

async def main():
    store = open_store(sys.argv[1])
    await store.open()
    print("begin", flush=True)
    with open_archive(Path(sys.argv[2])) as archive:
        async for _ in archive_purge.Purge(store, archive).run(1e12, Filter(statuses=tuple(SAGA.final))):
            pass
    await store.close()

asyncio.run(main())
"""


async def test_nothing_is_lost_however_often_a_purge_is_killed(saga_db, tmp_path):
    url, path = f"sqlite:///{saga_db}", tmp_path / "a.jsonl.zst"
    everything = await begun(url)
    for _ in range(KILLS):
        await asyncio.to_thread(purge, url, path, kill_after=random.uniform(0, 0.15))
        assert everything == {*await left(url), *archived(path)}

    await asyncio.to_thread(purge, url, path)

    assert await left(url) == []
    assert set(archived(path)) == everything
    assert audit(read_lines(path)).is_sound


async def begun(url):
    shop = Shop()
    async with Engine(url, shop.services) as engine:
        order = compile_saga(load(TEXT))
        ids = {await engine.start(order, {}) for _ in range(SAGAS)}
        for saga_id in ids:
            await engine.wait(saga_id, timeout=20)
    return ids


async def left(url):
    store = open_store(url)
    await store.open()
    page = await store.list(Filter(), limit=SAGAS)
    await store.close()
    return [row.id for row in page.sagas]


def archived(path):
    """The sagas that can be read; those of a frame that was left unfinished cannot, and are still in the store."""
    found = []
    with suppress(ArchiveError):
        for line in read_lines(path) if path.exists() else []:
            data = json.loads(line)
            found += [data["story"]["saga"]["id"]] if "story" in data else []
    return found


def purge(url, path, kill_after=None):
    """Purge in a process of its own, which may be killed a while after it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-c", PURGE, url, str(path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process.pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGKILL), errors.decode()
