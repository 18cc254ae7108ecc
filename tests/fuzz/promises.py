"""What holds for every text whatever, whether it is a definition or not."""

from __future__ import annotations

import re

from sagadsl.language.catalogue import read_catalogue
from sagadsl.language.codes import CODES
from sagadsl.language.definition import Definition
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, has_errors, render_text
from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.language.load import check, check_all, load

_BREAK = re.compile(r"\r\n|\r|\n")


_OBJECT = {"type": "object", "required": ["v"], "additionalProperties": False, "properties": {"v": {"type": "string"}}}
_CATALOGUE = Catalogue("services.yaml", {"s": {"a": ActionSpec(_OBJECT, _OBJECT, ("Late",)), "u": ActionSpec()}})


class PromiseError(AssertionError):
    """A promise that is not kept."""


def keep(text: str) -> None:
    """Check a text, by itself and against a catalogue and as one, and see that all that is said of it makes sense.

    Raises:
        PromiseError: It does not.
    """
    file = "fuzz.yaml"
    definition, diagnostics = check(text, file)
    _hold((definition is None) == has_errors(diagnostics), "a text without errors gives a definition")
    _hold(diagnostics == sorted(diagnostics, key=lambda found: (found.place.line, found.place.column)), "in order")
    lines = _BREAK.split(text.removeprefix("\ufeff"))
    for found in diagnostics:
        _makes_sense(found, lines)
    render_text(diagnostics, {file: text})
    _loads_alike(text, definition)
    for found in (*check_all({file: text}, _CATALOGUE).diagnostics, *read_catalogue(text, file)[1]):
        _makes_sense(found, lines)


def _loads_alike(text: str, definition: Definition | None) -> None:
    if "\n" not in text:  # it could be the name of a file
        return
    try:
        loaded = load(text)
    except DefinitionError as error:
        _hold(definition is None, "what loads is what checks")
        str(error)
    else:
        _hold(definition == loaded, "what loads is what checks")


def _makes_sense(found: Diagnostic, lines: list[str]) -> None:
    _hold(found.code in CODES and CODES[found.code].severity == found.severity, f"{found.code} is in the table")
    place = found.place
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    _hold((1, 1) <= start <= end, f"{start} comes before {end}")
    _hold(place.end_line <= len(lines), f"line {place.end_line} is one of {len(lines)}")
    _hold(place.column <= len(lines[place.line - 1]) + 1, f"{start} is in its line")
    _hold(place.end_column <= len(lines[place.end_line - 1]) + 1, f"{end} is in its line")
    _hold(bool(found.message.strip()), "a message says something")


def _hold(promise: bool, what: str) -> None:
    if not promise:
        raise PromiseError(what)
