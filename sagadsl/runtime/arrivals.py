"""Sagas on their way into an engine's memory: started or taken up, one way at a time for each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType


class Arrivals:
    """Which sagas are on their way. Whoever brings one in does so in `async with arrivals.of(saga_id):`."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Event | None] = {}

    def __contains__(self, saga_id: object) -> bool:
        return saga_id in self._under_way

    def of(self, saga_id: str) -> Arrival:
        """Return what begins once nobody else brings this saga in."""
        return Arrival(self, saga_id)

    async def over(self, saga_ids: Iterable[str]) -> None:
        """Wait until none of these is on its way."""
        for saga_id in saga_ids:
            while saga_id in self._under_way:
                await self._event(saga_id).wait()

    def _event(self, saga_id: str) -> asyncio.Event:
        event = self._under_way[saga_id]
        if event is None:  # few are waited for
            self._under_way[saga_id] = event = asyncio.Event()
        return event

    async def begin(self, saga_id: str) -> None:
        """Begin to bring a saga in, once nobody else does."""
        while saga_id in self._under_way:
            await self._event(saga_id).wait()
        self._under_way[saga_id] = None

    def begin_now(self, saga_ids: Iterable[str]) -> list[str]:
        """Begin to bring in those of these sagas that nobody else does, without waiting; return them."""
        ours = [saga_id for saga_id in saga_ids if saga_id not in self._under_way]
        self._under_way.update(dict.fromkeys(ours))
        return ours

    def end(self, saga_id: str) -> None:
        """The saga is here, or will not come."""
        event = self._under_way.pop(saga_id)
        if event is not None:
            event.set()


class Arrival:
    """One saga's way in."""

    __slots__ = ("_arrivals", "_saga_id")

    def __init__(self, arrivals: Arrivals, saga_id: str) -> None:
        self._arrivals = arrivals
        self._saga_id = saga_id

    async def __aenter__(self) -> None:
        await self._arrivals.begin(self._saga_id)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._arrivals.end(self._saga_id)
