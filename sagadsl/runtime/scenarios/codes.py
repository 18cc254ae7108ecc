"""The table of what can be wrong with a file of scenarios: the family SAGA7xx. A code never changes its meaning.

Text that cannot be read as data at all has the codes of definitions, SAGA1xx; they are read by the same reader.
"""

from __future__ import annotations

from collections.abc import Mapping

from sagadsl.language.codes import Code
from sagadsl.language.diagnostics import Diagnostic, Severity
from sagadsl.language.problems import Problem
from sagadsl.language.source import Document

_TABLE: tuple[tuple[str, Severity, str], ...] = (
    # Structure: the data is not of the shape of scenarios.
    ("SAGA701", "error", "unknown key"),
    ("SAGA702", "error", "a key is missing"),
    ("SAGA703", "error", "a value is of the wrong type"),
    ("SAGA704", "error", "a value is not allowed here"),
    ("SAGA705", "error", "not a valid name"),
    ("SAGA706", "error", "not a valid duration"),
    ("SAGA707", "error", "not an instant"),
    ("SAGA708", "error", "not exactly one thing that happens at a call"),
    ("SAGA709", "error", "two scenarios have the same name"),
    # Meaning: the scenario does not fit the definition that it is about.
    ("SAGA721", "error", "the definition is not there"),
    ("SAGA722", "error", "the definition has errors"),
    ("SAGA723", "error", "the definition has no such state or action"),
    ("SAGA724", "error", "the state calls nobody"),
    ("SAGA725", "error", "the state is never undone"),
    ("SAGA726", "error", "an item of what is no map"),
    ("SAGA727", "error", "what happens at a call is never reached"),
    ("SAGA728", "error", "a report where nothing is reported"),
    ("SAGA729", "error", "the saga waits for no such signal"),
    ("SAGA730", "error", "the input does not fit the saga"),
)

CODES: Mapping[str, Code] = {row[0]: Code(*row) for row in _TABLE}

_OF_SHAPES: Mapping[str, str] = {
    "SAGA201": "SAGA701",
    "SAGA202": "SAGA702",
    "SAGA203": "SAGA703",
    "SAGA204": "SAGA704",
    "SAGA207": "SAGA705",
    "SAGA208": "SAGA706",
}
"""What departs from a shape is told by the words of definitions, and has a code of this family."""


def diagnostic(problem: Problem, document: Document) -> Diagnostic:
    """Return the problem with its place in the document."""
    code = CODES[_OF_SHAPES.get(problem.code, problem.code)]
    place = document.place(problem.path, problem.part)
    return Diagnostic(code.code, code.severity, problem.message, place, problem.hint)
