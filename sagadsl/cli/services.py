"""`sagadsl services`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.cli.formats import Format, FormatOption

if TYPE_CHECKING:
    from sagadsl.runtime.http.probing import Health


class Action(StrEnum):
    """What to do with a catalogue of services."""

    CHECK = "check"
    SCHEMA = "schema"


def command(
    action: Annotated[
        Action,
        typer.Argument(
            metavar="check|schema",
            help="`check` says which services answer. `schema` prints the JSON Schema of `services.yaml`, for editors.",
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The `services.yaml`.", show_default="services.yaml")
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait for each service.")] = "5s",
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Say which of the services of a `services.yaml` answer.

    Each service with a `url` is asked for its `health` path; one that has none is asked for its URL, and every answer
    below 500 is fine, and 501, which only says no to GET. They are asked at the same time, with the headers of the
    file. Nothing is asked of actions.

    Exit code 0 when all of them answer, 1 when one does not or the file has errors, 2 when there is no such file or a
    variable that it reads is not set.
    """
    if action is Action.SCHEMA:
        from sagadsl.language.catalogue import catalogue_schema_text

        typer.echo(catalogue_schema_text(), nl=False)
        return
    found = _probed(file or Path("services.yaml"), _seconds(timeout))
    _write(found, format)
    if not all(health.is_well for health in found):
        raise typer.Exit(PROBLEMS)


def _seconds(text: str) -> float:
    from sagadsl.language.durations import parse_duration

    try:
        seconds = parse_duration(float(text) if text.replace(".", "", 1).isdecimal() else text)
    except ValueError as error:
        raise CommandError(f"--timeout {text}: {error}") from None
    if not seconds:
        raise CommandError(f"--timeout {text}: nobody answers within no time")
    return seconds


def _probed(file: Path, seconds: float) -> list[Health]:
    from sagadsl.cli import files
    from sagadsl.language.catalogue import read_services
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.runtime.http.probing import probe_all
    from sagadsl.runtime.services import ServicesError

    if not file.is_file():
        raise CommandError(f"{file}: there is no such file")
    try:
        bindings = read_services(files.read(file), str(file))
        found = asyncio.run(probe_all(bindings.values(), str(file), seconds))
    except DefinitionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(PROBLEMS) from None
    except ServicesError as error:
        raise CommandError(str(error)) from None
    if not found:
        raise CommandError(f"{file}: no service in it has a 'url', so there is none to ask")
    return found


def _write(found: Sequence[Health], format: Format) -> None:  # noqa: A002 - the option's name
    if format is Format.JSON:
        typer.echo(json.dumps([health.to_json() for health in found], ensure_ascii=False, indent=2))
        return
    from sagadsl.cli.tables import Column, show

    columns = [Column("service"), Column(""), Column("took", is_number=True), Column("asked", least=20, goes=1)]
    columns.append(Column("answer", least=20))
    show(columns, [(h.service, "✓" if h.is_well else "✗", f"{h.seconds:.3f}s", h.asked, h.answer) for h in found])
