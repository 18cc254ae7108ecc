"""`sagadsl events`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import CommandError
from sagadsl.cli.finding import SAGA_HELP
from sagadsl.cli.formats import Format, FormatOption
from sagadsl.cli.stores import StoreOption, look

if TYPE_CHECKING:
    from sagadsl.machine.events import Event
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.store.contract import SagaRow, Store

_BETWEEN_LOOKS = 0.5  # seconds


def command(
    saga: Annotated[str, typer.Argument(metavar="ID", help=SAGA_HELP)],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens, until the saga does nothing by itself.")
    ] = False,
    archive: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A saga of an archive that `sagadsl purge` has written.")
    ] = None,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Tell everything that has happened to a saga, as `sagadsl run` told it.

    As JSON there is one event a line, as they are in what `sagadsl run --format json` prints.

    Exit code 0, 2 when there is no such saga or no such store, 69 when the store cannot be used.
    """
    if archive is None:
        look(store, lambda opened: _tell(opened, saga, format, follow=follow))
        return
    if follow or store is not None:
        raise CommandError(f"nothing happens in an archive; leave {'--follow' if follow else '--store'} out")
    from sagadsl.cli.archived import tell_archived

    tell_archived(archive, saga, format)


async def _tell(store: Store, given: str, format: Format, *, follow: bool) -> None:  # noqa: A002
    from sagadsl.cli.finding import find

    row = await find(store, given)
    if format is Format.JSON:
        from sagadsl.cli.masking import mask_of
        from sagadsl.machine.events import to_json

        masked = await mask_of(store, row)
        async for event in happened(store, row, follow=follow):
            typer.echo(json.dumps(to_json(masked(event)), ensure_ascii=False))
        return
    tell = await teller_of(store, row)
    async for event in happened(store, row, follow=follow):
        tell(event)


async def teller_of(store: Store, row: SagaRow) -> Callable[[Event], None]:
    """Return what tells people a saga's events, one after the other from the first one on."""
    from sagadsl.cli.recalling import definition_of
    from sagadsl.cli.telling import teller

    saga: Saga = (await definition_of(store, row)).new(row.id)
    tell = teller()

    def take(event: Event) -> None:
        tell(saga, event, saga.apply(event))

    return take


async def happened(store: Store, row: SagaRow, *, follow: bool, after: int = 0) -> AsyncIterator[Event]:
    """Yield a saga's events; if they are followed, until the saga does nothing by itself."""
    from sagadsl.machine.lifecycles import AT_REST

    while True:
        status = (await store.row(row.id)).status  # before its events: none of those before it came to rest is missed
        for event in await store.events(row.id, after):
            yield event
            after = event.seq
        if not follow or status in AT_REST:
            return
        await asyncio.sleep(_BETWEEN_LOOKS)
