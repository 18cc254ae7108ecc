"""Calling one hook with alerts: it may take its time, fail or hang, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from sagadsl.runtime.observe.alerts import Alert

Hook: TypeAlias = "Callable[[Alert], Awaitable[None]]"

QUEUED: Final = 100
"""Alerts that wait for a hook; more are only logged."""

LONGEST: Final = 60.0
"""Seconds that a hook has for an alert."""

_log = logging.getLogger("sagadsl.alerts")


class Teller:
    """Calls a hook with one alert after the other.

    That it does not work is logged when it begins, and not with each alert.

    Args:
        hook: What is called.
        longest: Seconds that it has for an alert.
    """

    def __init__(self, hook: Hook, longest: float = LONGEST) -> None:
        self._hook = hook
        self._longest = longest
        self._queue: asyncio.Queue[Alert] = asyncio.Queue(QUEUED)
        self._has_failed = False
        self._is_full = False

    def put(self, alert: Alert) -> None:
        """Have an alert told as soon as those before it are."""
        try:
            self._queue.put_nowait(alert)
            self._is_full = False
        except asyncio.QueueFull:
            level = logging.INFO if self._is_full else logging.WARNING
            self._is_full = True
            _log.log(level, "%d alerts wait to be told; no more are taken until one is", QUEUED)

    async def run(self) -> None:
        """Call the hook until cancelled."""
        while True:
            alert = await self._queue.get()
            try:
                async with asyncio.timeout(self._longest):
                    await self._hook(alert)
            except Exception as error:  # noqa: BLE001 - it is no business of the sagas that nobody can be told
                self._failed(error)
            else:
                self._worked()

    def _failed(self, error: Exception) -> None:
        level = logging.INFO if self._has_failed else logging.ERROR
        self._has_failed = True
        why = str(error) or f"{type(error).__name__}, after {self._longest:g} s at the most"
        _log.log(level, "an alert could not be told: %s", why)

    def _worked(self) -> None:
        if self._has_failed:
            _log.warning("alerts can be told again")
        self._has_failed = False
