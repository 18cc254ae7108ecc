"""Where each character of a scalar's value stands in the text.

A value and its source differ: escapes, doubled quotes, folded lines, stripped indentation. What libyaml does to
read a scalar is done here once more, for one scalar and only when something in it has to be pointed at, with
every character that comes out remembering the characters it came from.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

Span = tuple[str, int, int]
"""A character of the value, and the offsets in the text that it was read from."""

_BLANKS = " \t"
_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def value_spans(text: str, start: int, end: int, style: str | None, value: str) -> list[Span] | None:
    """Return a span for each character of the value.

    Args:
        text: The whole text.
        start: Where the scalar begins, its quote or block indicator included.
        end: Where it ends, exclusive.
        style: `'`, `"`, `|`, `>`, or anything else for a plain scalar.
        value: What the YAML parser made of it.

    Returns:
        The spans, or `None` if this reading comes to another value than the parser's.
    """
    for spans in _readings(text, start, end, style):
        found = spans[: len(value)]
        if "".join(span[0] for span in found) == value:
            return found
    return None


def _readings(text: str, start: int, end: int, style: str | None) -> Iterator[list[Span]]:
    if style in ("|", ">"):
        yield from _read_block(text, start, end, folded=style == ">")
    elif style == "'":
        yield _read_flow(text, start + 1, end - 1, _single)
    elif style == '"':
        yield _read_flow(text, start + 1, end - 1, _double)
    else:
        yield _read_flow(text, start, end, _as_it_is)


# Flow scalars: plain and quoted. A character reader gives the value (empty for a folded-away line break) and the
# offset after it.

_Reader = Callable[[str, int], tuple[str, int]]


def _as_it_is(text: str, at: int) -> tuple[str, int]:
    return text[at], at + 1


def _single(text: str, at: int) -> tuple[str, int]:
    return text[at], at + (2 if text.startswith("''", at) else 1)


def _double(text: str, at: int) -> tuple[str, int]:
    if text[at] != "\\":
        return text[at], at + 1
    letter = text[at + 1 : at + 2]
    digits = _ESCAPE_LENGTHS.get(letter, 0)
    if digits and _is_hexadecimal(text[at + 2 : at + digits]):
        return _numbered(text, at, at + _ESCAPE_LENGTHS[letter])
    if letter and letter in "\r\n":
        return "", _after_break(text, at + 1)
    # an editor asks about text that is no YAML yet: an escape that there is not stands for itself
    return _ESCAPES.get(letter, letter), at + 2


def _is_hexadecimal(digits: str) -> bool:
    return bool(digits) and all(digit in "0123456789abcdefABCDEF" for digit in digits)


_FIRST_HALVES = range(0xD800, 0xDC00)


def _numbered(text: str, at: int, after: int) -> tuple[str, int]:
    code = int(text[at + 2 : after], 16)
    is_first_half = 0xD800 <= code < 0xDC00  # noqa: PLR2004  of a pair, as JSON writes it
    if is_first_half and _is_hexadecimal(text[after + 2 : after + 6]):
        low = int(text[after + 2 : after + 6], 16)
        return chr(0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00), after + 6
    return chr(min(code, sys.maxunicode)), after


def _after_break(text: str, at: int) -> int:
    return at + (2 if text.startswith("\r\n", at) else 1)


def _read_flow(text: str, at: int, end: int, read: _Reader) -> list[Span]:
    spans: list[Span] = []
    while at < end:
        blanks = _skip(text, at, end, _BLANKS)
        if blanks < end and text[blanks] in "\r\n":
            folded, at = _fold(text, blanks, end, escaped=False)
            spans += folded
            continue
        spans += [(text[index], index, index + 1) for index in range(at, blanks)]
        if blanks == end:
            break
        character, at = read(text, blanks)
        if character:
            spans.append((character, blanks, at))
        else:
            folded, at = _fold(text, at, end, escaped=True)
            spans += folded
    return spans


def _skip(text: str, at: int, end: int, characters: str) -> int:
    while at < end and text[at] in characters:
        at += 1
    return at


def _fold(text: str, at: int, end: int, *, escaped: bool) -> tuple[list[Span], int]:
    """Read the line breaks at `at` and the blanks round them: one is a space, n + 1 are n line feeds."""
    breaks: list[Span] = []
    while True:
        blanks = _skip(text, at, end, _BLANKS)
        if blanks >= end or text[blanks] not in "\r\n":
            break
        at = _after_break(text, blanks)
        breaks.append(("\n", blanks, at))
    if escaped:
        return breaks, blanks
    if len(breaks) == 1:
        return [(" ", breaks[0][1], breaks[0][2])], blanks
    return breaks[1:], blanks


# Block scalars. The indentation may be given in the header relative to a parent that is not known here; so each
# possible one is tried, beginning with the usual one: the first line's own.


def _read_block(text: str, start: int, end: int, *, folded: bool) -> Iterator[list[Span]]:
    at = start
    while at < end and text[at] not in "\r\n":
        at += 1
    lines = list(_block_lines(text, _after_break(text, at), end))
    filled = next(((begin, stop) for begin, stop, _ in lines if text[begin:stop].strip(" ")), None)
    if filled is None:
        indent = max((stop - begin for begin, stop, _ in lines), default=0)
    else:
        indent = _skip(text, *filled, " ") - filled[0]
    for candidate in range(indent, -1, -1):
        yield _unfold(text, lines, candidate) if folded else _literal(text, lines, candidate)


def _block_lines(text: str, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield each line: where it begins, where its characters end, and where the next one begins."""
    while at < end:
        stop = at
        while stop < end and text[stop] not in "\r\n":
            stop += 1
        following = _after_break(text, stop)
        yield at, stop, following
        at = following


def _literal(text: str, lines: list[tuple[int, int, int]], indent: int) -> list[Span]:
    spans: list[Span] = []
    for begin, stop, following in lines:
        spans += [(text[index], index, index + 1) for index in range(begin + indent, stop)]
        spans.append(("\n", stop, following))
    return spans


def _unfold(text: str, lines: list[tuple[int, int, int]], indent: int) -> list[Span]:
    """Join lines with a space, unless one of the two is empty or begins with a blank."""
    spans: list[Span] = []
    breaks: list[Span] = []
    was_blank = True  # there is nothing to fold before the first line
    for begin, stop, following in lines:
        content = begin + indent
        if content < stop:
            is_blank = text[content] in _BLANKS
            spans += breaks if was_blank or is_blank else _joint(breaks)
            spans += [(text[index], index, index + 1) for index in range(content, stop)]
            breaks, was_blank = [], is_blank
        breaks.append(("\n", stop, following))
    return spans + breaks


def _joint(breaks: list[Span]) -> list[Span]:
    if len(breaks) == 1:
        return [(" ", breaks[0][1], breaks[0][2])]
    return breaks[1:]
