"""`sagadsl compile`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli import files
from sagadsl.machine.compiler import compile_saga


class Format(StrEnum):
    """How the machines are written."""

    YAML = "yaml"
    JSON = "json"


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    format: Annotated[Format, typer.Option(help="How to write them.")] = Format.YAML,  # noqa: A002
) -> None:
    """Print the machines of a definition: the states and transitions that `transitions` is given.

    `flow` is the saga's own machine; `saga` and `step` are the lifecycles that every saga shares.
    """
    description = compile_saga(files.load(file)).describe()
    if format is Format.JSON:
        typer.echo(json.dumps(description, ensure_ascii=False, indent=2))
        return
    import yaml

    typer.echo(yaml.safe_dump(description, sort_keys=False, allow_unicode=True, width=110), nl=False)
