"""Whether anything is under way, so that a virtual clock knows when to jump."""

from __future__ import annotations

from sagadsl.runtime.clock import Clock


class Activity:
    """Counts what is under way, and tells the clock when nothing is."""

    __slots__ = ("_clock", "_count")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0

    def begin(self) -> None:
        """Something begins that will end without any time passing, or by itself."""
        self._count += 1

    def end(self) -> None:
        """It has ended."""
        self._count -= 1
        if not self._count:
            self._clock.idle(self.is_idle)

    def is_idle(self) -> bool:
        """Whether only the passing of time can bring anything new."""
        return not self._count
