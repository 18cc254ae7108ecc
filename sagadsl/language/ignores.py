"""`# sagadsl: ignore=CODE,…` silences warnings, and never errors.

At the end of a line it is about the warnings of that line; on a line of its own above the first key, about those of
the whole file. `SAGA6xx` stands for a whole family. What follows the codes after a space is free for the reason.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from sagadsl.language.codes import CODES, diagnose
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.source import Document, Scalar, scalars
from sagadsl.language.suggest import did_you_mean

_CODES = r"(?P<codes>[^\s,]*(?:[ \t]*,[ \t]*[^\s,]*)*)"
_IGNORE = re.compile(rf"#[ \t]*sagadsl:[ \t]*ignore\b[ \t]*(?P<equals>=?)[ \t]*{_CODES}")
_WORD = re.compile(r"[^\s,]+")
_FAMILY = re.compile(r"(SAGA[0-9])xx\Z")
_WARNINGS = frozenset(code for code, row in CODES.items() if row.severity == "warning")
_BREAK = re.compile(r"[\r\n]")
_BLOCK_STYLES = ("|", ">")


class _Comment(NamedTuple):
    """An ignore comment: whether it is at the head of the file, its line, and the match in the text."""

    at_head: bool
    alone: bool
    line: int
    match: re.Match[str]


def silence(found: list[Diagnostic], document: Document) -> list[Diagnostic]:
    """Return the diagnostics without the warnings that the document asks not to be told.

    What is wrong with the asking is told as well (SAGA601).
    """
    comments = list(_comments(document))
    everywhere = {code for comment in comments if comment.at_head for code in _silenced(comment)}
    by_line = {comment.line: _silenced(comment) for comment in comments if not comment.alone}
    told = [problem for comment in comments for problem in _problems(comment, document)]
    return [
        each
        for each in [*found, *told]
        if each.severity == "error"
        or not (each.code in everywhere or each.code in by_line.get(each.place.line, frozenset()))
    ]


def _comments(document: Document) -> Iterator[_Comment]:
    """The matches that stand in comments: everything outside the scalars that begins with `#` is one."""
    text = document.text
    spans = [_span(text, scalar) for scalar in scalars(text)]
    starts = [start for start, _ in spans]
    for match in _IGNORE.finditer(text):
        at = match.start()
        index = bisect_right(starts, at) - 1
        if index < 0 or spans[index][1] <= at:
            place = document.place_of(at, at)
            alone = not text[at - place.column + 1 : at].strip()
            yield _Comment(alone and index < 0, alone, place.line, match)


def _span(text: str, scalar: Scalar) -> tuple[int, int]:
    """Where the characters of a scalar are; in the line that a block scalar begins in there can be a comment."""
    start, end, style = scalar
    if style in _BLOCK_STYLES:
        found = _BREAK.search(text, start, end)
        start = found.start() if found else end
    return start, end


def _silenced(comment: _Comment) -> frozenset[str]:
    words = _WORD.findall(comment.match["codes"]) if comment.match["equals"] else []
    return frozenset(code for word in words for code in _warnings(word))


def _warnings(word: str) -> frozenset[str]:
    family = _FAMILY.match(word)
    if family is None:
        return _WARNINGS & {word}
    return frozenset(code for code in _WARNINGS if code.startswith(family[1]))


def _problems(comment: _Comment, document: Document) -> Iterator[Diagnostic]:
    match = comment.match
    words = list(_WORD.finditer(match["codes"])) if match["equals"] else []
    whole = document.place_of(match.start(), match.end())
    if not words:
        hint = "write for example: # sagadsl: ignore=SAGA502"
        yield diagnose("SAGA601", "this comment does not say which warnings to ignore", whole, hint)
    elif comment.alone and not comment.at_head:
        hint = "put it at the end of the line that is warned of, or above the first key for the whole file"
        yield diagnose("SAGA601", "on a line of its own in the middle of a file, this silences nothing", whole, hint)
    for word in words:
        if not _warnings(word[0]):
            offset = match.start("codes")
            place = document.place_of(offset + word.start(), offset + word.end())
            message, hint = _no_warning(word[0])
            yield diagnose("SAGA601", message, place, hint)


def _no_warning(word: str) -> tuple[str, str]:
    """Say why a word silences nothing, and what to do about it."""
    family = _FAMILY.match(word)
    if word in CODES or (family and any(code.startswith(family[1]) for code in CODES)):
        what = f"{word} is an error" if word in CODES else f"all of {word} are errors"
        return f"{what}, and errors are never ignored", "mend what it tells of, and take it out of this comment"
    hint = did_you_mean(word, sorted(_WARNINGS)) or "write a code such as SAGA502, or a family such as SAGA6xx"
    return f"there is no warning '{word}'", hint
