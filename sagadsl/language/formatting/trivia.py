"""What stands between the pieces of a text: spaces, empty lines and comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class CannotFormatError(ValueError):
    """The text is written in a way that the formatter does not know; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A comment in a line of its own with the column it begins in, from 0; an empty line has no text."""

    column: int
    text: str


@dataclass(slots=True)
class Gap:
    """What follows a piece, up to the next one.

    `tail` is the comment in the piece's own last line, `distance` the spaces before it. `whole_lines` are the lines
    between the two pieces; each is taken by one of the pieces round it.
    """

    tail: str = ""
    distance: int = 0
    breaks: bool = False
    whole_lines: list[Line] = field(default_factory=list)

    @property
    def has_comments(self) -> bool:
        """Whether there is anything but spaces and empty lines."""
        return bool(self.tail) or any(line.text for line in self.whole_lines)

    def followed_by(self, other: Gap) -> Gap:
        """Return both as one, as if nothing stood between them; only one comment can be in the last line."""
        if not self.tail:
            return Gap(other.tail, other.distance, self.breaks or other.breaks, self.whole_lines + other.whole_lines)
        below = [Line(0, other.tail)] if other.tail else []
        return Gap(self.tail, self.distance, True, [*self.whole_lines, *below, *other.whole_lines])

    def take_tail(self) -> tuple[str, int]:
        """Return the comment in the last line and its distance, once."""
        taken = self.tail, self.distance
        self.tail, self.distance = "", 0
        return taken

    def take_from(self, column: int) -> list[Line]:
        """Return the lines up to the last comment before the first one that stands left of a column, once."""
        count = 0
        for number, line in enumerate(self.whole_lines, start=1):
            if line.text and line.column < column:
                break
            if line.text:
                count = number
        taken, self.whole_lines = self.whole_lines[:count], self.whole_lines[count:]
        return taken

    def take_rest(self) -> list[Line]:
        """Return every line that nobody has taken."""
        taken, self.whole_lines = self.whole_lines, []
        return taken


def read_gap(between: str, *, at_line_start: bool = False) -> Gap:
    """Return what stands between two pieces.

    Args:
        between: The text from the last character of the first to the first one of the second.
        at_line_start: Whether the first ends with its line, as a block of text with `+` does.
    """
    first, *others = ["", *between.split("\n")] if at_line_start else between.split("\n")
    lines = [Line(len(line) - len(line.lstrip()), line.strip()) for line in others[:-1]]  # the last one is its own
    return Gap(first.strip(), len(first) - len(first.lstrip()), bool(others), lines)


def skip(text: str, offset: int) -> int:
    """Return where the next thing begins that is neither space nor comment."""
    while offset < len(text):
        if text[offset] == "#":
            end = text.find("\n", offset)
            offset = len(text) if end < 0 else end
        elif not text[offset].isspace():
            break
        else:
            offset += 1
    return offset


def printed(lines: Sequence[Line], indent: int) -> list[str]:
    """Return comments at an indentation, with one empty line at most between two, and none at either end."""
    found: list[str] = []
    for line in lines:
        if line.text:
            found.append(" " * indent + line.text)
        elif found and found[-1]:
            found.append("")
    return found[:-1] if found and not found[-1] else found
