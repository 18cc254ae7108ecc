"""Trying again while a store is not available."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sagadsl.runtime.store.contract import StoreUnavailableError

SHORTEST, LONGEST = 0.05, 1.0
"""Seconds between two attempts: the first, doubled each time, and at the most."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


async def until_available(attempt: Callable[[], Awaitable[T]], what: str) -> T:
    """Do something with a store; while it is not available, wait and try again.

    Args:
        attempt: Does it; must be harmless when it has been done already.
        what: What it is, for whoever reads the log.
    """
    delay, failures = SHORTEST, 0
    while True:
        try:
            result = await attempt()
        except StoreUnavailableError as error:
            failures += 1
            say = _log.warning if failures == 1 else _log.info
            say("cannot %s for now, and will try again: %s", what, error)
            await asyncio.sleep(delay)
            delay = min(LONGEST, delay * 2)
        else:
            if failures:
                _log.warning("could %s after %d attempts that failed", what, failures)
            return result
