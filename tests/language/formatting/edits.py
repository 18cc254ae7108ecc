"""Random edits of a definition's text that change nothing in what it says: spaces, empty lines, comments, order."""

import re

from hypothesis import strategies as st

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.source import parse

_KEY_IN_BLOCK = re.compile(r"(\s*(?:- )?[A-Za-z_]+:)( )(?=\S)")
_INDENTS = (0, 2, 4, 6)


def _comment(lines, at, draw):
    return [*lines[:at], " " * draw(st.sampled_from(_INDENTS)) + f"# note {at}", *lines[at:]]


def _empty(lines, at, draw):
    return [*lines[:at], " " * draw(st.integers(0, 3)), *lines[at:]]


def _tail(lines, at, draw):
    return [*lines[:at], lines[at] + " " * draw(st.integers(1, 5)) + f"# tail {at}", *lines[at + 1 :]]


def _spaces_behind(lines, at, draw):
    return [*lines[:at], lines[at] + " " * draw(st.integers(1, 3)), *lines[at + 1 :]]


def _spaces_behind_key(lines, at, draw):
    wider = _KEY_IN_BLOCK.sub(lambda found: found[1] + " " * draw(st.integers(2, 4)), lines[at], count=1)
    return [*lines[:at], wider, *lines[at + 1 :]]


def _below_its_key(lines, at, draw):
    found = _KEY_IN_BLOCK.match(lines[at])
    if not found:
        return lines
    depth = len(lines[at]) - len(lines[at].lstrip()) + draw(st.integers(3, 6))
    return [*lines[:at], found[1], " " * depth + lines[at][found.end() :], *lines[at + 1 :]]


def _in_brackets(lines, at, draw):
    spaces = " " * draw(st.integers(0, 2))
    looser = re.sub(
        r"([{\[])(?=[a-zA-Z<])|(?<=[a-z0-9])([}\]])", lambda f: f"{f[1] or ''}{spaces}{f[2] or ''}", lines[at]
    )
    return [*lines[:at], looser, *lines[at + 1 :]]


def _broken_brackets(lines, at, draw):
    place = lines[at].find(", ")
    if place < 0:
        return lines
    depth = len(lines[at]) - len(lines[at].lstrip()) + draw(st.integers(1, 6))
    return [*lines[:at], lines[at][: place + 1], " " * depth + lines[at][place + 2 :], *lines[at + 1 :]]


def _deeper(lines, at, draw):
    """Push what stands below a line further in."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    end = next((n for n in range(at + 1, len(lines)) if _depth(lines[n]) <= depth), len(lines))
    more = " " * draw(st.integers(1, 3))
    return [*lines[: at + 1], *(more + line if line.strip() else line for line in lines[at + 1 : end]), *lines[end:]]


def _swapped(lines, at, draw):
    """Let two neighbours of the same level change places, with all that is below them."""
    depth = _depth(lines[at])
    middle = next((n for n in range(at + 1, len(lines)) if _depth(lines[n]) <= depth), len(lines))
    end = next((n for n in range(middle + 1, len(lines)) if _depth(lines[n]) <= depth), len(lines))
    return [*lines[:at], *lines[middle:end], *lines[at:middle], *lines[end:]]


def _depth(line):
    return len(line) - len(line.lstrip()) if line.strip() else 1000


EDITS = [_comment, _empty, _tail, _spaces_behind, _spaces_behind_key, _below_its_key, _in_brackets, _broken_brackets, _deeper, _swapped]  # fmt: skip


@st.composite
def edited(draw, texts):
    """A text in which some of the edits were made; those that would change its data are not."""
    text = draw(st.sampled_from(texts))
    data = parse(text, "original").data
    for edit in draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=12)):
        lines = text.split("\n")[:-1]
        attempt = "\n".join(edit(lines, draw(st.integers(0, len(lines) - 1)), draw)) + "\n"
        try:
            text = attempt if parse(attempt, "attempt").data == data else text
        except DefinitionError:
            continue
    return text
