"""An engine among others: it gives signs of life, takes the place of those that give none, and looks for work.

An engine is dead when its number has not changed for as long as a lease lasts, by the clock of the one that looks; so
clocks need not agree, and none has to go forward. One whose process has ended on this very machine is dead at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sagadsl.runtime import processes
from sagadsl.runtime.claims import Claims
from sagadsl.runtime.clock import SystemClock
from sagadsl.runtime.host import Host
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.patience import until_available
from sagadsl.runtime.requests import Requests
from sagadsl.runtime.services import Services
from sagadsl.runtime.standstill import Watcher
from sagadsl.runtime.store.contract import EngineRow, LeaseLostError, Store, StoreError, StoreUnavailableError

STANDSTILL = 2.0
"""Seconds for which an event loop does not stand still by chance."""

_log = logging.getLogger(__name__)


def _told(stood_still: float, culprit: str) -> str:
    """Say that nothing went on for so many seconds, and why, as far as somebody in the process was seen at it."""
    if not culprit:
        return f"nothing went on here for {stood_still:.1f} s: this process was frozen, or its machine too busy"
    return (
        f"the event loop stood still for {stood_still:.1f} s{culprit}; an action that is `async` and waits without "
        "`await`, as `time.sleep` does, holds up everything: make it a plain function, which runs in a thread"
    )


class Presence:
    """Keeps an engine alive in its store.

    Args:
        host: Runs its sagas.
        claims: Takes sagas up.
        requests: Reads its mail.
        limits: How often it gives a sign of life, and after how long another one is dead that gives none.
        services: What it can do.

    Attributes:
        broken: Why nothing can be done any more, if that is so.
    """

    def __init__(self, host: Host, claims: Claims, requests: Requests, limits: Limits, services: Services) -> None:
        self._host = host
        self._claims = claims
        self._requests = requests
        self._limits = limits
        self._services = services
        self._seen: dict[str, tuple[int, float]] = {}
        self._joined = asyncio.Event()
        self._poked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._watcher: Watcher | None = None
        self._beaten = 0.0
        self.broken: StoreError | None = None
        host.mail_sent = self._poked.set

    @property
    def _store(self) -> Store:
        return self._host.store

    async def begin(self) -> None:
        """Join, and look for work from now on."""
        await self._join()
        loop = asyncio.get_running_loop()
        if isinstance(self._host.clock, SystemClock):  # where time is played, no loop stands still
            self._watcher = Watcher(self._name_of)
        self._tasks = [
            loop.create_task(self._beat(), name="sagadsl beat"),
            loop.create_task(self._work(), name="sagadsl work"),
        ]

    async def joined(self) -> None:
        """Wait until this engine can write.

        Raises:
            StoreError: It never will again.
        """
        await self._joined.wait()
        if self.broken is not None:
            raise self.broken

    async def rest(self) -> None:
        """Look for no more work."""
        await self._cancel(self._tasks[1:])

    async def end(self) -> None:
        """Leave; what is not finished is for others."""
        await self._cancel(self._tasks)
        if self._watcher is not None:
            self._watcher.stop()
        await self._host.commits.stop()
        if self.broken is not None or not self._joined.is_set():
            return
        try:
            async with asyncio.timeout(self._limits.grace):
                await until_available(lambda: self._store.leave(self._host.engine_id), "leave")
        except (TimeoutError, StoreError) as error:
            _log.warning("could not leave, so that others wait for the lease to run out: %s", error)

    @staticmethod
    async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _join(self) -> None:
        row = processes.new_engine(self._host.clock.now(), self._services)
        engine_id = row.id
        await self._store.join(row)
        self._beaten = asyncio.get_running_loop().time()
        self._host.begin(engine_id, lambda error: self.lost(error, engine_id))
        self._joined.set()

    def lost(self, error: StoreError, engine_id: str) -> None:
        """Nothing can be written any more: what runs here belongs to others, or the store is beyond hope.

        `engine_id` is the name under which that was found out; this engine may have begun anew since.
        """
        if self.broken is not None:
            return
        if not isinstance(error, LeaseLostError):
            _log.error("the store cannot be used any more: %s", error)
            self.broken = error
            self._joined.set()
        elif engine_id == self._host.engine_id and self._joined.is_set():
            _log.warning("this engine was taken for dead%s; it begins anew", self._how_it_was_lost())
            self._joined.clear()
        else:
            return
        self._host.commits.abandon()  # before promises are broken: those that are made from now on are not kept
        self._host.evict_all(error)
        self._poked.set()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while self.broken is None:
            begun = loop.time()
            await asyncio.sleep(self._limits.beat)
            stood_still = loop.time() - begun - self._limits.beat
            if stood_still > STANDSTILL:
                _log.warning("%s", _told(stood_still, self._culprit()))
            if self._joined.is_set():
                await self._carefully(self._give_sign_of_life)
            if self._watcher is not None:
                self._watcher.culprit = ""

    async def _give_sign_of_life(self) -> None:
        await self._store.beat(self._host.engine_id)
        self._beaten = asyncio.get_running_loop().time()

    def _culprit(self) -> str:
        culprit = "" if self._watcher is None else self._watcher.culprit
        return f" in {culprit}" if culprit else ""

    def _how_it_was_lost(self) -> str:
        """Say for how long others have heard nothing of this engine, because of what, and what comes of that."""
        silent = asyncio.get_running_loop().time() - self._beaten
        if silent < self._limits.lease:
            return ""
        why = f", as the event loop stood still{self._culprit()}" if self._culprit() else ""
        return (
            f", having given no sign of life for {silent:.0f} s{why}: another engine may have called again, with the "
            "same keys, whatever was under way here"
        )

    def _name_of(self, task: asyncio.Task[object]) -> str | None:
        """Return which action a task calls, for people; asked by the watcher's thread while this one stands still."""
        for run in tuple(self._host.runs.values()):
            for call in tuple(run.calls.values()):
                if call.task is task:
                    command = call.command
                    return f"{command.service}.{command.action}, called by {command.state} of saga {call.saga_id}"
        return None

    async def _work(self) -> None:
        while self.broken is None:
            self._poked.clear()
            await self._carefully(self._look)
            try:
                async with asyncio.timeout(self._limits.poll):
                    await self._poked.wait()
            except TimeoutError:
                pass

    async def _look(self) -> None:
        if not self._joined.is_set():
            await self._host.commits.stop()
            await self._join()
        await self._requests.read_mail()
        await self._bury_the_dead()
        await self._claims.take_up()
        if not await self._requests.read_mail():
            await self._claims.let_go()

    async def _carefully(self, do: Callable[[], Awaitable[object]]) -> None:
        engine_id = self._host.engine_id
        try:
            await do()
        except StoreUnavailableError as error:
            _log.info("the store is not available: %s", error)
        except StoreError as error:
            self.lost(error, engine_id)
        except Exception:  # noqa: BLE001 - an engine that looks no more would be worse than one that looks in vain
            _log.exception("looking for work failed; it is tried again")

    async def _bury_the_dead(self) -> None:
        """Take away the entries of engines that give no sign of life, so that their sagas can be claimed."""
        others = [row for row in await self._store.engines() if row.id != self._host.engine_id]
        now = asyncio.get_running_loop().time()
        self._seen = {row.id: self._since(row, now) for row in others}
        for row in others:
            silent = now - self._seen[row.id][1]
            has_ended = processes.is_gone(row.process)
            seems_dead = has_ended or silent >= self._limits.lease
            if seems_dead and await self._store.bury(row.id, row.beat):
                why = "whose process has ended" if has_ended else f"which was silent for {silent:.0f} s"
                level = logging.INFO if has_ended else logging.WARNING  # a restart is nothing to be warned of
                _log.log(level, "took the place of an engine on %s, %s", row.host, why)

    def _since(self, row: EngineRow, now: float) -> tuple[int, float]:
        beat, since = self._seen.get(row.id, (None, now))
        return (row.beat, since if beat == row.beat else now)
