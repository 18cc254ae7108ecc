"""What time it is, and being called when it is time: real, by hand, or as fast as it goes."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Alarm(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Take it back; no harm is done when it has been made already."""


class Clock(Protocol):
    """What an engine knows of time. Instants are seconds since 1970 in UTC."""

    def now(self) -> float:
        """Return the present instant."""

    def call_at(self, instant: float, callback: Callable[[], None]) -> Alarm:
        """Call back at an instant, or soon if it has passed."""

    def idle(self, still: Callable[[], bool]) -> None:
        """Hear that nothing is under way, and only the passing of time can bring anything new.

        `still` tells later whether that is so yet.
        """


class SystemClock:
    """Real time. Waiting is measured by the event loop, so that a clock set back does not lengthen it."""

    def now(self) -> float:
        """Return the present instant."""
        return time.time()

    def call_at(self, instant: float, callback: Callable[[], None]) -> Alarm:
        """Call back at an instant, or soon if it has passed."""
        return asyncio.get_running_loop().call_later(max(0.0, instant - self.now()), callback)

    def idle(self, still: Callable[[], bool]) -> None:
        """Real time passes by itself."""


class _Entry:
    """A call in a `ManualClock`'s queue."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """A clock that moves when it is told to, for tests: `await clock.advance(30)`."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._queue: list[tuple[float, int, _Entry]] = []

    def now(self) -> float:
        """Return the present instant."""
        return self._now

    def call_at(self, instant: float, callback: Callable[[], None]) -> Alarm:
        """Call back once the clock has been moved to this instant."""
        entry = _Entry(callback)
        heapq.heappush(self._queue, (instant, next(self._order), entry))
        return entry

    def idle(self, still: Callable[[], bool]) -> None:
        """Nothing moves by itself."""

    async def advance(self, seconds: float) -> None:
        """Move on, making every call that is due on the way, in the order of time."""
        until = self._now + seconds
        await self._settle()
        while (due := self._next_due()) is not None and due <= until:
            self.step()
            await self._settle()
        self._now = until

    def step(self) -> None:
        """Move on to the next call, if there is one, and make it."""
        if self._next_due() is None:
            return
        instant, _, entry = heapq.heappop(self._queue)
        self._now = max(self._now, instant)
        if entry.callback is not None:
            entry.callback()

    def _next_due(self) -> float | None:
        """Return the instant of the next call, once those that were taken back are out of the way."""
        while self._queue and self._queue[0][2].callback is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    @staticmethod
    async def _settle() -> None:
        """Let everything run that can run without time passing; a task hands over a few times at the most."""
        for _ in range(20):
            await asyncio.sleep(0)


class VirtualClock(ManualClock):
    """A clock that jumps to the next call as soon as nothing is under way, so that no test waits."""

    _jumping = False

    def idle(self, still: Callable[[], bool]) -> None:
        """Jump, unless something has begun by the time the event loop comes to it."""
        if not self._jumping:
            self._jumping = True
            asyncio.get_running_loop().call_soon(self._jump, still)

    def _jump(self, still: Callable[[], bool]) -> None:
        self._jumping = False
        if still():
            self.step()
