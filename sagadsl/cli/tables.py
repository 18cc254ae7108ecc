"""Tables for people: one line a row, fitted into the terminal; whole, and without colour, where there is none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from sagadsl.cli.formats import printable
from sagadsl.cli.story import STATUS_STYLES

_NARROWEST = 40
_GAP = 3

STYLES = {**STATUS_STYLES, "running": "cyan", "retrying": "cyan", "compensating": "magenta", "created": "dim"}
"""The colour of a status on a terminal."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        head: What stands above it.
        is_number: Whether it is aligned on the right.
        least: To how many characters it may be cut where there is little room; 0 for never.
        goes: Where that is not enough, the column with the highest of these numbers is left out first; 0 for never.
    """

    head: str
    is_number: bool = False
    least: int = 0
    goes: int = 0


class _Console(Console):
    """Leaves it to the command what a reader means that has gone; rich would end the process, and with it its sagas."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console() -> Console:
    """Return where people read results."""
    made = _Console(highlight=False, soft_wrap=True)
    made.width = max(made.width, _NARROWEST)
    return made


def show(columns: Sequence[Column], rows: Iterable[Sequence[str]], to: Console | None = None) -> None:
    """Print a table; a column in which no row has anything is left out.

    Args:
        columns: What it has.
        rows: A cell for each column; cells that are the name of a status are coloured.
        to: Where to; standard output otherwise.
    """
    to = to or console()
    lines = [[column.head for column in columns], *([*map(printable, row)] for row in rows)]
    natural = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    used = [place for place in range(len(columns)) if any(line[place] for line in lines[1:])]
    widths = {place: natural[place] for place in used}
    if to.is_terminal:
        widths = _fitted(columns, widths, to.width)
    for number, line in enumerate(lines):
        text = Text()
        for place, width in widths.items():
            style = STYLES.get(line[place], "") if number else "bold"
            text.append(_cell(line[place], width, columns[place]), style)
            text.append(" " * _GAP)
        text.rstrip()
        to.print(text)


def _fitted(columns: Sequence[Column], widths: dict[int, int], room: int) -> dict[int, int]:
    """Return the widths of the columns that are shown."""
    while True:
        too_much = sum(widths.values()) + _GAP * (len(widths) - 1) - room
        spare = {n: width - columns[n].least for n, width in widths.items() if 0 < columns[n].least < width}
        if too_much <= sum(spare.values()):
            break
        last = max(widths, key=lambda n: columns[n].goes)
        if not columns[last].goes:
            break
        del widths[last]
    while too_much > 0 and any(spare.values()):
        widest = max(spare, key=lambda n: (spare[n], widths[n]))
        widths[widest], spare[widest], too_much = widths[widest] - 1, spare[widest] - 1, too_much - 1
    return widths


def _cell(text: str, width: int, column: Column) -> str:
    """Return the text in exactly so many columns of the terminal."""
    if cell_len(text) > width:
        return f"{set_cell_size(text, width - 1)}…"
    blanks = " " * (width - cell_len(text))
    return blanks + text if column.is_number else text + blanks
