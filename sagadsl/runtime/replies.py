"""Waiting for what the engines that run sagas answer to letters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from sagadsl.runtime.store.contract import Answer, Store

_SHORTEST, _LONGEST = 0.02, 0.5
"""Seconds between two looks for answers: seldom and more seldom, since an engine is quick or it is in trouble."""


async def replies(
    store: Store,
    letters: Collection[int],
    patience: float,
    meanwhile: Callable[[Collection[int]], Awaitable[None]] | None = None,
) -> dict[int, Answer]:
    """Return what became of letters by their numbers; those that are missing were not answered in time.

    Args:
        store: Where they were posted.
        letters: Their numbers.
        patience: Seconds to wait for all of them.
        meanwhile: Called after each look with those that have not been answered yet.
    """
    loop = asyncio.get_running_loop()
    until, delay = loop.time() + patience, _SHORTEST
    answered: dict[int, Answer] = {}
    left = [*letters]
    while left:
        for letter in left:
            answer = await store.answer(letter)
            if answer is not None:
                answered[letter] = answer
        left = [letter for letter in left if letter not in answered]
        if not left or loop.time() > until:
            break
        if meanwhile is not None:
            await meanwhile(left)
        await asyncio.sleep(delay)
        delay = min(_LONGEST, delay * 1.5)
    return answered
