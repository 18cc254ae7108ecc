"""Telling of sagas that nobody goes on with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sagadsl.machine.lifecycles import AT_REST, SAGA

MOVING = tuple(status for status in SAGA.states if status not in AT_REST)
"""The statuses in which a saga goes on by itself, or once what it waits for has come."""

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import SagaRow, Store


async def obstacles(store: Store, rows: Iterable[SagaRow]) -> dict[str, str]:
    """Return why nobody goes on with sagas, by the ids of those of which that is so."""
    from sagadsl.runtime.reach import reach

    reached = await reach(store)
    found = [(row.id, await reached.obstacle(row)) for row in rows]
    return {saga_id: why for saga_id, why in found if why is not None}


async def lacking(store: Store, rows: Iterable[SagaRow]) -> dict[str, str]:
    """Return what the engines at work do not offer, by the ids of the sagas that need it."""
    from sagadsl.runtime.reach import reach

    reached = await reach(store)
    found = [(row.id, await reached.lacking(row)) for row in rows]
    return {saga_id: why for saga_id, why in found if why is not None}


def told(found: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each reason, with how many sagas it keeps."""
    for why, count in Counter(found.values()).most_common():
        yield f"{count:,} of these {'is' if count == 1 else 'are'} not finished, and {why}"
