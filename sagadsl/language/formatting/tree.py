"""A YAML text as nested pieces, each with its first and its last character, aliases and merge keys left as they stand.

What the language reads (`source.py`) has aliases resolved and merges carried out; a formatter needs the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import yaml

Kind: TypeAlias = Literal["map", "list", "flow_map", "flow_list", "scalar", "alias"]

# libyaml ends lines at the first three, and refuses escapes of half a character. Only places count here, so that
# something as long that it reads will do.
_OLD_BREAKS = {0x85: "_", 0x2028: "_", 0x2029: "_"}
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(slots=True)
class Piece:
    """A node of the text.

    `start` is its first character, that of its anchor where it has one; `end` is past its last one, where the line
    breaks that follow a block of text count only if they are kept. `word` is the value of a scalar, as text.
    """

    kind: Kind
    start: int
    end: int
    anchor: str | None = None
    word: str | None = None
    style: str | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """Whether its entries stand in lines of their own, without brackets."""
        return self.kind in {"map", "list"}

    @property
    def is_empty(self) -> bool:
        """Whether it is a value that nobody has written, as after `key:`."""
        return self.start == self.end


@dataclass(slots=True)
class Entry:
    """An entry of a map, or of a list, which has no key."""

    key: Piece | None
    value: Piece


@dataclass(frozen=True, slots=True)
class Mention:
    """A place at which an anchor is given (`&name`) or used (`*name`)."""

    offset: int
    name: str
    gives: bool


def read(text: str) -> tuple[Piece, list[Mention]]:
    """Return the root of a text, and the mentions of anchors in their order.

    Args:
        text: One YAML document that has been read without an error; its lines end with LF.
    """
    reader = _Reader(text)
    for event in _events(text):
        reader.take(event)
    return reader.root, reader.mentions


def _events(text: str) -> Iterator[Any]:
    plain = _HALF_CHARACTER.sub(r"\\u00", text.translate(_OLD_BREAKS))
    parser = _parser(plain)
    while parser.check_event():
        yield parser.get_event()


def _parser(text: str) -> Any:
    try:
        from yaml._yaml import CParser  # noqa: PLC0415  missing where PyYAML was built without libyaml
    except ImportError:
        return yaml.BaseLoader(text)
    return CParser(text)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.mentions: list[Mention] = []
        self.root = Piece("scalar", 0, 0)
        self._open: list[Piece] = []
        self._keys: list[Piece | None] = []  # of each open map: the key whose value comes next

    def take(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self.mentions.append(Mention(start, anchor, not isinstance(event, yaml.AliasEvent)))
        match event:
            case yaml.ScalarEvent():
                self._deliver(Piece("scalar", start, self._scalar_end(event), anchor, event.value, event.style))
            case yaml.AliasEvent():
                self._deliver(Piece("alias", start, end, word=anchor))
            case yaml.MappingStartEvent():
                self._begin(Piece("flow_map" if event.flow_style else "map", start, end, anchor))
            case yaml.SequenceStartEvent():
                self._begin(Piece("flow_list" if event.flow_style else "list", start, end, anchor))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(end)

    def _begin(self, piece: Piece) -> None:
        self._open.append(piece)
        self._keys.append(None)

    def _end(self, end: int) -> None:
        piece = self._open.pop()
        self._keys.pop()
        piece.end = piece.entries[-1].value.end if piece.is_block else end
        self._deliver(piece)

    def _deliver(self, piece: Piece) -> None:
        if not self._open:
            self.root = piece
            return
        owner = self._open[-1]
        key = self._keys[-1]
        if owner.kind in {"list", "flow_list"}:
            owner.entries.append(Entry(None, piece))
        elif key is None:
            self._keys[-1] = piece
        else:
            self._keys[-1] = None
            if piece.is_empty:  # where the parser sees it is anywhere up to the next key
                piece.start = piece.end = self._past_colon(key)
            owner.entries.append(Entry(key, piece))

    def _past_colon(self, key: Piece) -> int:
        offset = key.end
        while offset < len(self.text) and self.text[offset] in " \t":
            offset += 1
        return offset + 1 if self.text[offset : offset + 1] == ":" else key.end

    def _scalar_end(self, event: Any) -> int:
        """Where a scalar ends: a block of text without the empty lines behind it, unless `+` keeps those."""
        start, end = event.start_mark.index, event.end_mark.index
        if event.style not in {"|", ">"}:
            return int(end)
        lines = self.text[start:end].split("\n")
        if "+" in lines[0].partition("#")[0]:
            return int(end)
        depth = min((len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip(" ")), default=0)
        while len(lines) > 1 and not lines[-1].strip(" ") and len(lines[-1]) <= depth:
            end -= len(lines.pop()) + 1
        return int(end)
