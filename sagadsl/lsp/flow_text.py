"""Reads `{…}`, `[…]` and scalars in quotes as far as they go, however unfinished they are.

What is never closed ends where the text that was handed in ends, and a text in quotes at the latest with its line.
"""

from __future__ import annotations

import re

from sagadsl.language.nodes import Node
from sagadsl.language.scalars import OutOfRangeError, resolve

MAX_DEPTH = 100
"""As deep as a definition may be nested."""

_SPACE = re.compile(r"(?:[ \t\r\n]|(?:(?<=[ \t\r\n])|^)#[^\r\n]*)*", re.MULTILINE)
_PROPERTIES = re.compile(r"(?:[&!][^ \t\r\n,\[\]{}]*[ \t]*)*")
_DOUBLE = re.compile(r'"((?:[^"\\\r\n]|\\[^\r\n])*)("|\\?)')
_SINGLE = re.compile(r"'((?:[^'\r\n]|'')*)('?)")
_ESCAPE = re.compile(r"\\(.)")
_PLAIN = re.compile(r"(?:\$\{[^}\r\n]*\}?|:(?![ \t\r\n,\[\]{}]|\Z)|(?<![ \t])#|[^:#,\[\]{}\r\n])+")


def plain_node(text: str, start: int, end: int) -> Node:
    """Return the node of an unquoted scalar between two offsets; space around it is no part of it."""
    raw = text[start:end]
    word = raw.strip(" \t")
    start += len(raw) - len(raw.lstrip(" \t")) if word else 0
    try:
        return Node(resolve(word), start, start + len(word))
    except OutOfRangeError:
        return Node(word, start, start + len(word))


def quoted_node(text: str, start: int, stop: int) -> Node:
    """Return the node of the scalar whose opening quote stands at `start`; it ends before `stop`."""
    quote = text[start]
    match = (_DOUBLE if quote == '"' else _SINGLE).match(text, start, stop)
    if match is None:  # cannot be: both patterns take a lone quote
        return Node("", start, start + 1, quote)
    value = _ESCAPE.sub(r"\1", match[1]) if quote == '"' else match[1].replace("''", "'")
    return Node(value, start, match.end(), quote)


class FlowReader:
    """Reads one flow collection.

    Args:
        text: The whole text.
        stop: Where reading ends at the latest.
    """

    def __init__(self, text: str, stop: int) -> None:
        self._text = text
        self._stop = stop

    def read(self, start: int) -> Node:
        """Return the collection whose bracket stands at `start`."""
        return self._value(start, 0)

    def _value(self, at: int, depth: int) -> Node:
        at = self._match(_PROPERTIES, at)
        sign = self._sign(at)
        if sign in "{[" and sign and depth < MAX_DEPTH:
            return self._map(at, depth) if sign == "{" else self._list(at, depth)
        if sign in "\"'" and sign:
            return quoted_node(self._text, at, self._stop)
        return plain_node(self._text, at, self._match(_PLAIN, at))

    def _map(self, start: int, depth: int) -> Node:
        children: dict[str, tuple[Node, Node]] = {}
        at = self._next_entry(start + 1)
        while self._sign(at) not in ("}", "]", ""):
            key = self._value(at, MAX_DEPTH)
            at = self._skip(max(key.end, at))
            if self._sign(at) == ":":
                value = self._value(self._skip(at + 1), depth + 1)
                at = max(value.end, at + 1)
            else:
                value = Node(None, key.end, key.end)
                at = max(at, key.end, key.start + 1)
            children.setdefault(str(key.data), (key, value))
            at = self._next_entry(at)
        node = Node({name: pair[1].data for name, pair in children.items()}, start, self._closed(at))
        node.children = children
        return node

    def _list(self, start: int, depth: int) -> Node:
        children: list[Node] = []
        at = self._next_entry(start + 1)
        while self._sign(at) not in ("}", "]", ""):
            item = self._value(at, depth + 1)
            children.append(item)
            at = self._next_entry(max(item.end, at + 1))
        node = Node([item.data for item in children], start, self._closed(at))
        node.children = children
        return node

    def _next_entry(self, at: int) -> int:
        at = self._skip(at)
        while self._sign(at) in (",", ":"):
            at = self._skip(at + 1)
        return at

    def _closed(self, at: int) -> int:
        return at + 1 if self._sign(at) else at

    def _skip(self, at: int) -> int:
        return self._match(_SPACE, at)

    def _match(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self._text, at, self._stop)
        return match.end() if match else at

    def _sign(self, at: int) -> str:
        return self._text[at] if at < self._stop else ""
