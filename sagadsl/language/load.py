"""The way from a text to a definition: read, check the shape, build, check the meaning."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, NamedTuple

from sagadsl.language.build import build
from sagadsl.language.definition import Definition, SubSaga, walk
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, has_errors, in_order
from sagadsl.language.problems import Problem
from sagadsl.language.records import record
from sagadsl.language.schema import structure_problems
from sagadsl.language.source import Document, parse, read_text

if TYPE_CHECKING:
    from sagadsl.language.library import Catalogue, Library

TEXT = "<text>"
"""What messages call a text that came from no file."""

_ENDINGS = (".yaml", ".yml", ".json")
# What is certainly true of a definition even when some of its optional keys had to be left out.
_INDEPENDENT = frozenset({"SAGA301", "SAGA401", "SAGA406"})
# The name of the saga in a text that cannot be read as data.
_NAME = r"""^["'{ ]*name["']?[ ]*:[ ]*["']?([A-Za-z_][A-Za-z0-9_]*)"""


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


def reload(text: str) -> Definition:
    """Return the definition in a text that was a definition once, without judging it again.

    A check that is younger than the text must not keep a saga that runs it from going on.

    Raises:
        DefinitionError: It cannot even be read as one.
    """
    reading = _read(text, TEXT)
    if reading.definition is None:
        raise DefinitionError(reading.diagnostics, {TEXT: text})
    return reading.definition


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


def check(text: str, file: str, library: Library | None = None) -> tuple[Definition | None, list[Diagnostic]]:
    """Return the definition in a text, or `None` where it has errors, and all that is to be said of it.

    Args:
        text: Any text at all.
        file: The name that messages give it.
        library: What it is checked together with; without one, nothing is said of the sagas that it runs.

    Returns:
        The definition and the diagnostics in the order of the text; warnings alone leave the definition whole.
    """
    return _judge(_read(text, file), library)


@record()
class Checked:
    """What is to be said of several texts.

    Args:
        definitions: Each text's definition by its file, `None` where it has errors.
        diagnostics: All of them, sorted by file and place.
    """

    definitions: Mapping[str, Definition | None]
    diagnostics: list[Diagnostic]


def check_all(
    texts: Mapping[str, str], catalogue: Catalogue | None = None, judged: Callable[[str], None] = lambda _: None
) -> Checked:
    """Check definitions together: a saga that one of them runs is looked for among all of them.

    Args:
        texts: Any texts by the names of their files.
        catalogue: What is known of the services' actions.
        judged: Told the file's name when a text has been checked.
    """
    readings = {file: _read(text, file) for file, text in texts.items()}
    library = _library(texts, readings, catalogue)
    definitions: dict[str, Definition | None] = {}
    diagnostics: list[Diagnostic] = []
    for file, reading in readings.items():
        definitions[file], found = _judge(reading, library)
        diagnostics += found
        judged(file)
    return Checked(definitions, in_order(diagnostics))


class _Reading(NamedTuple):
    """A text as far as it could be understood by itself; without a definition, `diagnostics` say why."""

    diagnostics: list[Diagnostic]
    document: Document | None = None
    definition: Definition | None = None


def _read(text: str, file: str) -> _Reading:
    try:
        document = parse(text, file)
    except DefinitionError as error:
        return _Reading(list(error.diagnostics))
    problems = structure_problems(document.data)
    if problems:
        diagnostics = [problem.diagnostic(document) for problem in problems]
        return _Reading(in_order(diagnostics + _beyond(document, problems)), document)
    return _Reading([], document, build(document))


def _judge(reading: _Reading, library: Library | None) -> tuple[Definition | None, list[Diagnostic]]:
    definition, document = reading.definition, reading.document
    if definition is None or document is None:
        return None, reading.diagnostics
    found = _meaning(definition, document, library)
    if "ignore" in document.text:
        from sagadsl.language.ignores import silence  # noqa: PLC0415  seldom asked for

        found = silence(found, document)
    return (None if has_errors(found) else definition), in_order(found)


def _meaning(definition: Definition, document: Document, library: Library | None = None) -> list[Diagnostic]:
    from sagadsl.language import checks  # noqa: PLC0415  brings CEL along, which a text of the wrong shape never needs

    found = checks.run(definition, document, library)
    if library is None:
        return found
    from sagadsl.language.subsagas import among_others  # noqa: PLC0415  likewise

    return found + among_others(definition, document, library)


def _beyond(document: Document, problems: list[Problem]) -> list[Diagnostic]:
    """What can be said for certain of a definition whose shape is wrong only in keys that it can do without."""
    from sagadsl.language.remains import without  # noqa: PLC0415  for what is wrong alone

    data = without(document.data, [problem.path for problem in problems])
    if not isinstance(data, dict) or structure_problems(data):
        return []
    reduced = document.with_data(data)
    return [found for found in _meaning(build(reduced), reduced) if found.code in _INDEPENDENT]


def _library(texts: Mapping[str, str], readings: Mapping[str, _Reading], catalogue: Catalogue | None) -> Library | None:
    """Return what the texts are checked together with, or nothing where a single one needs no other."""
    definitions = [reading.definition for reading in readings.values() if reading.definition is not None]
    if len(readings) == 1 and catalogue is None and not any(map(_runs_sagas, definitions)):
        return None
    from sagadsl.language.library import library_of  # noqa: PLC0415  as seldom as more than one file is checked

    unread = [_names(texts[file], reading.document) for file, reading in readings.items() if not reading.definition]
    return library_of(definitions, catalogue, (name for names in unread for name in names))


def _runs_sagas(definition: Definition) -> bool:
    return any(isinstance(state, SubSaga) for state in walk(definition.states))


def _names(text: str, document: Document | None) -> list[str]:
    """The name of the saga in a text that is no definition; where it is not even data, what could be its name."""
    if document is None:
        return re.findall(_NAME, text, re.MULTILINE)
    name = document.data.get("name") if isinstance(document.data, dict) else None
    return [name] if isinstance(name, str) else []
