"""What `--catalogue FILE` gives the commands that look at what services may raise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS, USAGE, CommandError

if TYPE_CHECKING:
    from sagadsl.language.library import Catalogue


def known(path: Path | None) -> Catalogue | None:
    """Return what is known of the actions, or end the command by saying what is wrong with the file.

    Raises:
        CommandError: There is no such file.
        typer.Exit: The catalogue has errors, which have been shown.
    """
    if path is None:
        return None
    from sagadsl.language.catalogue import read_catalogue
    from sagadsl.language.diagnostics import render_text

    if not path.is_file():
        raise CommandError(f"{path}: there is no such file", USAGE)
    text = files.read(path)
    catalogue, found = read_catalogue(text, str(path))
    if catalogue is None:
        typer.echo(render_text(found, {str(path): text}), err=True)
        raise typer.Exit(PROBLEMS)
    return catalogue
