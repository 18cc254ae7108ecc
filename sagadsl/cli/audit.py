"""`sagadsl audit`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import OK, PROBLEMS, CommandError
from sagadsl.cli.formats import Format, FormatOption, counted, printable

if TYPE_CHECKING:
    from sagadsl.runtime.audit import Audit, Finding

_SHOWN = 20


def command(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="What `sagadsl export` or `sagadsl purge` has written.")
    ],
    hash: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option(metavar="HASH", help="What the last hash has to be, as `export` has told it.")
    ] = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Verify the stories of sagas: that nothing was changed, and that what they claim follows from their events.

    Each hash has to fit its line and the line before, the definition its hash, and the events, replayed, have to lead
    to the status, the output and the error that the story claims.

    Exit code 0 when all is well, 1 when something is wrong or a file cannot be read, 2 when the command is.
    """
    if hash is not None and len(files) > 1:
        raise CommandError("--hash is about one file")
    audits = {path: _audit(path, hash) for path in files}
    if format is Format.JSON:
        typer.echo(json.dumps([_to_json(path, audit) for path, audit in audits.items()], ensure_ascii=False, indent=2))
    else:
        for path, audit in audits.items():
            _write(path, audit)
    raise typer.Exit(OK if all(audit.is_sound for audit in audits.values()) else PROBLEMS)


def _audit(path: Path, wanted: str | None) -> Audit:
    from sagadsl.cli.archived import lines_of
    from sagadsl.runtime.audit import Finding, audit

    found = audit(lines_of(path))
    if wanted is not None and found.last_hash != wanted.strip():
        found.findings.append(Finding(0, f"the last hash is {found.last_hash or 'none'}, not the one that was given"))
    return found


def _to_json(path: Path, audit: Audit) -> dict[str, object]:
    return {
        "file": str(path),
        "sound": audit.is_sound,
        "sagas": audit.sagas,
        "events": audit.events,
        "last_hash": audit.last_hash,
        "findings": [{"line": finding.line, "message": finding.message} for finding in audit.findings],
        "notes": audit.notes,
    }


def _write(path: Path, audit: Audit) -> None:
    sagas = f"{counted(len(audit.sagas), 'saga')}, {counted(audit.events, 'event')}"
    if audit.is_sound:
        typer.echo(f"{path}: sound; {sagas}, the last hash is {audit.last_hash}")
    else:
        typer.echo(f"{path}: NOT sound; {counted(len(audit.findings), 'finding')}, {sagas}")
        _list([f"  {_place(finding)}{finding.message}" for finding in audit.findings])
    _list([f"  note: {note}" for note in audit.notes])


def _place(finding: Finding) -> str:
    return f"line {finding.line}: " if finding.line else ""


def _list(lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        typer.echo(printable(line))
    if len(lines) > _SHOWN:
        typer.echo(f"  and {len(lines) - _SHOWN:,} more; --format json lists them all")
