"""`sagadsl validate`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from sagadsl.cli import files
from sagadsl.cli.exits import PROBLEMS, USAGE, CommandError
from sagadsl.cli.progress import progress
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, in_order
from sagadsl.language.kinds import is_catalogue
from sagadsl.language.load import check_all
from sagadsl.language.source import read_text

if TYPE_CHECKING:
    from sagadsl.language.library import Catalogue


class Format(StrEnum):
    """How the diagnostics are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Definitions and files like `services.yaml`, or folders with them."),
    ],
    format: Annotated[  # noqa: A002 - the option's name
        Format,
        typer.Option(
            help="`text` for people, on standard error; on standard output `json` for programs, `sarif` for code "
            "scanning and `github` for builds on GitHub."
        ),
    ] = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the services' actions take, answer and raise: check against it too."),
    ] = None,
) -> None:
    """Check definitions: their text, their structure, their expressions and the rules of sagas.

    Definitions that are named together are checked together: a saga that runs another one needs it there. A file that
    describes services is checked for itself; only `--catalogue` checks definitions against one.

    Exit code 0 when there is no error (warnings are shown and do not count, unless `--strict`), 1 when there is, 2 when
    a path is not there.
    """
    found = [path for path in files.find(paths, catalogues=True) if not _is_same(path, catalogue)]
    texts: dict[str, str] = {}
    diagnostics = _read(found, texts)
    services = [file for file, text in texts.items() if is_catalogue(text)]
    for file in services:
        diagnostics += _in_catalogue(file, texts[file])
    known = _read_catalogue(catalogue, texts, diagnostics) if catalogue else None
    definitions = {file: text for file, text in texts.items() if file != str(catalogue) and file not in services}
    with progress(len(definitions)) as judged:
        diagnostics = in_order(diagnostics + check_all(definitions, known, judged).diagnostics)
    _write(format, diagnostics, texts, _Checked(len(found) - len(services), len(services)))
    if any(diagnostic.severity == "error" or strict for diagnostic in diagnostics):
        raise typer.Exit(PROBLEMS)


def _is_same(path: Path, catalogue: Path | None) -> bool:
    """Whether a path in a folder is the catalogue, which is no definition."""
    return catalogue is not None and path.name == catalogue.name and path.resolve() == catalogue.resolve()


def _read(paths: list[Path], texts: dict[str, str]) -> list[Diagnostic]:
    """Fill in the files' texts, and return why some cannot be read."""
    diagnostics: list[Diagnostic] = []
    for path in paths:
        try:
            texts[str(path)] = read_text(path)
        except DefinitionError as error:
            diagnostics += error.diagnostics
    return diagnostics


def _in_catalogue(file: str, text: str) -> list[Diagnostic]:
    from sagadsl.language.catalogue import read_catalogue

    return read_catalogue(text, file)[1]


def _read_catalogue(path: Path, texts: dict[str, str], diagnostics: list[Diagnostic]) -> Catalogue | None:
    """Return the catalogue, or add to the diagnostics why there is none."""
    from sagadsl.language.catalogue import read_catalogue

    if not path.is_file():
        raise CommandError(f"{path}: there is no such file", USAGE)
    diagnostics += _read([path], texts)
    catalogue, found = read_catalogue(texts[str(path)], str(path)) if str(path) in texts else (None, [])
    diagnostics += found
    return catalogue


def _write(format: Format, diagnostics: list[Diagnostic], texts: dict[str, str], checked: _Checked) -> None:  # noqa: A002
    if format is Format.TEXT and not diagnostics:
        typer.echo(checked.summary(0, 0))
        return
    from sagadsl.language import reports

    written = reports.write(format.value, diagnostics, texts)
    typer.echo(written, err=format is Format.TEXT)
    if format is Format.TEXT:
        errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
        typer.echo(checked.summary(errors, len(diagnostics) - errors))


class _Checked(NamedTuple):
    """How many files of each kind were checked."""

    definitions: int
    catalogues: int

    def summary(self, errors: int, warnings: int) -> str:
        """Return what has come of it, in a line."""
        kinds = [(self.definitions, "definition"), (self.catalogues, "services file")]
        files = " and ".join(_count(number, noun) for number, noun in kinds if number)
        if not errors and not warnings:
            return f"{files} {'is' if sum(self) == 1 else 'are'} valid"
        return f"{files} checked: {_count(errors, 'error')}, {_count(warnings, 'warning')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
