"""The small languages in how services are called: `${env.NAME}`, `/orders/{order_id}`, and statuses such as `5xx`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from sagadsl.language.definition import Json
from sagadsl.language.template_text import OPEN, scan

_VARIABLE = re.compile(r"\s*env\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)\s*")
_STATUS = re.compile(r"([1-5])xx|([1-5][0-9]{2})(?:\s*-\s*([1-5][0-9]{2}))?")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_PIECES = re.compile(r"\{([^{}]*)\}|[{}]|[^{}]+")
_LOWEST, _HIGHEST = 100, 599


def variable_of(expression: str) -> str | None:
    """Return which environment variable an expression names, if it does nothing else."""
    found = _VARIABLE.fullmatch(expression)
    return found and found[1]


class EnvText:
    """A text with `${env.NAME}` in it. Shown, it is what stands in the file; no value is ever kept here.

    Args:
        source: The text, in which nothing is wrong.

    Attributes:
        names: The environment variables that it reads.
    """

    __slots__ = ("_parts", "names", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._parts = scan(source)
        found = (variable_of(part.text) for part in self._parts if part.is_expression)
        self.names = tuple(dict.fromkeys(name for name in found if name))

    def resolve(self, environment: Mapping[str, str]) -> str:
        """Return the text with the values in it.

        Raises:
            KeyError: A variable is not set.
        """
        return "".join(
            environment[variable_of(part.text) or ""] if part.is_expression else part.text for part in self._parts
        )

    def __repr__(self) -> str:
        return f"EnvText({self.source!r})"

    def __str__(self) -> str:
        return self.source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnvText) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)


def reads_something(text: str) -> bool:
    """Whether there is a `${` in a text."""
    return OPEN in text


class Piece(NamedTuple):
    """A stretch of a path: literal text, or the way to a field of the payload.

    `start` and `end` are offsets in the path, braces included.
    """

    text: str
    field: tuple[str, ...] | None
    start: int
    end: int


class PathTemplate:
    """A path such as `/orders/{order_id}/cancel`.

    Args:
        source: The path. What is no field in braces counts as text.
    """

    __slots__ = ("pieces", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.pieces = tuple(map(_piece, _PIECES.finditer(source)))

    @property
    def fields(self) -> tuple[tuple[str, ...], ...]:
        """The fields of the payload that it is filled from."""
        return tuple(piece.field for piece in self.pieces if piece.field is not None)

    def __repr__(self) -> str:
        return f"PathTemplate({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PathTemplate) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)


def _piece(found: re.Match[str]) -> Piece:
    inside = found[1]
    field = tuple(inside.split(".")) if inside is not None and _FIELD.fullmatch(inside) else None
    return Piece(found[0], field, found.start(), found.end())


def statuses(item: Json) -> range:
    """Return the statuses that a number, `5xx` or `500-599` stands for.

    Raises:
        ValueError: It stands for none.
    """
    if isinstance(item, bool) or not isinstance(item, int | str):
        raise ValueError("not a status")  # noqa: TRY004 - one error for all that is no status
    if isinstance(item, int):
        if not _LOWEST <= item <= _HIGHEST:
            raise ValueError("not a status")
        return range(item, item + 1)
    found = _STATUS.fullmatch(item)
    if found is None:
        raise ValueError("not a status")
    if found[1]:
        return range(int(found[1]) * 100, int(found[1]) * 100 + 100)
    first, last = int(found[2]), int(found[3] or found[2])
    if last < first:
        raise ValueError("not a status")
    return range(first, last + 1)
