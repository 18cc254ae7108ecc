"""What definitions call sensitive, left out of rows and events that a store has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sagadsl.cli.exits import CommandError

if TYPE_CHECKING:
    from sagadsl.machine.events import Event
    from sagadsl.runtime.store.contract import SagaRow, Store

_KEY = "sensitive"
"""A definition whose text does not have this word calls nothing so, and need not be compiled to know."""


async def masked_rows(store: Store, rows: Iterable[SagaRow]) -> list[SagaRow]:
    """Return rows without what their definitions call sensitive; a key or an error's message may repeat it."""
    private: dict[str, bool] = {}
    masked = []
    for row in rows:
        if row.key is None and row.error_message is None:
            masked.append(row)
            continue
        if row.hash not in private:
            private[row.hash] = await _is_private(store, row)
        is_private = private[row.hash] or row.parent is not None  # which may call sensitive what it has handed on
        masked.append(await _masked(store, row) if is_private else row)
    return masked


async def _is_private(store: Store, row: SagaRow) -> bool:
    stored = await store.definition(row.hash)
    return stored is None or _KEY in stored.text


async def _masked(store: Store, row: SagaRow) -> SagaRow:
    from sagadsl.cli.dead_letter import masked_row
    from sagadsl.cli.recalling import recalled
    from sagadsl.runtime.store.contract import StoreError

    try:
        return masked_row(await recalled(store, row))
    except (StoreError, CommandError):  # nobody knows what may be told
        return replace(row, key=None, error_message=None)


async def mask_of(store: Store, row: SagaRow) -> Callable[[Event], Event]:
    """Return what masks the events of a saga, one after the other from the first one on.

    Where the definition cannot be read, but calls something sensitive, all that anybody has put into it is masked.
    """
    from sagadsl.cli.recalling import definition_of
    from sagadsl.runtime.observe.masking import Mask, without_data
    from sagadsl.runtime.store.contract import StoreError

    if row.parent is None and not await _is_private(store, row):
        return lambda event: event
    try:
        mask = Mask((await definition_of(store, row)).definition, knows_all=True)
    except (CommandError, StoreError):
        return without_data

    def masked(event: Event) -> Event:
        mask.learn(event)
        return mask.event(event)

    return masked
