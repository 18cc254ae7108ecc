"""A source line with carets under the characters that are meant, for any terminal.

What a line holds must neither move the carets nor reach the terminal as a command: tabs become spaces, wide
characters count for two cells, and whatever has no shape of its own (controls, bidirectional marks) is shown as
a replacement character.
"""

from __future__ import annotations

import re
from unicodedata import category, combining, east_asian_width

WIDTH = 110
"""Cells of a source line that are shown; a longer line is cut to a window round its caret."""

_TAB = 4
_LEAD = 40  # cells kept before the caret when a line is cut
_REPLACEMENT = "\ufffd"
_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BREAK = re.compile(r"\r\n|\r|\n")


def harmless(text: str) -> str:
    """Return the text on one line, with every character that has no shape replaced."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    return _REPLACEMENT if category(character) in _SHAPELESS else character


def source_line(text: str, line: int) -> str | None:
    """Return the 1-based line of the text without its break, or `None` where there is none or it is empty."""
    start = 0
    for _ in range(line - 1):
        found = _BREAK.search(text, start)
        if found is None:
            return None
        start = found.end()
    found = _BREAK.search(text, start)
    return text[start : found.start() if found else len(text)] or None


def snippet(number: int, line: str, column: int, end_column: int) -> list[str]:
    """Return three lines: an empty gutter, the source line with its number, and the carets.

    Args:
        number: The 1-based number of the line.
        line: The line, without its break.
        column: The 1-based code point at which the carets begin; it may stand just past the end of the line.
        end_column: The code point before which they end; at least one caret is drawn.
    """
    cells = [_cell(character) for character in line]
    first = min(column - 1, len(cells))
    last = max(first + 1, min(end_column - 1, len(cells)))
    begin, stop = _window(cells, first)
    shown = "".join(text for text, _ in cells[begin:stop])
    before = sum(width for _, width in cells[begin:first])
    under = max(1, sum(width for _, width in cells[first : min(last, stop)]))
    lead, tail = ("…" if begin else ""), ("…" if stop < len(cells) else "")
    gutter = " " * len(str(number))
    return [
        f"{gutter} |",
        f"{number} | {lead}{shown}{tail}".rstrip(),
        f"{gutter} | {' ' * (before + len(lead))}{'^' * under}",
    ]


def _cell(character: str) -> tuple[str, int]:
    """What is shown for a character, and in how many cells of a terminal."""
    if character == "\t":
        return " " * _TAB, _TAB
    if " " <= character <= "~":
        return character, 1
    shown = _shown(character)
    if combining(shown) or category(shown) in {"Mn", "Me"}:
        return shown, 0
    return shown, 2 if east_asian_width(shown) in {"W", "F"} else 1


def _window(cells: list[tuple[str, int]], first: int) -> tuple[int, int]:
    """Which cells to show, so that the one at `first` is among them."""
    if sum(width for _, width in cells) <= WIDTH:
        return 0, len(cells)
    begin, room = first, _LEAD
    while begin > 0 and room > 0:
        begin -= 1
        room -= cells[begin][1]
    stop, room = begin, WIDTH
    while stop < len(cells) and room > 0:
        room -= cells[stop][1]
        stop += 1
    return begin, stop
