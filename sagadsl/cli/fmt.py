"""`sagadsl fmt`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from enum import Enum, auto
from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.language.diagnostics import DefinitionError, render_text
from sagadsl.language.formatting import CannotFormatError, formatted
from sagadsl.language.source import read_text


class _Result(Enum):
    SAME = auto()
    CHANGED = auto()
    REFUSED = auto()


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Definitions, or folders with definitions.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; print what would change.")] = False,
) -> None:
    """Write definitions in one way: keys in the order of the schema, two columns a level, even spaces.

    Comments, the order of states and of data, quotes, anchors, block and flow style and long texts stay as they are.
    What a definition means never changes: both texts are read and compared before anything is written, and a file
    whose meaning would not be the same is left alone. Lines end with LF; a byte order mark is taken away.

    Exit code 1 when a file cannot be read or is left alone, and with `--check` when there is something to change.
    """
    results = [_format(path, check) for path in files.find(paths)]
    typer.echo(_summary(results, check))
    if _Result.REFUSED in results or (check and _Result.CHANGED in results):
        raise typer.Exit(PROBLEMS)


def _format(path: Path, check: bool) -> _Result:
    file = str(path)
    try:
        text = read_text(path)
        result = formatted(text, file)
    except DefinitionError as error:
        typer.echo(render_text(error.diagnostics, error.texts or _texts(path)), err=True)
        return _Result.REFUSED
    except CannotFormatError as error:
        typer.echo(f"{file}: left alone: {error}", err=True)
        return _Result.REFUSED
    if result.encode() == path.read_bytes():
        return _Result.SAME
    if check:
        typer.echo("".join(_difference(text, result, file)), nl=False)
    else:
        _write(path, result)
        typer.echo(f"formatted {file}")
    return _Result.CHANGED


def _texts(path: Path) -> dict[str, str]:
    try:
        return {str(path): read_text(path)}
    except DefinitionError:  # it is the very problem that is shown
        return {}


def _difference(before: str, after: str, file: str) -> Iterator[str]:
    """Yield a unified difference, and in words what it could not show."""
    plain = before.replace("\r\n", "\n").replace("\r", "\n")
    lines = list(
        unified_diff(
            plain.removesuffix("\n").split("\n"),
            after.removesuffix("\n").split("\n"),
            file,
            f"{file} (formatted)",
            lineterm="",
        )
    )
    if plain != before:
        yield f"{file}: its lines do not end with LF\n"
    elif not before.endswith("\n"):
        yield f"{file}: its last line has no end\n"
    elif not lines:
        yield f"{file}: has a byte order mark\n"
    for line in lines:
        yield f"{line}\n"


def _write(path: Path, text: str) -> None:
    """Put a text in the place of a file in one move, with the file's own permissions.

    Raises:
        CommandError: It cannot be written; the file is as it was.
    """
    target = path.resolve()  # a link stays one
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}", PROBLEMS) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        shutil.copymode(target, name)
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise CommandError(f"{path}: cannot be written: {error.strerror}", PROBLEMS) from None


def _summary(results: list[_Result], check: bool) -> str:
    said = {
        _Result.CHANGED: "to be formatted" if check else "formatted",
        _Result.SAME: "already in form",
        _Result.REFUSED: "left alone",
    }
    counts = [(results.count(result), words) for result, words in said.items()]
    return ", ".join(f"{count} {words}" for count, words in counts if count)
