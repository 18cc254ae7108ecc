"""`sagadsl purge`."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.cli.formats import Format, FormatOption, counted
from sagadsl.cli.stores import StoreOption, look

if TYPE_CHECKING:
    from sagadsl.runtime.archive import Archive
    from sagadsl.runtime.archive_purge import Purge
    from sagadsl.runtime.store.contract import Filter, Store

_SUFFIX = ".jsonl.zst"


@dataclass(slots=True)
class _Count:
    """How many sagas were removed, or kept and why.

    `stopped` is the exit code of whoever was stopped by a signal, `last_hash` that of the archive's last line.
    """

    removed: int = 0
    kept: int = 0
    unreadable: int = 0
    stopped: int | None = None
    last_hash: str | None = None


def command(
    older_than: Annotated[
        str, typer.Option(metavar="DURATION", help="Sagas that were completed or undone so long ago: `30d`.")
    ],
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl.zst",
            help="Where their stories go before they are removed; it is added to.",
            dir_okay=False,
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Only sagas of the definition of this name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are.")] = False,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Remove sagas from the store that ended long ago.

    With an archive a saga is removed once its story is on the disk and has been read back from there, so that nothing
    is lost when the command is interrupted; given again, it goes on. `sagadsl events ID --archive FILE` and
    `sagadsl draw --run ID --archive FILE` read it. A saga is kept while one that runs it has not ended.

        sagadsl purge --older-than 30d --archive 2030.jsonl.zst

    Exit code 0, 1 when a saga cannot be read or the archive cannot be written, 2 when there is no such store or no
    definition of this name in it, 69 when it cannot be used, 130 after Ctrl-C.
    """
    from sagadsl.cli.moments import duration
    from sagadsl.machine.lifecycles import SAGA
    from sagadsl.runtime.archive import ArchiveError, open_archive
    from sagadsl.runtime.store.contract import Filter

    before = time.time() - duration(older_than, "--older-than")
    if archive is not None and not archive.name.endswith(_SUFFIX):
        raise CommandError(f"--archive {archive}: an archive's name ends in {_SUFFIX}")
    which = Filter(name=name, statuses=tuple(SAGA.final), created_before=before)
    try:
        with nullcontext() if archive is None or dry_run else open_archive(archive) as opened:
            count = look(store, lambda at: _purge(at, which, before, opened, dry_run=dry_run))
    except ArchiveError as error:
        raise CommandError(str(error), PROBLEMS) from None
    _write(count, format, dry_run=dry_run, archive=archive)
    raise typer.Exit(count.stopped or (PROBLEMS if count.unreadable else 0))


async def _purge(store: Store, which: Filter, before: float, archive: Archive | None, *, dry_run: bool) -> _Count:
    from sagadsl.cli.known import check_definition
    from sagadsl.cli.progress import progress
    from sagadsl.cli.stopping import Stopping
    from sagadsl.runtime.archive_purge import Purge

    await check_definition(store, which.name)
    count, total = _Count(), sum((await store.stats(which)).by_status.values())
    purge: Purge = Purge(store, archive, dry_run=dry_run)
    with Stopping() as stopping, progress(total, "purging") as advance:
        async for done in purge.run(before, which, lambda: stopping.exit_code is not None):
            count.removed += len(done.removed)
            count.kept += len(done.kept)
            count.unreadable += len(done.unreadable)
            for row in (*done.removed, *done.kept, *done.unreadable):
                advance(row.id)
        count.stopped = stopping.exit_code
    count.last_hash = None if archive is None else archive.last_hash
    return count


def _write(count: _Count, format: Format, *, dry_run: bool, archive: Path | None) -> None:  # noqa: A002
    if format is Format.JSON:
        data = {
            "dry_run": dry_run,
            "removed": count.removed,
            "kept": count.kept,
            "unreadable": count.unreadable,
            "archive": None if archive is None else str(archive),
            "last_hash": count.last_hash,
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    where = "" if archive is None else f" and archived in {archive}"
    if count.removed:
        typer.echo(f"{'would be ' if dry_run else ''}removed{where}: {counted(count.removed, 'saga')}")
        if count.last_hash is not None:
            typer.echo(f"the last hash is {count.last_hash}", err=True)
    if count.kept:
        typer.echo(f"kept, because a saga that runs them stays: {counted(count.kept, 'saga')}")
    if count.unreadable:
        typer.echo(f"kept, because this sagadsl cannot tell their story: {counted(count.unreadable, 'saga')}")
    if not (count.removed or count.kept or count.unreadable):
        typer.echo("no saga ended so long ago")
    if count.stopped is not None:
        typer.echo("stopped before the end; the same command goes on", err=True)
