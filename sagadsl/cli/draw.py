"""`sagadsl draw`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.diagrams import FORMATS, DrawingError, render


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Where to; its ending says what: .dot, .svg, .png, .mmd.",
            show_default="DOT, printed",
        ),
    ] = None,
) -> None:
    """Draw a definition as DOT, SVG, PNG or Mermaid.

    SVG needs nothing installed. PNG needs Graphviz (`dot`).
    """
    kind = "dot" if output is None else _format(output)
    definition = files.load(file)
    try:
        picture = render(definition, kind)
    except DrawingError as error:
        raise CommandError(f"{file}: {error}", PROBLEMS) from None
    if output is None:
        sys.stdout.buffer.write(picture)
        return
    try:
        output.write_bytes(picture)
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}", PROBLEMS) from None


def _format(output: Path) -> str:
    try:
        return FORMATS[output.suffix.lower()]
    except KeyError:
        endings = ", ".join(FORMATS)
        raise CommandError(f"{output}: a picture's name ends in one of {endings}") from None
