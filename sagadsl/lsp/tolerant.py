"""Reads a text that is being typed: by lines and indentation, never failing, whatever is missing in it.

The parser of the language refuses a text that is no YAML, and a text is none for most of the time in which somebody
types. What is read here has the same form, a `Document`, and is right wherever the text is; a word alone on its line
counts as a key whose value has yet to come.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sagadsl.language.nodes import Node
from sagadsl.language.source import Document
from sagadsl.language.text import Lines
from sagadsl.lsp.flow_text import MAX_DEPTH, FlowReader, plain_node, quoted_node

_LINE = re.compile(r"([ \t]*)([^\r\n]*)(\r\n|\r|\n|\Z)")
_QUOTED = r"\"(?:[^\"\\\r\n]|\\[^\r\n])*\"|'(?:[^'\r\n]|'')*'"
_KEY = re.compile(rf"({_QUOTED}|[^\s\"'#\-{{\[][^\r\n]*?|-[^\s][^\r\n]*?)[ \t]*:(?=[ \t\r\n]|\Z)")
_DASH = re.compile(r"-(?=[ \t\r\n]|\Z)[ \t]*")
_PROPERTIES = re.compile(r"(?:[&!][^ \t\r\n]*(?:[ \t]+|$))*", re.MULTILINE)
_COMMENT = re.compile(r"(?:(?<=[ \t])|^)#")
_BLOCK_SCALAR = re.compile(r"[|>][0-9+-]*[ \t]*(?:#[^\r\n]*)?$", re.MULTILINE)
_NO_CONTENT = re.compile(r"(?:#|---(?:\s|$)|\.\.\.(?:\s|$)|%)")
_NOTHING = ("", "#")


class _Line(NamedTuple):
    """A line: where its content starts and ends (without the line break), and where the next one starts."""

    start: int
    end: int
    following: int
    column: int


class _Frame:
    """A block map or list that can still grow. `filled` says whether its last value has been given."""

    __slots__ = ("column", "filled", "key", "node")

    def __init__(self, node: Node, column: int) -> None:
        self.node = node
        self.column = column
        self.key: str = ""
        self.filled = True

    @property
    def is_map(self) -> bool:
        return isinstance(self.node.children, dict)

    def last(self) -> Node | None:
        """The value that was begun last."""
        children = self.node.children
        if isinstance(children, dict):
            return children[self.key][1] if self.key in children else None
        return children[-1] if children else None


def read_tolerantly(text: str, file: str) -> Document:
    """Return what can be read of any text at all."""
    reader = _Reader(text)
    root = reader.read()
    return Document(root.data, text, file, root, Lines(text, file))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._frames: list[_Frame] = []
        self._root = Node(None, 0, 0)

    def read(self) -> Node:
        at = 0
        while at < len(self._text):
            line = self._line(at)
            content = self._text[line.start : line.end]
            nothing = not content or _NO_CONTENT.match(content) is not None
            at = line.following if nothing else self._entries(line)
        return self._root

    def _line(self, at: int) -> _Line:
        match = _LINE.match(self._text, at)
        if match is None or match.end() == at:  # the last line, and empty
            return _Line(len(self._text), len(self._text), len(self._text), 0)
        end = match.end(2)
        while end > match.start(2) and self._text[end - 1] in " \t":
            end -= 1
        return _Line(match.start(2), end, match.end(), len(match[1]))

    def _entries(self, line: _Line) -> int:
        """Take in a line, and return where to go on."""
        at = line.start
        while (dash := _DASH.match(self._text, at)) is not None:
            self._item(at, line.column + at - line.start)
            at = dash.end()
        column = line.column + at - line.start
        if at >= line.end:
            return line.following
        key = _KEY.match(self._text, at, line.end)
        if key is None:
            return self._value(at, line, column)
        self._open_map(at, column)
        self._add_key(self._scalar(key.start(1), key.end(1)))
        return self._value(key.end(), line, None)

    def _scalar(self, start: int, end: int) -> Node:
        if self._text[start] in "\"'":
            return quoted_node(self._text, start, end)
        return plain_node(self._text, start, end)

    def _item(self, at: int, column: int) -> None:
        """Begin an item of the block list at this column."""
        while self._frames and self._frames[-1].column > column:
            self._frames.pop()
        top = self._frames[-1] if self._frames else None
        if top is None or top.is_map or top.column < column:
            node = Node([], at, at)
            node.children = []
            top = self._open(node, column)
        item = Node(None, at + 1, at + 1)
        if isinstance(top.node.children, list):
            top.node.children.append(item)
            top.node.data.append(None)
        top.filled = False

    def _open_map(self, at: int, column: int) -> None:
        """Make the block map at this column the one that grows."""
        while self._frames and self._is_left(self._frames[-1], column):
            self._frames.pop()
        top = self._frames[-1] if self._frames else None
        if top is not None and top.is_map and (top.column == column or top.filled):
            return  # the second: indented too far, which somebody is about to mend
        node = Node({}, at, at)
        node.children = {}
        self._open(node, column)

    def _is_left(self, frame: _Frame, column: int) -> bool:
        return frame.column > column or (frame.column == column and not frame.is_map and len(self._frames) > 1)

    def _open(self, node: Node, column: int) -> _Frame:
        self._fill(node)
        frame = _Frame(node, column)
        if len(self._frames) < MAX_DEPTH:
            self._frames.append(frame)
        return frame

    def _fill(self, node: Node) -> None:
        """Make a node the value that the innermost frame waits for."""
        if not self._frames:
            self._root = node
            return
        frame = self._frames[-1]
        frame.filled = True
        children = frame.node.children
        if isinstance(children, dict) and frame.key in children:
            children[frame.key] = (children[frame.key][0], node)
            frame.node.data[frame.key] = node.data
        elif isinstance(children, list) and children:
            children[-1] = node
            frame.node.data[-1] = node.data

    def _add_key(self, key: Node) -> None:
        frame = self._frames[-1]
        frame.key, frame.filled = str(key.data), False
        if isinstance(frame.node.children, dict):
            frame.node.children[frame.key] = (key, Node(None, key.end + 1, key.end + 1))
            frame.node.data[frame.key] = None

    def _value(self, at: int, line: _Line, column: int | None) -> int:
        """Take in the value at `at`; `column` is that of a value which no key stands before. Return where to go on."""
        at = self._after_properties(at, line.end)
        if self._text[at : at + 1] in _NOTHING or at >= line.end:
            return line.following
        if column is not None:
            return self._alone(at, line, column)
        node, following = self._node(at, line)
        self._fill(node)
        self._widen(node.end)
        return following

    def _after_properties(self, at: int, end: int) -> int:
        while at < end and self._text[at] in " \t":
            at += 1
        match = _PROPERTIES.match(self._text, at, end)
        return match.end() if match else at

    def _node(self, at: int, line: _Line) -> tuple[Node, int]:
        sign = self._text[at]
        if sign in "{[":
            node = FlowReader(self._text, self._stop(line)).read(at)
            return node, max(self._line(node.end - 1).following, line.following)
        if sign in "\"'":
            return quoted_node(self._text, at, line.end), line.following
        if _BLOCK_SCALAR.match(self._text, at, line.end):
            return self._block_scalar(at, line)
        comment = _COMMENT.search(self._text, at, line.end)
        return plain_node(self._text, at, comment.start() if comment else line.end), line.following

    def _stop(self, line: _Line) -> int:
        """Where what begins in this line ends at the latest: before the next line that is not indented deeper."""
        column = self._frames[-1].column if self._frames else -1
        at = line.following
        while at < len(self._text):
            below = self._line(at)
            if below.start < below.end and below.column <= column and self._text[below.start] not in "]}":
                return at
            at = below.following
        return len(self._text)

    def _block_scalar(self, at: int, line: _Line) -> tuple[Node, int]:
        stop = self._stop(line)
        text = self._text[line.following : stop]
        lines = text.splitlines()
        margin = min((len(each) - len(each.lstrip(" ")) for each in lines if each.strip()), default=0)
        node = Node("\n".join(each[margin:] for each in lines), at, max(stop, line.end), self._text[at])
        return node, max(stop, line.following)

    def _alone(self, at: int, line: _Line, column: int) -> int:
        """Take in a value that stands alone: of an item or of a key above it; or a key that is being typed."""
        while self._frames and self._is_left(self._frames[-1], column):
            self._frames.pop()
        top = self._frames[-1] if self._frames else None
        if self._text[at] in "{[\"'" or (top is not None and not top.filled and top.column < column):
            node, following = self._node(at, line)
            self._fill(node)
            self._widen(node.end)
            return following
        if top is not None and self._continues(top, line, column):
            return line.following
        self._open_map(at, column)
        if self._frames[-1].is_map:
            self._add_key(plain_node(self._text, at, line.end))
        return line.following

    def _continues(self, top: _Frame, line: _Line, column: int) -> bool:
        """Whether the line goes on with a text that was begun above it; then the text grows."""
        last = top.last()
        if column <= top.column or last is None or not isinstance(last.data, str) or not last.data:
            return False
        self._fill(Node(f"{last.data} {self._text[line.start : line.end]}", last.start, line.end, last.style))
        return True

    def _widen(self, end: int) -> None:
        for frame in self._frames:
            frame.node.end = max(frame.node.end, end)
