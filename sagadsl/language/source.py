"""YAML 1.2 text in, plain data out, with the place in the text of every node and every character of a value.

The parser is libyaml, or PyYAML's own where that is not installed. Both read YAML 1.1; what 1.2 reads otherwise
(scalars, line breaks, byte order marks) is put right here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import yaml

from sagadsl.language import text as plain_text
from sagadsl.language.codes import diagnose
from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, Place
from sagadsl.language.nodes import Node
from sagadsl.language.text import Lines, check_characters
from sagadsl.language.yaml_tree import StopReadingError, TreeBuilder

if TYPE_CHECKING:
    from sagadsl.language.scalar_places import Span

__all__ = ["Document", "parse", "read_text", "scalars"]

# YAML 1.1 ends lines at these three as well; 1.2 does not. They are disguised while libyaml reads.
_OLD_BREAKS = "\x85\u2028\u2029"
# JSON writes a character beyond U+FFFF as the escapes of its two halves. libyaml refuses those, PyYAML's own
# parser does not.
_HALF_CHARACTER = re.compile(r"\\u[dD][89abAB]")
_PRIVATE = range(0xE000, 0xF8FF)


class Document:
    """A text that has been read.

    Args:
        data: What it says, as JSON data.
        text: The text, without a byte order mark.
        file: Its name, for messages.
        root: The node of `data`.
        lines: The lines of `text`.
    """

    __slots__ = ("_lines", "_root", "_spans", "data", "file", "text")

    def __init__(self, data: Json, text: str, file: str, root: Node, lines: Lines) -> None:
        self.data = data
        self.text = text
        self.file = file
        self._root = root
        self._lines = lines
        self._spans: tuple[Node, list[Span] | None] = (root, None)  # those asked for last: often many of one text

    def with_data(self, data: Json) -> Document:
        """Return a document of the same text and places with other data, such as a part of its own."""
        return Document(data, self.text, self.file, self._root, self._lines)

    def place(self, path: Path, part: Literal["value", "key"] = "value") -> Place:
        """Return the place of the value at a path, or of its key.

        Where the path does not lead all the way, the place of the last node on it is returned. A list item and
        the whole document have no key; their value stands in.
        """
        key, node = self._find(path)
        chosen = key if part == "key" and key is not None else node
        return self._lines.place(chosen.start, self._end(chosen))

    def place_of(self, start: int, end: int) -> Place:
        """Return the place of the characters `[start, end)` of the text."""
        return self._lines.place(start, end)

    def text_at(self, place: Place) -> str:
        """Return the characters at a place."""
        start, end = self._lines.start(place.line), self._lines.start(place.end_line)
        return self.text[start + place.column - 1 : end + place.end_column - 1]

    def place_in_scalar(self, path: Path, start: int, end: int) -> Place:
        """Return the place of the characters `[start, end)` of a text value, wherever quoting has put them.

        An empty range is the point before the character at `start`. If there is no text at the path, the place
        of the nearest value is returned.
        """
        node = self._find(path)[1]
        node = node.source or node
        if not isinstance(node.data, str):
            return self.place(path)
        from sagadsl.language.scalar_places import value_spans  # noqa: PLC0415  needed only where something is wrong

        if self._spans[0] is not node or self._spans[1] is None:
            self._spans = node, value_spans(self.text, node.start, node.end, node.style, node.data)
        spans = self._spans[1]
        if not spans:
            return self.place(path)
        first, last = min(start, len(spans)), min(max(start, end), len(spans))
        begin = spans[first][1] if first < len(spans) else spans[-1][2]
        return self._lines.place(begin, spans[last - 1][2] if last > first else begin)

    def _find(self, path: Path) -> tuple[Node | None, Node]:
        key: Node | None = None
        node = self._root
        for step in path:
            children = node.children
            if isinstance(children, dict) and step in children:
                key, node = children[str(step)]
            elif isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
                key, node = None, children[step]
            else:
                break
        return key, node

    def _end(self, node: Node) -> int:
        """Where a node ends for people: a block scalar takes in the line breaks that follow it."""
        end = node.end
        while end > node.start and self.text[end - 1] in " \t\r\n":
            end -= 1
        return end


def read_text(path: FilePath | str) -> str:
    """Return the text of a file; see `sagadsl.language.text.read_text`."""
    return plain_text.read_text(path)


def parse(text: str, file: str, what: str = "definition", opening: str = "name: my_saga") -> Document:
    """Return what the text says and where.

    Args:
        text: YAML 1.2, so JSON as well.
        file: The name that messages give it.
        what: What the text ought to hold.
        opening: How such a thing begins.

    Raises:
        DefinitionError: The text cannot be read as data; it holds everything that was found.
    """
    text = text.removeprefix("\ufeff")
    lines = Lines(text, file)
    problems = check_characters(text, lines, file)
    if problems:
        raise DefinitionError(problems, {file: text})
    root, problems = _read(text, lines)
    if problems:
        raise DefinitionError(problems, {file: text})
    if root is None or (root.data is None and root.start == root.end):
        hint = f"begin with: {opening}"
        raise DefinitionError([diagnose("SAGA104", f"there is no {what} in the text", Place(file), hint)])
    return Document(root.data, text, file, root, lines)


def _read(text: str, lines: Lines) -> tuple[Node | None, list[Diagnostic]]:
    builder = TreeBuilder(text, lines)
    try:
        for event in _events(text):
            builder.take(event)
    except StopReadingError:
        pass  # what stopped it is among the problems
    except yaml.YAMLError as error:
        from sagadsl.language.syntax_errors import explain  # noqa: PLC0415  likewise

        builder.problems.append(explain(error, text, lines, builder.last_scalar))
    return builder.root, builder.problems


class Scalar(NamedTuple):
    """The source of a scalar: its offsets, quotes included, and its style as in `Node`."""

    start: int
    end: int
    style: str | None


def scalars(text: str) -> Iterator[Scalar]:
    """Yield the scalars of a text that has been read, keys as well as values, in the order of the text.

    What begins with `#` outside of them is a comment.
    """
    disguise = _disguise(text)
    halves = _HALF_CHARACTER.search(text) is not None
    text = text.translate(disguise) if disguise else text
    tokens = yaml.BaseLoader(text) if halves else _parser(text)
    while tokens.check_token():
        token = tokens.get_token()
        if isinstance(token, yaml.ScalarToken):
            yield Scalar(token.start_mark.index, token.end_mark.index, token.style)


def _events(text: str) -> Iterator[Any]:
    disguise = _disguise(text)
    if disguise:
        text = text.translate(disguise)
    restore = {ord(fake): chr(real) for real, fake in disguise.items()}
    halves = _HALF_CHARACTER.search(text) is not None
    parser = yaml.BaseLoader(text) if halves else _parser(text)
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, yaml.ScalarEvent):
            if restore:
                event.value = event.value.translate(restore)
            if halves and event.style == '"':
                event.value = event.value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        yield event


def _disguise(text: str) -> dict[int, str]:
    """Which private characters, none of them in the text, stand for the line breaks of YAML 1.1 in it."""
    present = [character for character in _OLD_BREAKS if character in text]
    if not present:
        return {}
    used = set(text)
    free = (chr(code) for code in _PRIVATE if chr(code) not in used)
    return {ord(character): fake for character, fake in zip(present, free, strict=False)}


def _parser(text: str) -> Any:
    try:
        from yaml._yaml import CParser  # noqa: PLC0415  missing where PyYAML was built without libyaml
    except ImportError:
        return yaml.BaseLoader(text)
    return CParser(text)
