"""`sagadsl new`."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli.exits import PROBLEMS, USAGE, CommandError
from sagadsl.language.scalars import resolve

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_STARTERS = Path(__file__).with_name("starters")


class Form(StrEnum):
    """How the definition is written."""

    STEPS = "steps"
    STATES = "states"


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The saga's name.")],
    form: Annotated[
        Form, typer.Option(help="`steps` for a straight line; `states` for one with branches.")
    ] = Form.STATES,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="NAME.yaml"),
    ] = None,
) -> None:
    """Write a definition to begin with: it is valid, and its comments say what each part is for.

    A file that is there already is never overwritten.
    """
    if not _NAME.fullmatch(name):
        hint = f"for example {_suggestion(name)}: letters, digits and _, not beginning with a digit, at most 64 of them"
        raise CommandError(f"{name!r} cannot be a saga's name", USAGE, hint=hint)
    target = output or Path(f"{name}.yaml")
    text = (_STARTERS / f"{form.value}.yaml").read_text(encoding="utf-8")
    _write_new(target, text.replace("name: NAME", f"name: {_written(name)}").replace("FILE", str(target)))
    typer.echo(f"{target} is written; look at it with: sagadsl draw {target} -o {target.with_suffix('.svg')}")


def _written(name: str) -> str:
    """Return the name as YAML reads it back: `null` and `true` are names only in quotes."""
    return name if isinstance(resolve(name), str) else f'"{name}"'


def _suggestion(name: str) -> str:
    words = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:63]
    return f"_{words}" if words[:1].isdigit() else words or "my_saga"


def _write_new(target: Path, text: str) -> None:
    try:
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        raise CommandError(f"{target}: there is a file of this name already", hint="name another with -o") from None
    except OSError as error:
        raise CommandError(f"{target}: cannot be written: {error.strerror}", PROBLEMS) from None
