"""The time-outs of calls: one alarm for all calls that have the same time-out, since they run out in their order.

Nearly every call is answered in time. Then its time-out has cost an entry in a table, and no timer of its own.
"""

from __future__ import annotations

from typing import Protocol

from sagadsl.runtime.clock import Alarm, Clock


class Timed(Protocol):
    """Something that takes so long at the most."""

    def time_out(self) -> None:
        """Hear that the time is up."""


class _Queue:
    """Those with the same time-out, and when each of them runs out."""

    __slots__ = ("alarm", "waiting")

    def __init__(self) -> None:
        self.waiting: dict[Timed, float] = {}
        self.alarm: Alarm | None = None


class Deadlines:
    """Tells calls that their time is up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[float, _Queue] = {}

    def start(self, seconds: float, timed: Timed) -> None:
        """Call its `time_out` in so many seconds, unless `stop` comes first."""
        queue = self._queues.get(seconds)
        if queue is None:
            self._queues[seconds] = queue = _Queue()
        due = self._clock.now() + seconds
        queue.waiting[timed] = due
        if queue.alarm is None:
            queue.alarm = self._clock.call_at(due, lambda: self._ring(seconds, due))

    def stop(self, seconds: float, timed: Timed) -> None:
        """Take it back; no harm is done when it has been called already."""
        queue = self._queues.get(seconds)
        if queue is None or queue.waiting.pop(timed, None) is None or queue.waiting:
            return
        del self._queues[seconds]
        if queue.alarm is not None:
            queue.alarm.cancel()

    def _ring(self, seconds: float, rung: float) -> None:
        """Tell those whose time is up, and set the alarm for the next.

        Only differences of instants count, so that a clock which is set back meanwhile puts nothing off.
        """
        queue = self._queues.get(seconds)
        if queue is None:
            return
        queue.alarm = None
        over = [timed for timed, due in queue.waiting.items() if due <= rung]
        for timed in over:
            queue.waiting.pop(timed, None)
        following = next(iter(queue.waiting.values()), None)
        if following is None:
            self._queues.pop(seconds, None)
        else:
            left = min(max(following - rung, 0.0), seconds)
            queue.alarm = self._clock.call_at(self._clock.now() + left, lambda: self._ring(seconds, following))
        for timed in over:
            timed.time_out()
