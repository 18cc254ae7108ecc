"""Futures that are kept when something has been written, and broken when nothing can be any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sagadsl.runtime.store.contract import LeaseLostError


class Promises:
    """What is owed to those who wait.

    Attributes:
        are_kept: Whether anything that is promised now can be kept.
    """

    def __init__(self) -> None:
        self.are_kept: Callable[[], bool] = lambda: True
        self._owed: set[asyncio.Future[Any]] = set()

    def make(self) -> asyncio.Future[Any]:
        """Return a future that `fulfil` keeps."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.are_kept():
            self._owed.add(future)
            future.add_done_callback(self._owed.discard)
        else:
            fail(future, LeaseLostError("this engine has been taken for dead, and is about to begin anew"))
        return future

    def break_all(self, why: Exception) -> None:
        """Let everybody who waits know why it will not be."""
        for future in list(self._owed):
            fail(future, why)


def fulfil(future: asyncio.Future[Any], result: object) -> None:
    """Give a future its result, unless nobody waits any more."""
    if not future.done():
        future.set_result(result)


def fail(future: asyncio.Future[Any], error: Exception) -> None:
    """Fail a future; that nobody may wait for it is no reason for asyncio to complain."""
    if not future.done():
        future.set_exception(error)
        future.exception()
