"""What is wrong with a text: code, severity, message, place and hint, and the ways of writing them down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from sagadsl.language.records import record

Severity: TypeAlias = Literal["error", "warning"]


class Place(NamedTuple):
    """A range of characters in a file; lines and columns are 1-based code points, `end_column` is exclusive."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@record()
class Diagnostic:
    """One thing to mend. `hint` says how, in a sentence, or is empty."""

    code: str
    severity: Severity
    message: str
    place: Place
    hint: str = ""


class DefinitionError(Exception):
    """A text is no valid definition.

    Args:
        diagnostics: Everything that was found, errors and warnings.
        texts: The source texts by file name, so that `str()` of the error can show the lines in question.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], texts: Mapping[str, str] | None = None) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(in_order(diagnostics))
        self.texts: Mapping[str, str] = dict(texts or {})
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return render_text(self.diagnostics, self.texts)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics sorted by place, each once."""
    return sorted(dict.fromkeys(diagnostics), key=lambda d: (d.place, d.code, d.message))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether there is an error among them; warnings are none."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)


def render_text(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> str:
    """Return the diagnostics for people, in the manner of actionlint, as plain text without a last newline.

    Args:
        diagnostics: What to write, in this order.
        texts: Source texts by file name; where a file is missing, its lines are not shown.
    """
    from sagadsl.language.snippets import source_lines  # noqa: PLC0415  where all is right, nothing is shown

    sources = {file: source_lines(texts[file]) for file in {d.place.file for d in diagnostics} if file in texts}
    return "\n".join(line for d in diagnostics for line in _lines(d, sources.get(d.place.file, [])))


def _lines(diagnostic: Diagnostic, source: Sequence[str]) -> list[str]:
    from sagadsl.language.snippets import harmless, snippet  # noqa: PLC0415  likewise

    place = diagnostic.place
    where = f"{place.file}:{place.line}:{place.column}"
    lines = [harmless(f"{where}: {diagnostic.severity}: {diagnostic.message} [{diagnostic.code}]")]
    line = source[place.line - 1] if place.line <= len(source) else ""
    if line:
        end = place.end_column if place.end_line == place.line else len(line) + 1
        lines += snippet(place.line, line, place.column, end)
    if diagnostic.hint:
        lines.append(harmless(f"  hint: {diagnostic.hint}"))
    return lines


def to_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return the diagnostics for programs: `code, severity, message, file, line, column, hint` of each."""
    return [
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "file": diagnostic.place.file,
            "line": diagnostic.place.line,
            "column": diagnostic.place.column,
            "hint": diagnostic.hint,
        }
        for diagnostic in diagnostics
    ]
