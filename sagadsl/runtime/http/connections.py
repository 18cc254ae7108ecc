"""The connections to one service, for one event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_IDLE = 5.0  # seconds after which httpx keeps a connection no more


class Connections:
    """So many connections at the most, each with a client of its own.

    httpcore's pool looks at every connection that it has whenever a request begins and ends, and at all of them once
    more for each that is idle: with a hundred connections a call took eight times as long as with one.

    Args:
        connect: Makes a client with one connection.
        most: How many there may be.
        patience: Seconds to wait for one that is free.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncClient], most: int, patience: float) -> None:
        self._connect = connect
        self._patience = patience
        self._turns = asyncio.Semaphore(most)
        self._idle: deque[tuple[httpx.AsyncClient, float]] = deque()

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[httpx.AsyncClient]:
        """Lend a client: the one that was used last, whose connection is the least likely to have been closed.

        Raises:
            httpx.PoolTimeout: None was free in time.
        """
        import httpx  # noqa: PLC0415 - it is imported by now

        try:
            async with asyncio.timeout(self._patience):
                await self._turns.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout(f"no connection was free within {self._patience:g} s") from None
        try:
            client = self._idle.pop()[0] if self._idle else self._connect()
            try:
                yield client
            finally:
                self._idle.append((client, _now()))
            await self._close_old()
        finally:
            self._turns.release()

    async def _close_old(self) -> None:
        """Close those that nobody has needed for a while."""
        while self._idle and _now() - self._idle[0][1] > _IDLE:
            await self._idle.popleft()[0].aclose()

    async def close(self) -> None:
        """Close all that nobody uses."""
        while self._idle:
            await self._idle.popleft()[0].aclose()


def _now() -> float:
    return asyncio.get_running_loop().time()
