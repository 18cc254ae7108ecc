"""`sagadsl dead-letters`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.decide_options import ErrorOption, NameOption, OlderThanOption, StatusOption, selected
from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import Format, FormatOption, printable
from sagadsl.cli.stores import StoreOption, look
from sagadsl.machine.lifecycles import DEAD

if TYPE_CHECKING:
    from sagadsl.cli.reasons import Below
    from sagadsl.cli.recalling import Recalled
    from sagadsl.runtime.bulk import Selection
    from sagadsl.runtime.store.contract import SagaRow, Store

NEEDS_ARGUMENTS = False

_AT_MOST = 20


def command(
    saga: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Everything about this saga, by its id or the beginning of it."),
    ] = None,
    status: StatusOption = None,
    name: NameOption = None,
    error: ErrorOption = None,
    older_than: OlderThanOption = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="So many at the most.")] = _AT_MOST,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """List the sagas that wait for a person, or tell everything that is needed to decide about one.

    That is what was done and undone, what failed with which answer, what is in doubt, what people have decided before,
    and the commands that can be given now, to be pasted. With `--format json` all of that is said of each saga.

    Exit code 0, 2 when there is no such saga or store, or no definition of this name, 69 when the store cannot be used.
    """
    options = [] if store is None else ["--store", store]
    if saga is not None:
        if status or name or error or older_than:
            raise CommandError("an ID is about one saga; leave the other options out")
        _write_one(*look(store, lambda opened: _one(opened, saga)), options, format)
        return
    which = selected(status or DEAD, name, error, older_than)
    if format is Format.JSON:
        typer.echo(
            json.dumps(look(store, lambda opened: _all(opened, which, limit, options)), ensure_ascii=False, indent=2)
        )
    else:
        _write(*look(store, lambda opened: _shown(opened, which, limit)), limit)


async def _one(store: Store, given: str) -> tuple[Recalled, str | None, list[Below]]:
    from sagadsl.cli.finding import find
    from sagadsl.cli.reasons import below
    from sagadsl.cli.recalling import recalled
    from sagadsl.runtime.reach import reach

    found = await recalled(store, await find(store, given))
    return found, await (await reach(store)).lacking(found.row), await below(store, found.row.id)


async def _rows(store: Store, which: Selection, limit: int) -> list[SagaRow]:
    from sagadsl.cli.known import check_definition
    from sagadsl.runtime.bulk import chosen

    rows = await chosen(store, which, limit + 1)
    if not rows:
        await check_definition(store, which.which.name)
    return rows


async def _shown(
    store: Store, which: Selection, limit: int
) -> tuple[list[SagaRow], Mapping[str, str], Mapping[str, str]]:
    from sagadsl.cli.masking import masked_rows
    from sagadsl.cli.reasons import reasons
    from sagadsl.cli.stranded import lacking

    rows = await _rows(store, which, limit)
    shown = await masked_rows(store, rows)
    return shown, await reasons(store, shown[:limit]), await lacking(store, rows[:limit])


async def _all(store: Store, which: Selection, limit: int, options: Sequence[str]) -> object:
    from sagadsl.cli.stranded import lacking

    rows = await _rows(store, which, limit)
    missing = await lacking(store, rows[:limit])
    told = [await _data(store, row, missing.get(row.id), options) for row in rows[:limit]]
    return {"sagas": told, "more": len(rows) > limit}


async def _data(store: Store, row: SagaRow, lacking: str | None, options: Sequence[str]) -> object:
    from sagadsl.cli.dead_letter import to_json
    from sagadsl.cli.reasons import below
    from sagadsl.cli.recalling import recalled
    from sagadsl.runtime.store.contract import StoreError

    try:
        return to_json(await recalled(store, row), lacking, options, await below(store, row.id))
    except (StoreError, CommandError) as error:  # it must not keep the others from being listed
        return {"saga_id": row.id, "name": row.name, "status": row.status, "unreadable": str(error)}


def _write_one(
    found: Recalled,
    lacking: str | None,
    below: Sequence[Below],
    options: Sequence[str],
    format: Format,  # noqa: A002 - the option's name
) -> None:
    from sagadsl.cli.dead_letter import tell, to_json

    if format is Format.JSON:
        typer.echo(json.dumps(to_json(found, lacking, options, below), ensure_ascii=False, indent=2))
    else:
        tell(found, lacking, options, below)


def _write(rows: Sequence[SagaRow], reasons: Mapping[str, str], lacking: Mapping[str, str], limit: int) -> None:
    from sagadsl.cli.stranded import told
    from sagadsl.cli.tables import Column, show

    if not rows:
        typer.echo("no saga waits for a person", err=True)
        return
    columns = [
        Column("saga", least=13),
        Column("definition", least=8, goes=1),
        Column("status"),
        Column("since", goes=3),
        Column("key", least=8, goes=2),
        Column("run for", least=8, goes=4),
        Column("because of", least=12),
    ]
    show(columns, _cells(rows[:limit], reasons))
    for line in told(lacking):
        typer.echo(printable(line), err=True)
    if len(rows) > limit:
        typer.echo("there are more: ask for them with --limit", err=True)
    typer.echo("`sagadsl dead-letters ID` says what has happened and what can be decided", err=True)


def _cells(rows: Sequence[SagaRow], reasons: Mapping[str, str]) -> Iterator[Sequence[str]]:
    from sagadsl.cli.moments import clock_time

    for row in rows:
        run_for = "" if row.parent is None else row.parent
        yield row.id, row.name, row.status, clock_time(row.updated_at), row.key or "", run_for, reasons[row.id]
