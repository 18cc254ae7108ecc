"""A stream of sagas through an engine, to see that none is lost or done twice whatever happens to its store."""

from __future__ import annotations

import asyncio
from collections import Counter

from sagadsl import Services, compile_saga, load
from sagadsl.runtime import ActionContext
from sagadsl.runtime.store.opening import open_store
from tests.runtime.shops import eventually

THREE = compile_saga(
    load(
        """
        name: three
        input: {type: object, required: [n], properties: {n: {type: integer}}}
        steps:
          - {id: a, service: s, action: do, compensation: undo, payload: {n: "${input.n}"}}
          - {id: b, service: s, action: do, compensation: undo, payload: {n: "${input.n}"}}
          - {id: c, service: s, action: end, compensation: undo, payload: {n: "${input.n}"}}
        """
    )
)


class Stream:
    """Starts sagas one after the other, each of which takes some time; every third one is undone in the end."""

    def __init__(self, engine, every=0.02):
        self.engine, self.every = engine, every
        self.acknowledged = []
        self._task = None

    async def __aenter__(self):
        await self.engine.register(THREE)
        self._task = asyncio.ensure_future(self._flow())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _flow(self):
        number = 0
        while True:
            self.acknowledged.append(await self.engine.start("three", {"n": number}, saga_id=f"s{number:04}"))
            number += 1
            await asyncio.sleep(self.every)

    async def flows(self, more=20):
        """Wait until so many more have been started, which shows that the engine works, or works again."""
        until = len(self.acknowledged) + more
        await eventually(lambda: len(self.acknowledged) >= until, within=60)

    async def stopped(self):
        """Wait until no more can be started.

        Raises:
            Exception: What whoever starts sagas was told.
        """
        await asyncio.shield(self._task)

    async def end(self):
        """Start no more, and wait until those that were started are done."""
        self._task.cancel()
        await asyncio.wait([self._task])
        for saga_id in self.acknowledged:
            await self.engine.wait(saga_id, timeout=60)


class Books:
    """The service of the stream, with what it has done."""

    def __init__(self):
        self.did, self.undone = Counter(), Counter()
        self.services = Services()
        self.services.action("s.do")(self._do)
        self.services.action("s.end")(self._end)
        self.services.action("s.undo")(self._undo)

    async def _do(self, n: int, context: ActionContext):
        await asyncio.sleep(0.02)
        self.did[context.idempotency_key] += 1

    async def _end(self, n: int, context: ActionContext):
        await self._do(n, context)
        if n % 3 == 0:
            raise ValueError("every third one is undone")

    async def _undo(self, payload: dict, context: ActionContext):
        self.undone[context.undoes] += 1


async def everything_fits(url, books, acknowledged):
    """See that the store has every saga with a whole log, and that its effects are as it says."""
    store = open_store(url)
    await store.open()
    try:
        histories = await store.histories(acknowledged)
        rows = [await store.row(saga_id) for saga_id in acknowledged]
    finally:
        await store.close()
    for row in rows:
        events = histories[row.id]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert THREE.replay(row.id, events).status == row.status
        assert row.status == ("compensated" if int(row.id[1:]) % 3 == 0 else "completed")
        undone = row.status == "compensated"
        for state in "ab":
            assert books.did[f"{row.id}/{state}"] >= 1
            assert bool(books.undone[f"{row.id}/{state}"]) == undone
        assert len(events) == (6 if undone else 4)
