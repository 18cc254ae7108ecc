"""Loading the user's services: a module's name or a file, which has a `Services` object; or a `services.yaml`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from sagadsl.cli.exits import CommandError
from sagadsl.runtime.services import Services

CATALOGUES = (".yaml", ".yml", ".json")
"""How the files end that describe services over HTTP."""


def load_services(names: Sequence[str]) -> Services:
    """Return all services of modules and files, together.

    Args:
        names: Each `package.module`, the path of a file that ends in `.py`, whose folder can be imported from, or that
            of a `services.yaml`.

    Raises:
        CommandError: One is not there, does not load, or has no services; or two have the same action.
        typer.Exit: A `services.yaml` has errors, which have been shown.
    """
    first, *others = [_load_catalogue(name) if name.endswith(CATALOGUES) else _load_python(name) for name in names]
    if not others:
        return first
    try:
        return Services().include(first, *others)
    except ValueError as error:
        raise CommandError(f"{', '.join(names)}: {error}", hint="leave it out of one of them") from None


def _load_catalogue(name: str) -> Services:
    import typer

    from sagadsl.cli.exits import PROBLEMS
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.runtime.http.loading import load_services
    from sagadsl.runtime.services import ServicesError

    if not Path(name).is_file():
        raise CommandError(f"{name}: there is no such file")
    try:
        return load_services(name)
    except DefinitionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(PROBLEMS) from None
    except ServicesError as error:
        raise CommandError(str(error)) from None


def _load_python(name: str) -> Services:
    """Return the services that a module or a Python file registers."""
    module = _load_file(Path(name)) if name.endswith(".py") else _load_module(name)
    found = {id(value): value for value in vars(module).values() if isinstance(value, Services)}
    named = vars(module).get("services")
    if isinstance(named, Services):
        return named
    if len(found) == 1:
        return next(iter(found.values()))
    how_many = "no" if not found else "more than one"
    raise CommandError(
        f"{name}: there is {how_many} Services object in it",
        hint="write `services = Services()` at the top of the module, and register the actions with it",
    )


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise CommandError(f"{path}: there is no such file")
    # a name of our own: the file may be called as some module is that others import
    name = f"sagadsl_services_of_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CommandError(f"{path}: this cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the user's module does wrong
        raise _does_not_load(str(path), error) from None
    return module


def _load_module(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the user's module does wrong
        raise _does_not_load(name, error) from None


def _does_not_load(name: str, error: BaseException) -> CommandError:
    return CommandError(
        f"{name}: the services cannot be loaded: {_place(name, error)}{type(error).__name__}: {error}",
        hint="run `python -c 'import …'` on it to see more" if isinstance(error, ImportError) else "",
    )


def _place(name: str, error: BaseException) -> str:
    """Return the line of the user's file at which it went wrong, if it can be told."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"line {error.lineno}: "
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).name == name_of(name)
    ]
    return f"line {lines[-1]}: " if lines and lines[-1] is not None else ""


def name_of(name: str) -> str:
    """Return the file name of a module or file."""
    return Path(name).name if name.endswith(".py") else f"{name.rpartition('.')[2]}.py"
