"""Who may begin now: so many at a time overall, so many for each service, first come, first served."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import TypeAlias

Begin: TypeAlias = Callable[[], bool]
"""Begins, and returns whether it has: one that is no longer wanted gives its turn to the next."""


class Turns:
    """Gives turns.

    Args:
        total: How many may be under way at a time.
        per_service: Likewise for single services, by their names.
    """

    def __init__(self, total: int, per_service: Mapping[str, int]) -> None:
        self._free = total
        self._free_of = dict(per_service)
        self._waiting: dict[str, deque[tuple[int, Begin]]] = {}
        self._tickets = count()

    def ask(self, service: str, begin: Begin) -> None:
        """Call `begin` as soon as there is a turn for this service, which may be at once."""
        if service not in self._waiting and self._has_room(service):
            self._take(service, begin)
        else:
            self._waiting.setdefault(service, deque()).append((next(self._tickets), begin))

    def done(self, service: str) -> None:
        """Give a turn back."""
        self._free += 1
        if service in self._free_of:
            self._free_of[service] += 1
        while (chosen := self._longest_waiting()) is not None:
            queue = self._waiting[chosen]
            _, begin = queue.popleft()
            if not queue:
                del self._waiting[chosen]
            self._take(chosen, begin)

    def _take(self, service: str, begin: Begin) -> None:
        if not begin():
            return
        self._free -= 1
        if service in self._free_of:
            self._free_of[service] -= 1

    def _has_room(self, service: str) -> bool:
        return self._free > 0 and self._free_of.get(service, 1) > 0

    def _longest_waiting(self) -> str | None:
        ready = (service for service in self._waiting if self._has_room(service))
        return min(ready, key=lambda service: self._waiting[service][0][0], default=None)
