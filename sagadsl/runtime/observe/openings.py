"""Circuit breakers are told of when they open: one may be open for less time than passes between two looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from sagadsl.runtime.services import Services

if TYPE_CHECKING:
    from sagadsl.runtime.breakers import Guard


class Openings:
    """Listens to the circuit breakers of services. Make it in the event loop in which it is to tell.

    Args:
        services: Whose; one that gets a circuit breaker later is listened to from the next `heed` on.
        opened: Hears the name of a service whose circuit has just opened.
    """

    def __init__(self, services: Services, opened: Callable[[str], object]) -> None:
        self._services = services
        self._opened = opened
        self._loop = asyncio.get_running_loop()
        self._heeded: dict[str, tuple[Guard, Callable[[], None]]] = {}
        self.heed()

    def heed(self, *_: object) -> None:
        """Listen to those that have come since."""
        for service in self._services.breakers():
            guard = self._services.guard(service)
            before = self._heeded.get(service)
            if guard is None or (before is not None and before[0] is guard):
                continue
            if before is not None:
                before[1]()
            self._heeded[service] = guard, guard.listen(self._tell)

    def close(self) -> None:
        """Listen no more."""
        for _, end in self._heeded.values():
            end()
        self._heeded.clear()

    def _tell(self, service: str) -> None:
        with suppress(RuntimeError):  # a loop that is closed has nobody who is to be told
            self._loop.call_soon_threadsafe(self._opened, service)
