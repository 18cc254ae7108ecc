"""How results are written, and what is made of text that came from elsewhere before a terminal gets it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """For people or for programs."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option(help="`text` for people, `json` for programs.")]


def counted(number: int, what: str) -> str:
    """Return how many things there are, whose name takes an s: `1 saga`, `1,000 sagas`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def printable(text: str) -> str:
    """Return one line of text without anything that a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


_MOST = 4_000
"""Characters of data that a person looks through on a terminal."""


def shortened(data: str, *, on_terminal: bool) -> str:
    """Return data for people: on a terminal no more than they can look through; whole where it is written elsewhere."""
    if not on_terminal or len(data) <= _MOST:
        return data
    return f"{data[:_MOST]}\n… and {len(data) - _MOST:,} more characters: --format json writes all of them"
