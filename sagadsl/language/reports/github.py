"""Diagnostics as the workflow commands by which a build on GitHub puts notes beside the lines of a change.

The commands and what has to be escaped in them: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.reports.names import inside

_IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def write(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one command a line. Columns count characters; `endColumn` is the first one that is not meant any more."""
    return "\n".join(_command(diagnostic) for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    place = diagnostic.place
    properties: dict[str, str | int] = {
        "file": inside(place.file) or Path(place.file).as_posix(),
        "line": place.line,
        "endLine": place.end_line,
        "title": diagnostic.code,
    }
    if place.line == place.end_line:  # GitHub drops the columns of a range over several lines, with a complaint
        properties |= {"col": place.column, "endColumn": place.end_column}
    named = ",".join(f"{key}={str(value).translate(_IN_PROPERTY)}" for key, value in properties.items())
    text = f"{diagnostic.message}\nhint: {diagnostic.hint}" if diagnostic.hint else diagnostic.message
    return f"::{diagnostic.severity} {named}::{text.translate(_IN_TEXT)}"
