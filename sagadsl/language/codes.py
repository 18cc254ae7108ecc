"""The table of diagnostic codes: every way in which a definition can be wrong, and nothing else.

A code never changes its meaning. Families: SAGA1xx text, 2xx structure, 3xx flow, 4xx expressions and data,
5xx saga roles and compensation, 6xx style, 7xx services.
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
    ("SAGA211", "error", "two states have the same name"),
    ("SAGA212", "error", "not a valid JSON Schema"),
    ("SAGA213", "error", "not exactly one of `for`, `until` and `signal`"),
    ("SAGA214", "error", "a key means nothing without another one"),
    ("SAGA215", "error", "branches and bodies are nested too deep"),
    ("SAGA216", "error", "a saga that is run is not there"),
    ("SAGA217", "error", "a saga that is run has no such version"),
    ("SAGA218", "error", "an input does not fit the saga that is run"),
    ("SAGA219", "error", "a saga runs itself"),
    ("SAGA220", "error", "two files define the same saga"),
    ("SAGA221", "error", "not a valid path"),
    # Flow: the states do not connect.
    ("SAGA301", "error", "a transition leads to no state"),
    ("SAGA302", "error", "a state cannot be reached"),
    ("SAGA303", "error", "a state has no way to an end"),
    ("SAGA304", "error", "a cycle without a task"),
    ("SAGA305", "error", "a transition leads out of its branch or body, or into one"),
    ("SAGA306", "warning", "a condition of a choice is always the same"),
    ("SAGA307", "warning", "a catch comes after one that takes its errors"),
    ("SAGA308", "warning", "an arm of a choice comes after one that is always taken"),
    ("SAGA309", "warning", "only ways that are never taken lead to a state"),
    ("SAGA310", "warning", "a choice may lead nowhere"),
    # Expressions and data.
    ("SAGA401", "error", "an expression cannot be read"),
    ("SAGA402", "error", "unknown name in an expression"),
    ("SAGA403", "error", "unknown field in an expression"),
    ("SAGA404", "error", "types do not fit in an expression"),
    ("SAGA405", "error", "an output is not available on every path"),
    ("SAGA406", "error", "a template is empty or never closed"),
    ("SAGA407", "error", "a condition is not true or false"),
    ("SAGA408", "error", "a field that may be missing is read without a guard"),
    ("SAGA409", "error", "a comparison with what a value never is"),
    ("SAGA410", "error", "a key or a lock reads more than the input"),
    ("SAGA411", "error", "a value does not fit what an action takes"),
    ("SAGA412", "error", "a payload lacks what an action needs"),
    ("SAGA413", "error", "a payload has a key that an action does not take"),
    ("SAGA414", "error", "a service or an action is not in the catalogue"),
    ("SAGA415", "error", "an error code that is never raised there"),
    ("SAGA416", "error", "the name of an item is taken"),
    ("SAGA417", "warning", "the name of an item hides that of an outer map"),
    ("SAGA418", "error", "a sensitive path leads to nothing"),
    ("SAGA419", "warning", "what one saga calls sensitive another one does not"),
    ("SAGA420", "warning", "what an input requires is none of its properties"),
    # Saga roles and compensation.
    ("SAGA501", "error", "a compensatable step after the pivot"),
    ("SAGA502", "warning", "a step before the pivot neither compensates nor says why"),
    ("SAGA503", "error", "retry lists a code that `except` takes away"),
    ("SAGA504", "error", "`on_failure: compensate` after the pivot"),
    ("SAGA505", "error", "a retriable step before the pivot"),
    ("SAGA506", "warning", "a compensation reads an output that its step may not have"),
    ("SAGA507", "warning", "a retriable step that is not retried"),
    ("SAGA508", "error", "a pivot beside a branch that can still fail"),
    ("SAGA509", "warning", "a pivot after a pivot"),
    ("SAGA510", "warning", "a wait for a signal without a timeout"),
    ("SAGA511", "warning", "the timeout of the saga is shorter than its steps may take"),
    ("SAGA512", "warning", "a compensation that never runs"),
    ("SAGA513", "error", "a compensatable step without a compensation"),
    ("SAGA514", "warning", "a pivot in doubt that nothing can undo"),
    ("SAGA515", "error", "a saga that is run cannot be undone when it has to be"),
    # Style.
    ("SAGA601", "warning", "an ignore comment does not name a warning"),
    ("SAGA602", "warning", "a default that nothing uses"),
    ("SAGA603", "warning", "names that differ only in case"),
    # Services: how they are called over HTTP.
    ("SAGA701", "error", "not the URL of a service"),
    ("SAGA702", "error", "not a header that can be sent"),
    ("SAGA703", "error", "a secret stands in the file"),
    ("SAGA704", "error", "something else than the environment is read, or in the wrong place"),
    ("SAGA705", "error", "not a path, or one that cannot be filled"),
    ("SAGA706", "error", "not an HTTP status, or one that stands for something else"),
)

CODES: dict[str, Code] = {row[0]: Code(*row) for row in _TABLE}


def diagnose(code: str, message: str, place: Place, hint: str = "") -> Diagnostic:
    """Return a diagnostic of this code, with the severity that the table gives it."""
    return Diagnostic(code, CODES[code].severity, message, place, hint)
