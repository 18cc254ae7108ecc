"""`sagadsl expand`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli import files
from sagadsl.language.expand import expand
from sagadsl.language.source import parse, read_text


def command(file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")]) -> None:
    """Print a definition written out as `states`.

    `steps` become states that lead to each other, with the `succeed` state that follows the last; anchors, aliases and
    merge keys become what they stand for. Nothing else changes: defaults are not filled in, and what is printed means
    the same and compiles to the same machines. Comments are lost.
    """
    definition = files.load(file)
    typer.echo(expand(parse(read_text(file), str(file)).data, definition), nl=False)
