"""YAML events in, plain data with a position for every node out.

Built on the parser's events and not on its composer: events show the tags, anchors and aliases that the
language refuses or limits, and a stack of our own needs no recursion, however deep the text nests.
"""

from __future__ import annotations

import re
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from sagadsl.language.codes import diagnose
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.nodes import Node, moved, take_in
from sagadsl.language.scalars import OutOfRangeError, resolve
from sagadsl.language.text import Lines

MAX_DEPTH = 100
"""Levels of nesting, those that aliases bring included."""

MAX_EXPANSION = 100_000
"""Nodes that aliases may add to a text."""

_LONE_SURROGATE = "[\ud800-\udfff]"
_QUOTED_STYLES = frozenset({"'", '"', "|", ">"})


class StopReadingError(Exception):
    """What was found makes the rest of the text unreadable; it is in the problems already."""


_MERGE: Final = Node("<<", 0, 0)
_BROKEN: Final = Node(None, 0, 0)
_OPEN: Final = Node(None, 0, 0)  # an anchor whose node has not ended yet


class _Frame:
    """A map or list that has begun and not ended."""

    __slots__ = ("anchor", "key", "keys", "merges", "node")

    def __init__(self, node: Node, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Node | None = None  # of a map: the key whose value comes next
        self.keys: dict[str, Node] = {}
        self.merges: list[Node] = []


class TreeBuilder:
    """Takes the events of one document and collects everything that is wrong with it.

    Args:
        text: The text the events come from.
        lines: Its lines.
    """

    def __init__(self, text: str, lines: Lines) -> None:
        self.root: Node | None = None
        self.problems: list[Diagnostic] = []
        self.last_scalar: Node | None = None
        self._text = text
        self._lines = lines
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._expansion = 0
        self._documents = 0

    def take(self, event: Event) -> None:
        """Take the next event.

        Raises:
            StopReadingError: The rest of the text need not be read.
        """
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent:
            self._open(event, {}, {})
        elif kind is SequenceStartEvent:
            self._open(event, [], [])
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close(event)
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self._document(event)

    def _report(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        self.problems.append(diagnose(code, message, self._lines.place(start, end), hint))

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            start = event.start_mark.index
            hint = "delete this line, or put the second definition into a file of its own"
            self._report("SAGA109", "a second document begins here", start, start + 3, hint)
            raise StopReadingError

    def _scalar(self, event: Any) -> None:
        start, end = self._content(event)
        style = event.style if event.style in _QUOTED_STYLES else None
        node = Node(event.value, start, end, style)
        if style == '"' and not event.value.isascii() and re.search(_LONE_SURROGATE, event.value):
            hint = "write the character itself, or both halves as in \\ud83d\\ude00"
            self._report("SAGA116", "an escape here names half a character", start, end, hint)
        if style is None:
            try:
                node.data = resolve(event.value)
            except OutOfRangeError as error:
                self._report("SAGA114", str(error), start, end, "put it in quotes if it is meant as text")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self.last_scalar = node
        self._deliver(node)

    def _content(self, event: Any) -> tuple[int, int]:
        """Where the node itself stands, without the anchor and the tag before it; a tag is reported."""
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is None and event.tag is None:
            return start, end
        text = self._text
        while start < len(text) and text[start] in "&!":
            stop = _word_end(text, start)
            if text[start] == "!":
                hint = "leave it out; a text that begins with '!' has to stand in quotes"
                self._report("SAGA110", f"the tag {text[start:stop]} is not allowed", start, stop, hint)
            start = _skip_space(text, stop)
        return start, max(start, end)

    def _open(self, event: Any, data: Any, children: Any) -> None:
        start, _ = self._content(event)
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(start, start + 1)
        node = Node(data, start, start)
        node.children = children
        node.height = 1
        if event.anchor is not None:
            self._anchors[event.anchor] = _OPEN
        self._stack.append(_Frame(node, event.anchor))

    def _too_deep(self, start: int, end: int) -> None:
        message = f"nesting is more than {MAX_DEPTH} levels deep"
        self._report("SAGA113", message, start, end, "a saga needs far fewer; is a bracket not closed?")
        raise StopReadingError

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        node = frame.node
        if event.end_mark.index > event.start_mark.index:  # the bracket of a flow collection
            node.end = event.end_mark.index
        if frame.merges:
            take_in(node, frame.merges)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = node
        self._deliver(node)

    def _alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        target = self._anchors.get(event.anchor)
        if target is None:
            hint = f"put &{event.anchor} before the value that is meant; a text with '*' in front needs quotes"
            self._report("SAGA117", f"no anchor &{event.anchor} stands above", start, end, hint)
            target = Node(None, start, end)
        elif target is _OPEN:
            message = f"*{event.anchor} stands inside the very value that it repeats"
            self._report("SAGA112", message, start, end, "an alias can only repeat what has ended above it")
            target = Node(None, start, end)
        else:
            self._expand(target, start, end)
        self._deliver(moved(target, start, end))

    def _expand(self, target: Node, start: int, end: int) -> None:
        self._expansion += target.size
        if self._expansion > MAX_EXPANSION:
            message = f"the aliases up to here repeat more than {MAX_EXPANSION:,} values"
            self._report("SAGA111", message, start, end, "write out what is needed")
            raise StopReadingError
        if len(self._stack) + target.height > MAX_DEPTH:
            self._too_deep(start, end)

    def _deliver(self, node: Node) -> None:
        """Put a node that is complete where it belongs."""
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        owner = frame.node
        owner.end = max(owner.end, node.end if node.start >= owner.start else owner.start)
        owner.size += node.size
        if isinstance(owner.children, list):
            owner.children.append(node)
            owner.data.append(node.data)
        elif frame.key is None:
            frame.key = self._key(frame, node)
            return
        else:
            self._value(frame, frame.key, node)
            frame.key = None
        owner.height = max(owner.height, node.height + 1)

    def _key(self, frame: _Frame, node: Node) -> Node:
        """Return the key to file the next value under: the node itself, `_MERGE` or `_BROKEN`."""
        key = node.data
        if not isinstance(key, str):
            self._report("SAGA108", f"the key {self._shown(node)} is not text", node.start, node.end, self._quote(node))
            return _BROKEN
        if key in frame.keys:
            first = self._lines.line(frame.keys[key].start)
            message = f"the key '{key}' is given twice; the first one is in line {first}"
            self._report("SAGA107", message, node.start, node.end, "keep one of them")
            return _BROKEN
        frame.keys[key] = node
        return _MERGE if key == "<<" and node.style is None else node

    def _shown(self, node: Node) -> str:
        if node.children is not None:
            return "here is a list or a map and"
        return self._text[node.start : node.end] or "is empty and"

    def _quote(self, node: Node) -> str:
        source = self._text[node.start : node.end]
        if node.children is not None or not source:
            return "write a name before the ':'"
        return f'put it in quotes if it is meant: "{source}":'

    def _value(self, frame: _Frame, key: Node, node: Node) -> None:
        if key is _MERGE:
            self._take_merge(frame, node)
        elif key is not _BROKEN:
            owner = frame.node
            owner.data[key.data] = node.data
            owner.children[key.data] = (key, node)  # type: ignore[index]  # of a map, seen above

    def _take_merge(self, frame: _Frame, node: Node) -> None:
        sources = node.children if isinstance(node.children, list) else [node]
        for source in sources:
            if isinstance(source.children, dict):
                frame.merges.append(source)
            else:
                hint = "write <<: *anchor or <<: [*first, *second], each anchor standing at a map"
                self._report("SAGA118", "<< takes in a map, and this is none", source.start, source.end, hint)


def _word_end(text: str, start: int) -> int:
    while start < len(text) and not text[start].isspace():
        start += 1
    return start


def _skip_space(text: str, start: int) -> int:
    """The next character that is neither space nor comment."""
    while start < len(text) and (text[start].isspace() or text[start] == "#"):
        if text[start] == "#":
            while start < len(text) and text[start] not in "\r\n":
                start += 1
        else:
            start += 1
    return start
