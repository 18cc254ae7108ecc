"""`sagadsl schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.language.schema import schema_text

NEEDS_ARGUMENTS = False


def command(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="printed"),
    ] = None,
) -> None:
    """Print the JSON Schema (draft-07) of definitions, or write it to a file, for editors and other tools.

    Keep it beside your definitions and let the editor know of it with a first line such as
    `# yaml-language-server: $schema=saga.schema.json`.
    """
    if output is None:
        typer.echo(schema_text(), nl=False)
        return
    try:
        output.write_text(schema_text(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}", PROBLEMS) from None
