"""Values as they are written behind a key: scalars as they stand, flow collections with even spaces.

A value may take several lines. Those are kept, and move with the block that they stand in.
"""

from __future__ import annotations

import re

from sagadsl.language.formatting.arrange import Arranger
from sagadsl.language.formatting.order import Shape
from sagadsl.language.formatting.tree import Entry, Piece

STEP = 2
"""Columns of one level."""

_HEADER = re.compile(r"(?:&\S+\s+)?[|>][-+]?(?P<indicator>[1-9])?[-+]?(?P<tail>.*)\Z")
_BARE_COLON = re.compile(r"[ \t]*:[ \t]*\Z")
_EMPTY_LINES = re.compile(r"\n{3,}")
_BRACKETS = {"flow_map": ("{", "}"), "flow_list": ("[", "]")}


class Inline:
    """Writes values.

    Args:
        text: The text that the pieces come from.
        arranger: Knows the order of keys.
    """

    def __init__(self, text: str, arranger: Arranger) -> None:
        self._text = text
        self._arranger = arranger

    def lines(self, piece: Piece, shape: Shape, indent: int, column: int) -> list[str]:
        """Return the lines of a value; the first one goes behind its key.

        Args:
            piece: The value.
            shape: What the schema says of it.
            indent: The new column of the map or list that it stands in.
            column: That column in the text.
        """
        if piece.style in {"|", ">"}:
            return self._block(piece, indent, column)
        written = self._flow(piece, shape) if piece.kind in _BRACKETS else self._raw(piece.start, piece.end)
        first, *others = written.split("\n")
        return [first.rstrip(), *(_moved(line, indent - column, indent + STEP, piece) for line in others)]

    def _raw(self, start: int, end: int) -> str:
        return self._text[start:end]

    def _block(self, piece: Piece, indent: int, column: int) -> list[str]:
        """Return a block of text. Its depth is part of what it says only where its first line has a number."""
        first, *others = self._raw(piece.start, piece.end).removesuffix("\n").split("\n")
        header = _HEADER.match(first)
        depths = [len(line) - len(line.lstrip(" ")) for line in others if line.strip(" ")]
        old = min(depths, default=0)
        if header is not None and header["indicator"]:
            old, new = column + int(header["indicator"]), indent + int(header["indicator"])
        else:
            new = indent + STEP
        return [first.rstrip(), *(f"{' ' * new}{line[old:]}" if line[old:] else "" for line in others)]

    def _flow(self, piece: Piece, shape: Shape) -> str:
        opening, closing = _BRACKETS[piece.kind]
        start = self._text.find(opening, piece.start) if piece.anchor is not None else piece.start
        if self._text[start : start + 1] != opening:  # a map of one entry inside a list may do without
            return self._raw(piece.start, piece.end)
        anchor = f"&{piece.anchor} " if piece.anchor is not None else ""
        ends = [start + 1, *(self._end(entry) for entry in piece.entries)]
        starts = [*((entry.key or entry.value).start for entry in piece.entries), piece.end - 1]
        gaps = [self._raw(*span) for span in zip(ends, starts, strict=True)]
        order, below = self._arranger.arranged(piece, shape, may_move=_may_move(gaps))
        texts = [self._entry(piece.entries[index], below[index]) for index in order]
        last = len(texts)
        parts = [anchor, opening]
        for number, gap in enumerate(gaps):
            parts.append(_spaced(gap, "" if number in {0, last} else ", "))
            parts.append(texts[number] if number < last else closing)
        return "".join(parts)

    def _end(self, entry: Entry) -> int:
        return max(entry.value.end, entry.key.end) if entry.key else entry.value.end

    def _entry(self, entry: Entry, shape: Shape) -> str:
        value = self._value(entry.value, shape)
        if entry.key is None:
            return value
        between = self._raw(entry.key.end, entry.value.start)
        key = self._raw(entry.key.start, entry.key.end)
        if entry.value.is_empty:
            return f"{key}: " if ":" in between else key  # a plain key would swallow a colon without a space
        if not _BARE_COLON.match(between):
            return key + between + value
        return f"{key}{' ' if entry.key.kind == 'alias' else ''}: {value}"

    def _value(self, piece: Piece, shape: Shape) -> str:
        return self._flow(piece, shape) if piece.kind in _BRACKETS else self._raw(piece.start, piece.end)


def _may_move(gaps: list[str]) -> bool:
    """Whether entries can change places: none has a comment, and they are all in one line or each in one of its own."""
    breaks = {"\n" in gap for gap in gaps[1:-1]}
    return breaks != {True, False} and not any("#" in gap for gap in gaps)


def _spaced(gap: str, plain: str) -> str:
    """Return what stands between two entries: evenly in one line, as it is over several."""
    if "\n" not in gap:
        return plain
    *lines, last = gap.split("\n")
    return _EMPTY_LINES.sub("\n\n", "\n".join([*(line.rstrip() for line in lines), last]))


def _moved(line: str, by: int, least: int, piece: Piece) -> str:
    """Return a further line of a value at its new place."""
    content = line.lstrip(" \t")
    if piece.style != '"':  # there, a space at the end may be one that a backslash keeps
        content = content.rstrip()
    depth = len(line) - len(line.lstrip(" \t"))
    return " " * max(depth + by, least) + content if content else ""
