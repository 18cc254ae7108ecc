"""Finding definitions, and reading one or saying what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from sagadsl.cli.exits import PROBLEMS, USAGE, CommandError
from sagadsl.language.definition import Definition, SubSaga

ENDINGS = (".yaml", ".yml")
SKIPPED = (".scenarios.yaml", ".scenarios.yml")


def find(paths: Sequence[Path], *, catalogues: bool = False) -> list[Path]:
    """Return the definitions at these paths, each once: a file as it is, a folder's YAML files at any depth.

    Args:
        paths: Files and folders.
        catalogues: Whether files in folders that describe services are returned as well.

    Raises:
        CommandError: A path does not exist, or a folder has no definitions.
    """
    found: dict[Path, None] = {}
    skipped: Path | None = None
    for path in paths:
        if path.is_dir():
            files = sorted(each for each in _in_folder(path) if catalogues or not _is_catalogue(each))
            if not files:
                raise CommandError(
                    f"{path}: there is no definition in this folder",
                    hint=f"definitions end in {' or '.join(ENDINGS)}",
                )
            found.update(dict.fromkeys(files))
        elif path.name.endswith(SKIPPED):
            skipped = path
        elif path.exists():
            found[path] = None
        else:
            raise CommandError(f"{path}: there is no such file or folder")
    if skipped is not None and not found:
        raise CommandError(f"{skipped}: these are scenarios, not a definition", hint="run them with `sagadsl test`")
    return list(found)


def _in_folder(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise CommandError(f"{error.filename}: the folder cannot be read: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        yield from (path for path in paths if path.suffix in ENDINGS and not path.name.endswith(SKIPPED))


def _is_catalogue(path: Path) -> bool:
    from sagadsl.language.kinds import is_catalogue

    try:
        return is_catalogue(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):  # whoever reads it as a definition says what is wrong with it
        return False


def load(path: Path) -> Definition:
    """Return a definition; warnings are shown.

    Raises:
        CommandError: The path is not a file, or one that describes services.
        typer.Exit: The definition has errors, which have been shown.
    """
    from sagadsl.language.diagnostics import render_text
    from sagadsl.language.kinds import is_catalogue
    from sagadsl.language.load import check

    if path.is_dir():
        raise CommandError(f"{path}: this is a folder; name one definition in it", USAGE)
    if not path.exists():
        raise CommandError(f"{path}: there is no such file", USAGE)
    text = read(path)
    if is_catalogue(text):
        raise CommandError(
            f"{path}: this describes services, and is no definition",
            hint="`sagadsl validate` checks it; --services and --catalogue take it",
        )
    definition, diagnostics = check(text, str(path))
    if diagnostics:
        typer.echo(render_text(diagnostics, {str(path): text}), err=True)
    if definition is None or any(diagnostic.severity == "error" for diagnostic in diagnostics):
        raise typer.Exit(PROBLEMS)
    return definition


_BETWEEN = frozenset({"SAGA218", "SAGA219", "SAGA419", "SAGA515"})
"""What is told of sagas that run each other. One that is missing may be known to the store, and is no mistake yet."""


def load_together(paths: Sequence[Path]) -> list[Definition]:
    """Return definitions that may run each other; warnings are shown, also of what one hands to another.

    Raises:
        CommandError: A path is not a file.
        typer.Exit: One of them has errors, or they do not fit each other, which has been shown.
    """
    definitions = [load(path) for path in paths]
    if len(paths) < 2 or not any(isinstance(state, SubSaga) for d in definitions for state in d.all_states.values()):  # noqa: PLR2004 - two sagas
        return definitions
    from sagadsl.language.diagnostics import has_errors, render_text
    from sagadsl.language.load import check_all

    texts = {str(path): read(path) for path in paths}
    found = [each for each in check_all(texts).diagnostics if each.code in _BETWEEN]
    if found:
        typer.echo(render_text(found, texts), err=True)
    if has_errors(found):
        raise typer.Exit(PROBLEMS)
    return definitions


def read(path: Path) -> str:
    """Return the text of a file.

    Raises:
        typer.Exit: It cannot be read, and why has been shown.
    """
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.language.source import read_text

    try:
        return read_text(path)
    except DefinitionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(PROBLEMS) from None
