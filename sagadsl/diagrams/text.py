"""Words in a picture: made harmless, broken into lines, and measured without a font at hand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_SPACES = re.compile(r"\s+")
_UNDRAWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"(?<=[\s_./,;:|&)-])(?=[^\s_./,;:|&)-])")

# Advance widths of a wide sans-serif face in em; a picture is shown with fonts that nobody here can measure,
# so text is taken to be about as wide as the widest of the usual ones would set it.
_NARROW, _USUAL, _CAPITAL, _BROAD, _FULL = 0.34, 0.59, 0.71, 0.93, 1.05
_NARROW_LETTERS = frozenset("fijlrtI!'|()[]{}.,:;/\\ `")
_BROAD_LETTERS = frozenset("mwMW@%—…")
BOLD = 1.1
"""How much wider bold text is."""


def clean(text: str) -> str:
    """Return the text on one line, without what no picture can show or what turns other characters around."""
    return _SPACES.sub(" ", _UNDRAWABLE.sub("\N{REPLACEMENT CHARACTER}", _SPACES.sub(" ", text))).strip()


def wrap(text: str, width: int) -> list[str]:
    """Return the cleaned text as lines of about `width` average letters each; no line is blank.

    Lines break at spaces, or where there are none behind `_`, `.` and the like, or else anywhere.
    """
    lines, line = [], ""
    for piece in _pieces(clean(text), width):
        if line and letters(line + piece.rstrip()) > width:
            lines.append(line.strip())
            line = ""
        line += piece
    return [line for line in [*lines, line.strip()] if line]


ELLIPSIS = "…"


def brief(text: str, width: int, most: int) -> list[str]:
    """Return the text as `wrap` does, but no more than `most` lines, the last one then ending in an ellipsis."""
    lines = wrap(text, width)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and letters(last + ELLIPSIS) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + ELLIPSIS]


def _pieces(text: str, width: int) -> Iterator[str]:
    for word in _BREAKS.split(text):
        while letters(word) > width:
            cut = _cut(word, width)
            yield word[:cut]
            word = word[cut:]  # noqa: PLW2901 - what is left of it
        yield word


def _cut(word: str, width: int) -> int:
    """Return where to break a long word, never between a character and the marks that belong to it."""
    cut, taken = 0, 0.0
    while cut < len(word) and (taken := taken + em(word[cut]) / _USUAL) <= width:
        cut += 1
    cut = max(cut, 1)
    while cut < len(word) and (_is_mark(word[cut]) or word[cut - 1] == "\N{ZERO WIDTH JOINER}"):
        cut += 1
    return cut


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf")


def letters(text: str) -> float:
    """Return how many average letters wide the text is."""
    return sum(map(em, text)) / _USUAL


def wide_letters(text: str) -> int:
    """Return how many letters are as wide as they are high, as Chinese ones and emoji are."""
    return sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide the text is, rather too wide than too narrow, in the unit of `size`."""
    return sum(map(em, text)) * size * (BOLD if bold else 1.0)


def em(character: str) -> float:
    """Return the width of one character in em."""
    if character in _NARROW_LETTERS:
        return _NARROW
    if character in _BROAD_LETTERS:
        return _BROAD
    if character.isascii():
        return _CAPITAL if character.isupper() else _USUAL
    if unicodedata.east_asian_width(character) in "WF":
        return _FULL
    return 0.0 if _is_mark(character) else _CAPITAL
