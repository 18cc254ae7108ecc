"""The connections to one service, for one event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_IDLE = 5.0  # seconds after which httpx keeps a connection no more
_CLOSING = 5.0  # seconds for a connection to close

_log = logging.getLogger(__name__)


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
        self._closing: set[asyncio.Task[None]] = set()
        self._is_open = True

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[httpx.AsyncClient]:
        """Lend a client: the one that was used last, whose connection is the least likely to have been closed.

        One whose call was called off, or failed, is not lent again: httpcore may have lost its connection and count
        it as in use for ever (1.0.9 does if a task is cancelled in the moment in which the connection is made).

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
            except BaseException:
                self._discard(client)
                raise
            self._take_back(client)
        finally:
            self._turns.release()

    def _take_back(self, client: httpx.AsyncClient) -> None:
        """Keep a client for the next call, and close those that nobody has needed for a while."""
        self._idle.append((client, _now()))
        while self._idle and (not self._is_open or _now() - self._idle[0][1] > _IDLE):
            self._discard(self._idle.popleft()[0])

    def _discard(self, client: httpx.AsyncClient) -> None:
        """Close a client beside the calls: whether and when it closes is nothing to the one whose answer is there."""
        closing = asyncio.get_running_loop().create_task(_close(client))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all that nobody uses, and those that are in use when they come back."""
        self._is_open = False
        while self._idle:
            self._discard(self._idle.popleft()[0])
        if self._closing:
            await asyncio.wait(self._closing)


async def _close(client: httpx.AsyncClient) -> None:
    try:
        async with asyncio.timeout(_CLOSING):
            await client.aclose()
    except Exception as error:  # noqa: BLE001 - nobody waits for it, and there is nothing that anybody could do
        _log.info("a connection did not close: %s", str(error) or type(error).__name__)


def _now() -> float:
    return asyncio.get_running_loop().time()
