"""Diagnostics as SARIF 2.1.0, the format of code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from sagadsl.language.codes import CODES, Code
from sagadsl.language.diagnostics import Diagnostic, Place
from sagadsl.language.reports.names import uri

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_FAMILIES = {
    "1": "Text",
    "2": "Structure",
    "3": "Flow",
    "4": "Expressions and data",
    "5": "Saga roles and compensation",
    "6": "Style",
    "7": "Services",
}
_BRACES = str.maketrans({"{": "{{", "}": "}}"})  # single ones stand for arguments (SARIF 2.1.0, 3.11.5)
_RULE_INDEX = {code: index for index, code in enumerate(CODES)}


def write(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one SARIF log with one run. Files are named from the working folder, which is `%SRCROOT%`."""
    driver = {"name": "sagadsl", "version": version("sagadsl"), "rules": [_rule(code) for code in CODES.values()]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(code: Code) -> dict[str, Any]:
    family = _FAMILIES[code.code.removeprefix("SAGA")[0]]
    help_text = f"{family}: {code.title}. The message says what was expected, and its last line how to mend it."
    return {
        "id": code.code,
        "shortDescription": _said(code.title),
        "help": _said(help_text),
        "defaultConfiguration": {"level": code.severity},
        "properties": {"tags": ["saga", family.lower()]},
    }


def _result(diagnostic: Diagnostic) -> dict[str, Any]:
    text = f"{diagnostic.message}\nHint: {diagnostic.hint}" if diagnostic.hint else diagnostic.message
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": _RULE_INDEX[diagnostic.code],
        "level": diagnostic.severity,
        "message": _said(text),
        "locations": [{"physicalLocation": _location(diagnostic.place)}],
    }


def _said(text: str) -> dict[str, str]:
    return {"text": text.translate(_BRACES)}


def _location(place: Place) -> dict[str, Any]:
    name, relative = uri(place.file)
    return {
        "artifactLocation": {"uri": name, "uriBaseId": "%SRCROOT%"} if relative else {"uri": name},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }
