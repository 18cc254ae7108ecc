"""`${…}` in texts: where the expressions of a template stand.

`$${` is a literal `${`. The keys of objects are never templates. What closes a `${` is the first `}` that is neither in
quotes, nor in a comment, nor closes a `{` of the expression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sagadsl.language import celtokens
from sagadsl.language.definition import Json, Path

OPEN = "${"
"""What begins an expression in a text."""


class TemplateError(ValueError):
    """A `${` that is never closed, or that holds nothing.

    Args:
        message: What is wrong, in plain words.
        start: Offset of the `${` in the text, in code points.
        end: Offset of what follows the faulty part.
        hint: How to mend it.
    """

    def __init__(self, message: str, start: int, end: int, hint: str) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.hint = hint


class Part(NamedTuple):
    """A stretch of a template: literal text, or the source of an expression.

    `start` and `end` are offsets in the template, in code points: of an expression without its `${` and `}`.
    """

    is_expression: bool
    text: str
    start: int
    end: int


def scan(text: str) -> list[Part]:
    """Split a template into literal text and expressions; an empty text has no parts.

    Raises:
        TemplateError: A `${` is never closed, or is empty.
    """
    parts: list[Part] = []
    literal, at, begun = "", 0, 0
    while (found := text.find(OPEN, at)) >= 0:
        if found > at and text[found - 1] == "$":
            literal, at = literal + text[at : found - 1] + OPEN, found + len(OPEN)
            continue
        literal += text[at:found]
        if literal:
            parts.append(Part(False, literal, begun, found))
        end = _closing_brace(text, found)
        parts.append(Part(True, text[found + len(OPEN) : end], found + len(OPEN), end))
        literal, at, begun = "", end + 1, end + 1
    literal += text[at:]
    if literal:
        parts.append(Part(False, literal, begun, len(text)))
    return parts


def _closing_brace(text: str, opening: int) -> int:
    """Return the offset of the `}` that closes the `${` at `opening`."""
    at, depth = opening + len(OPEN), 0
    quote: celtokens.Token | None = None
    while (token := celtokens.next_token(text, at)) is not None:
        if token.text == "}" and depth == 0:
            _refuse_empty(text, opening, token.start)
            return token.start
        depth += (token.text == "{") - (token.text == "}")
        quote = quote or (token if token.is_unclosed_string else None)
        at = token.end
    raise _never_closed(text, opening, quote)


def _refuse_empty(text: str, opening: int, closing: int) -> None:
    if not celtokens.tokens(text[opening + len(OPEN) : closing]):
        hint = "write an expression between the braces, or '$${' for a literal '${'"
        raise TemplateError("this template is empty", opening, closing + 1, hint)


def _never_closed(text: str, opening: int, quote: celtokens.Token | None) -> TemplateError:
    end = text.find("\n", opening)
    end = len(text) if end < 0 else end
    if quote is not None:
        hint = f"the text that begins with {quote.text[0]} inside it is never closed"
    else:
        hint = "close it with '}', or write '$${' for a literal '${'"
    return TemplateError("this template is never closed", opening, end, hint)


def strings_in(data: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every string of nested data that is not a key, with its path, in the order of the text."""
    pending: list[tuple[Path, Json]] = [(path, data)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            pending.extend(((*path, key), item) for key, item in reversed(list(value.items())))
        elif isinstance(value, list | tuple):
            pending.extend(((*path, i), value[i]) for i in reversed(range(len(value))))


def expressions_in(data: Json, path: Path = ()) -> Iterator[tuple[Path, int, str]]:
    """Yield every expression of a template: path of its string, offset in that string, source text.

    A string that is no valid template has none; `scan` tells what is wrong with it.
    """
    for where, text in strings_in(data, path):
        if OPEN not in text:
            continue
        try:
            parts = scan(text)
        except TemplateError:
            continue
        yield from ((where, part.start, part.text) for part in parts if part.is_expression)
