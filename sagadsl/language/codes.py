"""The table of diagnostic codes: every way in which a definition can be wrong, and nothing else.

A code never changes its meaning. Families: SAGA1xx text, 2xx structure, 3xx flow, 4xx expressions and data,
5xx saga roles and compensation, 6xx style.
"""

from __future__ import annotations

from typing import NamedTuple

from sagadsl.language.diagnostics import Diagnostic, Place, Severity


class Code(NamedTuple):
    """One kind of problem: its code, how bad it is, and its title in the reference manual."""

    code: str
    severity: Severity
    title: str


_TABLE: tuple[tuple[str, Severity, str], ...] = (
    # Text: the file cannot be read as data.
    ("SAGA101", "error", "the file cannot be opened"),
    ("SAGA102", "error", "the file is not UTF-8"),
    ("SAGA103", "error", "the file is too large"),
    ("SAGA104", "error", "the file is empty"),
    ("SAGA105", "error", "the text is not YAML"),
    ("SAGA106", "error", "a tab stands where YAML wants spaces"),
    ("SAGA107", "error", "a key is given twice"),
    ("SAGA108", "error", "a key is not text"),
    ("SAGA109", "error", "a second document follows"),
    ("SAGA110", "error", "a tag is used"),
    ("SAGA111", "error", "aliases expand to too much"),
    ("SAGA112", "error", "an alias contains itself"),
    ("SAGA113", "error", "nesting is too deep"),
    ("SAGA114", "error", "a number is out of range"),
    ("SAGA115", "error", "a template inside {…} or […] is not quoted"),
    ("SAGA116", "error", "a character is not allowed in text"),
    ("SAGA117", "error", "an alias has no anchor"),
    ("SAGA118", "error", "a merge key (<<) does not name a map"),
    # Structure: the data is not of the shape the language defines.
    ("SAGA201", "error", "unknown key"),
    ("SAGA202", "error", "a key is missing"),
    ("SAGA203", "error", "a value is of the wrong type"),
    ("SAGA204", "error", "a value is not allowed here"),
    ("SAGA205", "error", "unknown state type"),
    ("SAGA206", "error", "not exactly one of `states` and `steps`"),
    ("SAGA207", "error", "not a valid name"),
    ("SAGA208", "error", "not a valid duration"),
    ("SAGA209", "error", "unknown language version"),
    ("SAGA210", "error", "a jump in the straight-line form"),
    ("SAGA211", "error", "two steps have the same id"),
    ("SAGA212", "error", "the input is not a valid JSON Schema"),
    # Flow: the states do not connect.
    ("SAGA301", "error", "a transition leads to no state"),
    ("SAGA302", "error", "a state cannot be reached"),
    ("SAGA303", "error", "a state has no way to an end"),
    ("SAGA304", "error", "a cycle without a task"),
    # Expressions and data.
    ("SAGA401", "error", "an expression cannot be read"),
    ("SAGA402", "error", "unknown name in an expression"),
    ("SAGA403", "error", "unknown field in an expression"),
    ("SAGA404", "error", "types do not fit in an expression"),
    ("SAGA405", "error", "an output is not available on every path"),
    ("SAGA406", "error", "a template is empty or never closed"),
    ("SAGA407", "error", "a condition is not true or false"),
    # Saga roles and compensation.
    ("SAGA501", "error", "a compensatable step after the pivot"),
    ("SAGA502", "warning", "a step before the pivot neither compensates nor says why"),
    ("SAGA503", "error", "retry lists a code that `except` takes away"),
    ("SAGA504", "error", "`on_failure: compensate` after the pivot"),
    ("SAGA505", "error", "a retriable step before the pivot"),
)

CODES: dict[str, Code] = {row[0]: Code(*row) for row in _TABLE}


def diagnose(code: str, message: str, place: Place, hint: str = "") -> Diagnostic:
    """Return a diagnostic of this code, with the severity that the table gives it."""
    return Diagnostic(code, CODES[code].severity, message, place, hint)
