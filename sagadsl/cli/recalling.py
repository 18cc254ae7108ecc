"""A saga as a store has it: its row, its events, and the saga that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagadsl.cli.exits import NO_STORE, CommandError
from sagadsl.cli.formats import printable

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.machine.events import Event
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.store.contract import SagaRow, Store

_NEWER = "was it started by a newer sagadsl? `sagadsl events ID --format json` shows what has happened"


@dataclass(frozen=True, slots=True)
class Recalled:
    """A saga of a store."""

    row: SagaRow
    events: Sequence[Event]
    saga: Saga


async def definition_of(store: Store, row: SagaRow) -> CompiledSaga:
    """Return the definition that a saga was started with.

    Raises:
        CommandError: This sagadsl cannot read it.
        StoreError: The store does not have it.
    """
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.runtime.stored import Recollection

    try:
        return await Recollection(store).find(row)
    except DefinitionError:
        what = f"{row.id}: this sagadsl cannot read its definition, {row.name} {row.version}"
        raise CommandError(printable(what), NO_STORE, hint=_NEWER) from None


async def recalled(store: Store, row: SagaRow) -> Recalled:
    """Return a saga as far as it has come.

    Raises:
        CommandError: This sagadsl cannot tell what its events mean.
        StoreError: The store does not have its definition.
    """
    from sagadsl.machine.unexpected import UnexpectedEvent

    compiled = await definition_of(store, row)
    events = await store.events(row.id)
    row = await store.row(row.id)  # it may have gone on since it was found
    try:
        return Recalled(row, events, compiled.replay(row.id, events))
    except UnexpectedEvent as error:
        raise CommandError(printable(f"its events do not fit its definition: {error}"), NO_STORE, hint=_NEWER) from None


async def text_of(store: Store, row: SagaRow) -> str:
    """Return which text of its definition a saga runs, for people; "" where its version has one text only."""
    from sagadsl.runtime.stored import short_hash

    texts = {stored.hash for stored in await store.definitions(row.name) if stored.version == row.version}
    return f", text {short_hash(row.hash)}" if len(texts) > 1 else ""
