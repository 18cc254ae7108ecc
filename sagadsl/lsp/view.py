"""One version of a text as an editor has it, read as well as it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import DefinitionError, Place
from sagadsl.language.source import Document, parse
from sagadsl.lsp.positions import Places, Span
from sagadsl.lsp.structure import StateAt, states_in
from sagadsl.lsp.tolerant import read_tolerantly

_ROOT: Path = ()


class At(NamedTuple):
    """What stands at an offset: the path of a value, or of the key that leads to it, and its characters."""

    path: Path
    part: Literal["key", "value"]
    span: Span


class View:
    """A text, what it says, and where.

    Args:
        text: Any text at all.
        file: Its name.
        exact: Whether it is read as YAML where that can be done.
    """

    def __init__(self, text: str, file: str, *, exact: bool = True) -> None:
        self.text = text
        self.file = file
        self._places = Places(text)
        document = _parsed(text, file) if exact else None
        self.is_exact = document is not None
        self.document = document or read_tolerantly(text[self._places.shift :], file)

    @property
    def data(self) -> Json:
        """What the text says, or what of it can be made out where it is not YAML (`is_exact` tells)."""
        return self.document.data

    @property
    def top(self) -> Mapping[str, Json]:
        """The keys of the definition; none where the text is not a map."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def name(self) -> str | None:
        """The saga's name."""
        name = self.top.get("name")
        return name if isinstance(name, str) else None

    @cached_property
    def states(self) -> tuple[StateAt, ...]:
        """Every state at any depth, in the order of the text."""
        return tuple(states_in(self.data))

    @cached_property
    def by_name(self) -> Mapping[str, StateAt]:
        """The states by name; of two with one name, which is an error, the first."""
        found: dict[str, StateAt] = {}
        for state in self.states:
            found.setdefault(state.name, state)
        return found

    @cached_property
    def by_path(self) -> Mapping[Path, StateAt]:
        """The states by path."""
        return {state.path: state for state in self.states}

    def span(self, place: Place) -> Span:
        """Return the characters of a place in this text."""
        return self._places.span(place)

    def span_of(self, path: Path, part: Literal["key", "value"] = "value") -> Span:
        """Return the characters of the value at a path, or of its key."""
        return self.span(self.document.place(path, part))

    def span_in(self, path: Path, start: int, end: int) -> Span:
        """Return where characters of a text value stand, however it is quoted."""
        return self.span(self.document.place_in_scalar(path, start, end))

    def name_span(self, state: StateAt) -> Span:
        """Return where a state has its name."""
        if state.is_step:
            return self.span_in(state.name_path, 0, len(state.name))
        return self.key_span(state.name_path)

    def key_span(self, path: Path) -> Span:
        """Return where a key stands, without its quotes; with them where it is not written as it reads."""
        span, word = self.span_of(path, "key"), str(path[-1])
        found = self.text.find(word, span.start, span.end)
        return Span(found, found + len(word)) if found >= 0 else span

    def at(self, offset: int) -> At | None:
        """Return what stands at an offset, or `None` between two values."""
        node, path = self.data, _ROOT
        while True:
            found = self._child_at(node, path, offset)
            if found is None or found.part == "key":
                return found
            path, node = found.path, node[found.path[-1]]
            if not isinstance(node, dict | list):
                return found

    def _child_at(self, node: Json, path: Path, offset: int) -> At | None:
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            below: Path = (*path, key)
            if isinstance(node, dict) and (span := self.span_of(below, "key")).holds(offset):
                return At(below, "key", span)
            if (span := self.span_of(below)).holds(offset):
                return At(below, "value", span)
        return None


def _parsed(text: str, file: str) -> Document | None:
    try:
        return parse(text, file)
    except DefinitionError:
        return None
