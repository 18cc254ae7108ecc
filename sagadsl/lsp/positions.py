"""Where a character stands, for us and for an editor.

We count code points from the start of the text. The Language Server Protocol counts lines from 0 and, within a line,
units of the encoding that client and server have agreed on: UTF-16 unless they say otherwise. Lines end with LF, CR LF
or CR, for both (https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#position).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from sagadsl.language.diagnostics import Place
from sagadsl.language.text import Lines

_BOM = "\ufeff"

Encoding: TypeAlias = Literal["utf-8", "utf-16", "utf-32"]


class Position(NamedTuple):
    """A place between two characters: 0-based line, and units of the encoding before it in that line."""

    line: int
    character: int


class Span(NamedTuple):
    """Characters of a text, as offsets in code points; `end` is exclusive."""

    start: int
    end: int

    def holds(self, offset: int) -> bool:
        """Whether a cursor at this offset is in the span or at one of its ends."""
        return self.start <= offset <= self.end


def _utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _utf8_units(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_UNITS: dict[Encoding, Callable[[str], int]] = {"utf-8": _utf8_units, "utf-16": _utf16_units, "utf-32": len}


class Positions:
    """Turns offsets in one text into positions and back.

    Args:
        text: The text.
        encoding: What the editor counts.
    """

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self._text = text
        self._lines = Lines(text, "")
        self._last = self._lines.line(len(text))
        self._units = _UNITS[encoding]

    def position(self, offset: int) -> Position:
        """Return the position of an offset; one beyond the text counts as its end."""
        offset = min(max(offset, 0), len(self._text))
        line = self._lines.line(offset)
        return Position(line - 1, self._units(self._text[self._lines.start(line) : offset]))

    def offset(self, position: Position) -> int:
        """Return the offset of a position.

        A position behind the end of its line, or below the last line, counts as that end, as the protocol wants it; one
        within a character counts as the character's start.
        """
        if position.line >= self._last:
            return len(self._text)
        content = self.line_span(position.line)
        line = self._text[content.start : content.end]
        if line.isascii():
            return content.start + min(max(position.character, 0), len(line))
        return content.start + self._within(line, position.character)

    def line_span(self, line: int) -> Span:
        """Return the characters of a 0-based line, without its line break."""
        start = self._lines.start(line + 1)
        end = self._lines.start(line + 2) if line + 1 < self._last else len(self._text)
        while end > start and self._text[end - 1] in "\r\n":
            end -= 1
        return Span(start, end)

    def _within(self, line: str, units: int) -> int:
        for index, character in enumerate(line):
            units -= self._units(character)
            if units < 0:
                return index
        return len(line)


class Places:
    """Turns the places of diagnostics in one text into offsets; they count without a byte order mark.

    Args:
        text: The text, as the editor has it.
    """

    def __init__(self, text: str) -> None:
        self.shift = int(text.startswith(_BOM))
        self._lines = Lines(text[self.shift :], "")

    def span(self, place: Place) -> Span:
        """Return the characters of a place."""
        return Span(self._offset(place.line, place.column), self._offset(place.end_line, place.end_column))

    def _offset(self, line: int, column: int) -> int:
        return self._lines.start(line) + column - 1 + self.shift


def edited(text: str, start: Position, end: Position, new: str, encoding: Encoding = "utf-16") -> str:
    """Return the text with what stands between two positions replaced."""
    positions = Positions(text, encoding)
    first = positions.offset(start)
    return text[:first] + new + text[max(first, positions.offset(end)) :]
