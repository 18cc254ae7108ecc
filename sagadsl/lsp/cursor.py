"""Where in a definition somebody is typing, whatever state the text is in.

A character that no text has is put in at the cursor before the text is read by its lines and indentation. Wherever it
comes out again is what is being typed, be it a key, a value or an empty line whose indentation alone says where it is.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sagadsl.language.definition import Json, Path
from sagadsl.lsp.positions import Span
from sagadsl.lsp.structure import Spot, spot
from sagadsl.lsp.view import View

_MARK = "\ufdd0"  # a noncharacter: Unicode promises that it stands for nothing
_WORD_BEFORE = re.compile(r"[A-Za-z0-9_*]*\Z")
_WORD_AFTER = re.compile(r"[A-Za-z0-9_]*")
_COLON = re.compile(r"[\"']?[ \t]*:")


class Cursor(NamedTuple):
    """What is being typed.

    Attributes:
        view: The text as it could be read, with the mark in it.
        path: Of the value, or of the key, that the cursor is in.
        part: `key` for a key; `value` for what follows one; `open` for a word that may become either.
        before: What stands before the cursor in the key or value, without an opening quote.
        word: The characters of the word around the cursor, which a completion replaces.
        has_colon: Whether a colon follows.
        in_flow: Whether it is inside `{…}` or `[…]`.
    """

    view: View
    path: Path
    part: Literal["key", "value", "open"]
    before: str
    word: Span
    has_colon: bool
    in_flow: bool

    @property
    def spot(self) -> Spot:
        """What the path means."""
        return spot(self.path)


def cursor_at(text: str, offset: int, file: str) -> Cursor | None:
    """Return what is being typed at an offset, or `None` where it is a comment or cannot be told."""
    view = View(text[:offset].replace(_MARK, "?") + _MARK + text[offset:].replace(_MARK, "?"), file, exact=False)
    found = _marked(view.data, ())
    if found is None:
        return None
    path, part, content = found
    before = content[: content.index(_MARK)]
    start = offset - len(_WORD_BEFORE.findall(text[:offset].rpartition("\n")[2])[0])
    end = _end_of_word(text, offset)
    alone = part == "value" and _is_alone(text, offset)
    return Cursor(
        view,
        path,
        "open" if alone else part,
        before,
        Span(start, end),
        _COLON.match(text, end) is not None,
        _is_in_flow(view, path),
    )


def _end_of_word(text: str, offset: int) -> int:
    match = _WORD_AFTER.match(text, offset)
    return match.end() if match else offset


def _marked(node: Json, path: Path) -> tuple[Path, Literal["key", "value"], str] | None:
    """Find the mark: its path, whether it is in a key, and the text that it is in."""
    waiting: list[tuple[Path, Json]] = [(path, node)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str) and _MARK in node:
            return path, "value", node
        if isinstance(node, dict):
            for key, value in node.items():
                if _MARK in key:
                    return (*path, key), "key", key
                waiting.append(((*path, key), value))
        elif isinstance(node, list):
            waiting += [((*path, index), value) for index, value in enumerate(node)]
    return None


def _is_alone(text: str, offset: int) -> bool:
    """Whether nothing but space and dashes stand before the word, so that it may be a key that wants its colon."""
    before = text[:offset].rpartition("\n")[2]
    return not before[: len(before) - len(_WORD_BEFORE.findall(before)[0])].strip(" \t-\r")


def _is_in_flow(view: View, path: Path) -> bool:
    span = view.span_of(path[:-1]) if path else Span(0, 0)
    return view.text[span.start : span.start + 1] in ("{", "[")
