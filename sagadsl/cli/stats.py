"""`sagadsl stats`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.formats import Format, FormatOption, printable
from sagadsl.cli.stores import StoreOption, look

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import Filter, Stats, Store
    from sagadsl.runtime.stored import Statistics

NEEDS_ARGUMENTS = False

_AT_MOST = 10_000
"""Sagas that are looked through at the most for those that nobody goes on with."""


def command(
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Only sagas of the definition of this name.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only sagas that were started since then: `2h` ago, or `2030-01-31 12:00`."),
    ] = None,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Count sagas: how many there are in which status, how many succeed, and how long they take.

    The success rate is the share that completed of the sagas that do not run any more. Durations are those of completed
    sagas.

    Of sagas that are not finished it is said if nobody goes on with them, because no engine is at work or none offers
    the actions that they call.

    Exit code 0, 2 when there is no such store or no definition of this name in it, 69 when it cannot be used.
    """
    from sagadsl.cli.moments import since as instant
    from sagadsl.runtime.store.contract import Filter
    from sagadsl.runtime.stored import statistics

    which = Filter(name=name, created_after=None if since is None else instant(since, "--since"))

    stats, stranded = look(store, lambda opened: _count(opened, which))
    found = statistics(stats)
    if format is Format.JSON:
        typer.echo(json.dumps({**asdict(found), "stranded": stranded}, ensure_ascii=False, indent=2))
    else:
        _write(found)
        for why, number in stranded.items():
            least = "at least " if number == _AT_MOST else ""
            typer.echo(printable(f"\n{least}{number:,} not finished, and {why}"))


async def _count(store: Store, which: Filter) -> tuple[Stats, Mapping[str, int]]:
    from sagadsl.cli.known import check_definition

    stats = await store.stats(which)
    if not any(stats.by_status.values()):
        await check_definition(store, which.name)
    return stats, await _stranded(store, which)


async def _stranded(store: Store, which: Filter) -> Mapping[str, int]:
    """Return how many sagas nobody goes on with, by the reason."""
    from sagadsl.cli.stranded import MOVING, obstacles
    from sagadsl.runtime.bulk import Selection, chosen

    rows = await chosen(store, Selection(replace(which, statuses=MOVING)), _AT_MOST)
    return Counter((await obstacles(store, rows)).values())


def _write(found: Statistics) -> None:
    from rich.text import Text

    from sagadsl.cli.tables import STYLES, console

    to = console()
    for label, value, status in _lines(found):
        to.print(Text(f"{label:<22}{value:>12}".rstrip(), style=STYLES.get(status, "")))


def _lines(found: Statistics) -> Iterator[tuple[str, str, str]]:
    from sagadsl.cli.moments import length
    from sagadsl.machine.lifecycles import SAGA

    yield "sagas", f"{found.total:,}", ""
    for status in SAGA.states:
        if found.by_status.get(status):
            yield f"  {status}", f"{found.by_status[status]:,}", status
    if found.success_rate is not None:
        yield "", "", ""
        yield "success rate", f"{found.success_rate:.1%}", ""
    took = found.durations
    if took is not None:
        yield "", "", ""
        yield "completed after", "", ""
        for label, seconds in (
            ("at the least", took.minimum), ("half of them", took.median), ("95 of 100", took.p95),
            ("at the most", took.maximum), ("on average", took.mean),
        ):  # fmt: skip
            yield f"  {label}", length(seconds), ""
