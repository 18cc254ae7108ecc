"""Group commit: what sagas want to write while the store is busy goes out together in the next transaction.

One transaction is under way at a time, so that the log is written in the order in which things happened. While it is,
what follows from the one before is carried out. Were all sagas in the same transaction again and again, either the
store would have nothing to do or the event loop; so many of them are written in two halves that take turns.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from sagadsl.runtime.patience import until_available
from sagadsl.runtime.store.contract import OutOfTurn, Refusal, Store, StoreError, Write

Done: TypeAlias = Callable[[Refusal | None], None]
"""Hears that a write is in the store, or why it was refused."""

Committed: TypeAlias = Callable[[int, float], None]

LARGEST = 1000
"""Writes in one transaction at the most."""

WORTHWHILE = 250
"""Writes that are worth a transaction: what follows from them takes longer than a disk takes to make it last."""

AT_ONCE = 100
"""Writes to tell of before others have a turn in the event loop."""

_Entry: TypeAlias = tuple[Write, Done]


class Commits:
    """Writes of one engine, on their way to the store.

    Args:
        store: Where they go.
        engine_id: Who writes.
        lost: Called when nothing can be written any more: with `LeaseLostError`, or with what is wrong with the
            store. What was on its way is then not in the store, and nobody is told of it one by one.
        committed: Hears how many events were written at once, and in how many seconds.
    """

    def __init__(
        self, store: Store, engine_id: str, lost: Callable[[StoreError], None], committed: Committed | None = None
    ) -> None:
        self._store = store
        self._engine_id = engine_id
        self._lost = lost
        self._committed = committed
        self._queue: deque[_Entry] = deque()
        self._wanted = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is written any more."""
        return self._stopped

    def put(self, write: Write, done: Done) -> None:
        """Write as soon as possible, and call `done` once it is in the store, or was refused."""
        if self._stopped:
            return
        self._queue.append((write, done))
        self._wanted.set()
        self._idle.clear()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="sagadsl commits")

    async def flush(self) -> None:
        """Wait until nothing is on its way."""
        await self._idle.wait()

    def abandon(self) -> None:
        """Take nothing more, and forget what is waiting; nobody is told of it."""
        self._stopped = True
        self._queue.clear()
        self._idle.set()

    async def stop(self) -> None:
        """Write nothing more. What was on its way may or may not have been written."""
        self.abandon()
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])

    async def _work(self) -> None:
        try:
            await self._go_on()
        except StoreError as error:
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - an engine that writes no more and says nothing would be worst
            self._give_up(StoreError(f"the store has failed in a way that nobody expected: {error!r}"))

    def _give_up(self, error: StoreError) -> None:
        self.abandon()
        self._lost(error)

    async def _go_on(self) -> None:
        written: deque[Done] = deque()
        while True:
            ahead = (len(written) - len(self._queue)) // 2
            if ahead >= WORTHWHILE:  # much of what is under way has just been written, so halve it
                await self._tell(written, ahead)
            if not self._queue:
                await self._tell(written, len(written))
            if not self._queue:
                self._wanted.clear()
                self._idle.set()
                await self._wanted.wait()
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), LARGEST))]
            committing = self._commit([write for write, _ in batch])
            refusals, _ = await asyncio.gather(committing, self._tell(written, len(written)))
            self._turn_away(batch, refusals)
            written.extend(done for (_, done), refusal in zip(batch, refusals, strict=True) if refusal is None)

    async def _commit(self, writes: list[Write]) -> list[Refusal | None]:
        if self._committed is None:
            return await until_available(lambda: self._store.commit(self._engine_id, writes), "write events")
        begun = asyncio.get_running_loop().time()
        refusals = await until_available(lambda: self._store.commit(self._engine_id, writes), "write events")
        self._committed(len(writes) - sum(map(bool, refusals)), asyncio.get_running_loop().time() - begun)
        return refusals

    async def _tell(self, written: deque[Done], count: int) -> None:
        """Tell so many of those that have been written, and let others have a turn in between."""
        for number in range(1, min(count, len(written)) + 1):
            written.popleft()(None)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _turn_away(self, batch: Collection[_Entry], refusals: Sequence[Refusal | None]) -> None:
        """Tell of refusals before anything else happens, so that nothing is written behind a refused event."""
        if not any(refusals):
            return
        refused = [(*entry, refusal) for entry, refusal in zip(batch, refusals, strict=True) if refusal is not None]
        lost = {write.saga_id for write, _, refusal in refused if isinstance(refusal, OutOfTurn)}
        behind = [done for write, done in self._queue if write.saga_id in lost]
        self._queue = deque(entry for entry in self._queue if entry[0].saga_id not in lost)
        for _, done, refusal in refused:
            done(refusal)
        for done in behind:
            done(OutOfTurn())
