"""Sagas that could not be undone, and sagas that wait for one that waits for a person: rows do not tell why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.events import Failure
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.store.contract import SagaRow, Store, StoreError
from sagadsl.runtime.stored import Recollection, unfinished_children

STUCK: Final = "compensation_failed"
"""The status of a saga of which something could not be undone."""

MANY = 1_000
"""How many sagas below one are looked at, at the most, for those that wait for a person."""


def not_undone(saga: Saga) -> Sequence[tuple[str, Failure]]:
    """Return the steps that could not be undone, each with what its compensation answered; not what is around them."""
    steps = (each for each in saga.executions.values() if each.status == STUCK and each.regions is None)
    return [(step.label, step.undo_failure) for step in steps if step.undo_failure is not None]


async def stuck(store: Store, rows: Iterable[SagaRow]) -> dict[str, Saga]:
    """Return, by their ids, those of these sagas of which something could not be undone.

    A row says what has begun the undoing. Of what has ended it there may be several, which only the events tell. A saga
    that cannot be read is left out.
    """
    these = [row for row in rows if row.status == STUCK]
    if not these:
        return {}
    recollection, found = Recollection(store), {}
    histories = await store.histories([row.id for row in these])
    for row in these:
        try:
            found[row.id] = (await recollection.find(row)).replay(row.id, histories[row.id])
        except (StoreError, DefinitionError, UnexpectedEvent, KeyError):
            continue
    return found


async def those_with(store: Store, rows: Sequence[SagaRow], code: str) -> list[SagaRow]:
    """Return those of these sagas that failed or are undone because of this error, or could not be because of it."""
    sagas = await stuck(store, [row for row in rows if row.error_code != code])
    also = {saga_id for saga_id, saga in sagas.items() if any(error.code == code for _, error in not_undone(saga))}
    return [row for row in rows if row.error_code == code or row.id in also]


async def waited_for(store: Store, saga_id: str, limit: int = 10) -> list[SagaRow]:
    """Return sagas that wait for a person, and that this one runs, directly or by others.

    Args:
        store: Where they are.
        saga_id: The saga that may wait for them.
        limit: How many at the most.
    """
    found: list[SagaRow] = []
    above, seen = deque([saga_id]), 0
    while above and len(found) < limit and seen < MANY:
        async for row in unfinished_children(store, above.popleft()):
            seen += 1
            if row.status in AT_REST:
                found.append(row)
            above.append(row.id)
            if len(found) == limit or seen == MANY:
                break
    return found
