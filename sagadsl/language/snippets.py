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
_AROUND = 400  # characters on either side of the caret that are looked at
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


def source_lines(text: str) -> list[str]:
    """Return the lines of the text without their breaks, as editors count them."""
    return _BREAK.split(text)


def snippet(number: int, line: str, column: int, end_column: int) -> list[str]:
    """Return three lines: an empty gutter, the source line with its number, and the carets.

    Args:
        number: The 1-based number of the line.
        line: The line, without its break.
        column: The 1-based code point at which the carets begin; it may stand just past the end of the line.
        end_column: The code point before which they end; at least one caret is drawn.
    """
    first = min(column - 1, len(line))
    skipped = max(0, first - _AROUND)  # a line may be a whole file, and have thousands of things wrong with it
    cells = [_cell(character) for character in line[skipped : first + _AROUND]]
    first -= skipped
    last = max(first + 1, min(end_column - 1 - skipped, len(cells)))
    begin, stop = _window(cells, first)
    shown = "".join(text for text, _ in cells[begin:stop])
    before = sum(width for _, width in cells[begin:first])
    under = max(1, sum(width for _, width in cells[first : min(last, stop)]))
    lead, tail = ("…" if begin or skipped else ""), ("…" if skipped + stop < len(line) else "")
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
