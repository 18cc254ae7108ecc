"""The way from a text to a definition: read, check the shape, build, check the meaning."""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import Any

from sagadsl.language.build import build
from sagadsl.language.definition import Definition, Json, Path
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, has_errors, in_order
from sagadsl.language.problems import Problem
from sagadsl.language.schema import structure_problems
from sagadsl.language.source import Document, parse, read_text

TEXT = "<text>"
"""What messages call a text that came from no file."""

_ENDINGS = (".yaml", ".yml", ".json")
# What is certainly true of a definition even when some of its optional keys had to be left out.
_INDEPENDENT = frozenset({"SAGA301", "SAGA401", "SAGA406"})
# Where a state stands: ("states", NAME). What is left out lies below, so that every state is still there.
_STATE_DEPTH = 2


def load(path_or_text: str | os.PathLike[str]) -> Definition:
    """Return the definition in a file or a text.

    Args:
        path_or_text: A path; a string that names a file or ends in .yaml, .yml or .json; or the text itself.

    Raises:
        DefinitionError: There is an error in it. It holds everything that was found, warnings as well.
    """
    if _is_path(path_or_text):
        file = os.fspath(path_or_text)
        text = read_text(file)
    else:
        file, text = TEXT, str(path_or_text)
    definition, diagnostics = check(text, file)
    if definition is None:
        raise DefinitionError(diagnostics, {file: text.removeprefix("\ufeff")})
    return definition


def _is_path(path_or_text: str | os.PathLike[str]) -> bool:
    if not isinstance(path_or_text, str):
        return True
    if "\n" in path_or_text or "\r" in path_or_text:
        return False
    return path_or_text.endswith(_ENDINGS) or _names_file(path_or_text)


def _names_file(text: str) -> bool:
    try:
        return FilePath(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with characters that no path has
        return False


def check(text: str, file: str) -> tuple[Definition | None, list[Diagnostic]]:
    """Return the definition in a text, or `None` where it has errors, and all that is to be said of it.

    Args:
        text: Any text at all.
        file: The name that messages give it.

    Returns:
        The definition and the diagnostics in the order of the text; warnings alone leave the definition whole.
    """
    try:
        document = parse(text, file)
    except DefinitionError as error:
        return None, list(error.diagnostics)
    problems = structure_problems(document.data)
    if problems:
        diagnostics = [problem.diagnostic(document) for problem in problems]
        return None, in_order(diagnostics + _beyond(document, problems))
    definition = build(document)
    found = in_order(_meaning(definition, document))
    return (None if has_errors(found) else definition), found


def _meaning(definition: Definition, document: Document) -> list[Diagnostic]:
    from sagadsl.language import checks  # noqa: PLC0415  brings CEL along, which a text of the wrong shape never needs

    return checks.run(definition, document)


def _beyond(document: Document, problems: list[Problem]) -> list[Diagnostic]:
    """What can be said for certain of a definition whose shape is wrong only in keys that it can do without."""
    data = document.data
    for problem in problems:
        data = _without(data, problem.path)
    if not isinstance(data, dict) or structure_problems(data):
        return []
    reduced = document.with_data(data)
    return [found for found in _meaning(build(reduced), reduced) if found.code in _INDEPENDENT]


def _without(data: Json, path: Path) -> Json:
    """Return the data without the key at a path; `None` where leaving it out would change what the rest means."""
    in_state = path[:1] in (("states",), ("steps",))
    if not path or not isinstance(data, dict) or (in_state and len(path) <= _STATE_DEPTH):
        return None
    return _removed(data, path)


def _removed(node: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(node, dict) and step in node:
        if not rest:
            return {key: value for key, value in node.items() if key != step}
        below = _removed(node[step], rest)
        return {**node, step: below}
    if isinstance(node, list) and isinstance(step, int) and rest and 0 <= step < len(node):
        return [*node[:step], _removed(node[step], rest), *node[step + 1 :]]
    return node
