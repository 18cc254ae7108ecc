"""`sagadsl ls`."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import Format, FormatOption, printable
from sagadsl.cli.masking import masked_rows
from sagadsl.cli.stores import StoreOption, look
from sagadsl.language.suggest import did_you_mean, one_of
from sagadsl.machine.lifecycles import SAGA

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import Filter, Page, SagaRow, Store

NEEDS_ARGUMENTS = False

ACTIVE = "active"
_AT_MOST = 20
_MANY = 10_000  # quiet sagas are looked through at the most, where other filters choose among them


@dataclass(frozen=True, slots=True)
class _Listed:
    """A page: its sagas, the cursor of the next one, when something happened last, and what nobody goes on with."""

    sagas: Sequence[SagaRow]
    after: str | None
    last_events: Mapping[str, float]
    stranded: Mapping[str, str]


def command(
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="STATUS", help=f"Only sagas in this status; `{ACTIVE}` for all that are not final."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Only sagas of the definition of this name.")] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="Only sagas with this business key.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only sagas that were started since then: `2h` ago, or `2030-01-31 12:00`."),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Only sagas that are not final and have been quiet for so long; the longest quiet first.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=_MANY, help="So many at the most.")] = _AT_MOST,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Go on from where an earlier list ended, as that list says.")
    ] = None,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """List sagas, the youngest first.

    What several options ask for has to hold together; of statuses, any one.

        sagadsl ls --status active --since 2h

    Exit code 0, 2 when there is no such store or no definition of this name in it, 69 when it cannot be used.
    """
    from sagadsl.cli.moments import duration
    from sagadsl.cli.moments import since as instant
    from sagadsl.runtime.store.contract import Filter

    which = Filter(
        name=name,
        statuses=statuses(status or []),
        key=key,
        created_after=None if since is None else instant(since, "--since"),
    )
    if older_than is None:
        listed = look(store, lambda opened: _listed(opened, _page(opened, which, after, limit), name))
    elif after is not None:
        raise CommandError("--after: a list of quiet sagas has no pages", hint="ask for more of them with --limit")
    else:
        before = time.time() - duration(older_than, "--older-than")
        listed = look(store, lambda opened: _listed(opened, _quiet(opened, which, before, limit), name))
    if format is Format.JSON:
        _write_json(listed)
    else:
        _write(listed)


def statuses(given: Sequence[str]) -> Collection[str]:
    """Return the statuses that `--status` options name.

    Raises:
        CommandError: There is no such status.
    """
    chosen: dict[str, None] = {}
    for status in given:
        if status == ACTIVE:
            chosen.update((each, None) for each in SAGA.states if each not in SAGA.final)
        elif status in SAGA.states:
            chosen[status] = None
        else:
            known = [*SAGA.states, ACTIVE]
            hint = did_you_mean(status, known) or f"it is {one_of(known)}"
            raise CommandError(f"--status {status}: there is no such status", hint=hint)
    return tuple(chosen)


async def _listed(store: Store, page: Awaitable[Page], name: str | None) -> _Listed:
    """Return what is told of a page.

    Raises:
        CommandError: It is empty, and the store has no definition of the name that was asked for.
    """
    from sagadsl.cli.known import check_definition
    from sagadsl.cli.stranded import obstacles

    found = await page
    if not found.sagas:
        await check_definition(store, name)
    last_events = await store.last_events([row.id for row in found.sagas])
    return _Listed(found.sagas, found.after, last_events, await obstacles(store, found.sagas))


async def _page(store: Store, which: Filter, after: str | None, limit: int) -> Page:
    try:
        page = await store.list(which, after=after, limit=limit)
        return replace(page, sagas=tuple(await masked_rows(store, page.sagas)))
    except ValueError:
        raise CommandError(f"--after {after}: an earlier list has not ended so") from None


async def _quiet(store: Store, which: Filter, before: float, limit: int) -> Page:
    from sagadsl.runtime.store.contract import EVERYTHING, Page

    rows = await store.stale(before, limit if which == EVERYTHING else _MANY)
    found = [row for row in rows if _is_one(row, which)][:limit]
    return Page(tuple(await masked_rows(store, found)))


def _is_one(row: SagaRow, which: Filter) -> bool:
    return (
        which.name in {None, row.name}
        and which.key in {None, row.key}
        and (not which.statuses or row.status in which.statuses)
        and (which.created_after is None or row.created_at >= which.created_after)
    )


def _write_json(listed: _Listed) -> None:
    from sagadsl.cli.rows import to_json

    rows = [
        {**to_json(row, listed.last_events.get(row.id)), "obstacle": listed.stranded.get(row.id)}
        for row in listed.sagas
    ]
    data = {"sagas": rows, "after": listed.after}
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _write(listed: _Listed) -> None:
    from sagadsl.cli.stranded import told
    from sagadsl.cli.tables import Column, show

    if not listed.sagas:
        typer.echo("no sagas", err=True)
        return
    columns = [
        Column("saga", least=13),
        Column("definition", least=8, goes=1),
        Column("status"),
        Column("started", goes=3),
        Column("took", is_number=True, goes=4),
        Column("key", least=8, goes=2),
        Column("because of", least=8, goes=5),
    ]
    show(columns, _cells(listed.sagas))
    for line in told(listed.stranded):
        typer.echo(printable(line), err=True)
    if listed.after is not None:
        typer.echo(f"there are more: --after {listed.after}", err=True)


def _cells(rows: Sequence[SagaRow]) -> Iterator[Sequence[str]]:
    from sagadsl.cli.moments import clock_time, length
    from sagadsl.runtime.stored import short_hash

    texts: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        texts.setdefault((row.name, row.version), set()).add(row.hash)
    for row in rows:
        text = f" {short_hash(row.hash)}" if len(texts[row.name, row.version]) > 1 else ""
        took = "" if row.ended_at is None else length(row.ended_at - row.created_at)
        error = row.error_code or ""
        why = f"{error} at {row.error_state}" if error and row.error_state else error
        yield row.id, f"{row.name}{text}", row.status, clock_time(row.created_at), took, row.key or "", why
