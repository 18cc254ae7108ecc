"""One run is photographed after each of its transactions, and each photograph is a crash from which all has to go on."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest

from sagadsl.runtime.store.opening import open_store
from tests.crash import worker
from tests.crash.audit import findings
from tests.crash.ledger import Ledger, requests_of
from tests.crash.world import the_world

SAGAS = 16
EVERY = 5
"""Of so many photographs, one is gone on from; `EVERY = 1` takes some minutes."""
AT_ONCE = 6
WRITES = ("commit", "lock", "claim", "claim_one", "release", "post", "refuse", "leave")


class Photographed:
    """A store that copies its file, and the ledgers beside it, after each transaction that may have changed it."""

    def __init__(self, folder):
        self.folder = folder
        self.store = open_store(f"sqlite:///{folder / 'saga.db'}")
        self.photographs = []

    def __getattr__(self, name):
        return self._watched(name) if name in WRITES else getattr(self.store, name)

    def _watched(self, name):
        async def write(*args, **kwargs):
            answer = await getattr(self.store, name)(*args, **kwargs)
            self.photograph()
            return answer

        return write

    def photograph(self):
        """Copy the database first: what a service has done since is what a crash would leave of it, too."""
        copy = self.folder / f"photograph-{len(self.photographs):04}"
        copy.mkdir()
        with (
            closing(sqlite3.connect(self.folder / "saga.db")) as before,
            closing(sqlite3.connect(copy / "saga.db")) as after,
        ):
            before.backup(after)
        for ledger in [*self.folder.glob("*.jsonl"), self.folder / worker.ENOUGH]:
            shutil.copy(ledger, copy)
        self.photographs.append(copy)


def options_for(folder):
    return worker.options_of([f"sqlite:///{folder / 'saga.db'}", str(folder), "--lease", "1.5"])


@pytest.fixture
def asked(tmp_path):
    """A folder in which it says that some sagas are to be started, and no more."""
    notes = Ledger(requests_of(tmp_path, 0))
    for number in range(SAGAS):
        notes.note("asks", saga=f"saga-{number:06}")
    notes.close()
    (tmp_path / worker.ENOUGH).touch()
    return tmp_path


async def test_from_whatever_moment_of_a_run_another_process_goes_on_and_everything_fits(asked):
    store = Photographed(asked)
    await store.open()
    await worker.main(options_for(asked), store)
    await store.close()
    assert len(store.photographs) > 10 * EVERY
    turns = asyncio.Semaphore(AT_ONCE)

    async def go_on_from(photograph):
        async with turns, asyncio.timeout(120):
            await worker.main(options_for(photograph))
            world = await the_world(f"sqlite:///{photograph / 'saga.db'}", photograph)
            return [f"{photograph.name}: {finding}" for finding in findings(world)], len(world.stories)

    results = await asyncio.gather(*(go_on_from(each) for each in store.photographs[::EVERY]))

    assert [finding for wrong, _ in results for finding in wrong] == []
    assert {sagas >= SAGAS for _, sagas in results} == {True}
