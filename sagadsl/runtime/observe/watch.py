"""Looking after an engine and its store every few seconds: what waits for a person, what stands still, what is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sagadsl.machine.lifecycles import DEAD, UNFINISHED
from sagadsl.runtime.clock import Clock, SystemClock
from sagadsl.runtime.engine import Engine
from sagadsl.runtime.engine_life import EngineClosedError
from sagadsl.runtime.store.contract import Filter, SagaRow, StoreError

MANY = 1000
"""How many stale sagas are counted at the most."""

_SHARE = 10
"""A look takes up at most one part in so many of the time, unless it takes very long."""

_LONGEST = 60.0
"""Seconds after which there is another look all the same: one may have taken long because the store was away."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """What a look has shown.

    Args:
        at: When it was, in seconds since 1970.
        by_status: How many unfinished sagas there are, by their status.
        stale: Sagas to which nothing has happened for long although something should, the longest quiet first.
        breakers: The states of circuit breakers, by their services.
    """

    at: float
    by_status: Mapping[str, int] = field(default_factory=dict)
    stale: Sequence[SagaRow] = ()
    breakers: Mapping[str, str] = field(default_factory=dict)

    @property
    def dead_letters(self) -> int:
        """How many sagas wait for a person."""
        return sum(self.by_status.get(status, 0) for status in DEAD)


Seen: TypeAlias = Callable[[Health], None]


class Watch:
    """Looks at an engine and its store again and again.

    Args:
        engine: Which one; it is open.
        seen: Hears of each look.
        every: Seconds from one look to the next; more where looking takes long.
        stale_after: Seconds without an event after which a saga that should go on is stale.
        clock: The engine's clock.
    """

    def __init__(
        self,
        engine: Engine,
        seen: Sequence[Seen],
        *,
        every: float = 15.0,
        stale_after: float = 3600.0,
        clock: Clock | None = None,
    ) -> None:
        self._engine = engine
        self._seen = seen
        self._every = every
        self._stale_after = stale_after
        self._clock: Clock = clock or SystemClock()

    async def run(self) -> None:
        """Look until the engine is closed, or this is cancelled; nothing else ends it."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                await self.once()
            except EngineClosedError:
                return
            except StoreError as error:
                _log.info("the store could not be looked at: %s", error)
            except Exception:  # noqa: BLE001 - whatever goes wrong in looking is no reason to look no more
                _log.exception("looking after the engine failed; it is tried again")
            await asyncio.sleep(pause(self._every, loop.time() - begun))

    async def once(self) -> Health:
        """Look once, and tell of it."""
        health = await self._look()
        for seen in self._seen:
            seen(health)
        return health

    async def _look(self) -> Health:
        now = self._clock.now()
        counted = (await self._engine.stats(Filter(statuses=UNFINISHED))).by_status
        stale = await self._engine.stale(self._stale_after, MANY)
        return Health(now, counted, tuple(stale), self._engine.services.breakers())


def pause(every: float, took: float) -> float:
    """Return how many seconds pass before the next look, given how many the last one took."""
    return max(every, min(_LONGEST, _SHARE * took))
