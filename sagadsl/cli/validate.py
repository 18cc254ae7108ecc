"""`sagadsl validate`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, render_text, to_json
from sagadsl.language.load import check
from sagadsl.language.source import read_text


class Format(StrEnum):
    """How the diagnostics are written."""

    TEXT = "text"
    JSON = "json"


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Definitions, or folders with definitions.")],
    format: Annotated[  # noqa: A002 - the option's name
        Format,
        typer.Option(help="`text` for people, on standard error; `json` for programs, on standard output."),
    ] = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
) -> None:
    """Check definitions: their text, their structure, their expressions and the rules of sagas.

    Exit code 0 when there is no error (warnings are shown and do not count, unless `--strict`), 1 when there is, 2 when
    a path is not there.
    """
    found = files.find(paths)
    texts: dict[str, str] = {}
    diagnostics = [diagnostic for path in found for diagnostic in _check(path, texts)]
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    if format is Format.JSON:
        typer.echo(json.dumps(to_json(diagnostics), ensure_ascii=False, indent=2))
    else:
        if diagnostics:
            typer.echo(render_text(diagnostics, texts), err=True)
        typer.echo(_summary(len(found), errors, warnings))
    if errors or (strict and warnings):
        raise typer.Exit(PROBLEMS)


def _check(path: Path, texts: dict[str, str]) -> list[Diagnostic]:
    try:
        text = read_text(path)
    except DefinitionError as error:
        return list(error.diagnostics)
    texts[str(path)] = text
    return check(text, str(path))[1]


def _summary(files: int, errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return "1 definition is valid" if files == 1 else f"{files} definitions are valid"
    return f"{_count(files, 'definition')} checked: {_count(errors, 'error')}, {_count(warnings, 'warning')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
