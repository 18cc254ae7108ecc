"""Takes an expression apart, as tokens: what stands between its outer operators, and in its outer brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagadsl.language.celtokens import Token

_OPENING = ("(", "[", "{")
_CLOSING = (")", "]", "}")


def outer(words: Sequence[Token]) -> Iterator[int]:
    """Yield the places of the tokens that are inside of no brackets; of brackets, that of the closing one."""
    depth = 0
    for i, word in enumerate(words):
        depth -= word.text in _CLOSING
        if depth == 0:
            yield i
        depth += word.text in _OPENING


def closing(words: Sequence[Token], opening: int) -> int:
    """Return the place of what closes the bracket at a place, or -1."""
    depth = 0
    for i in range(opening, len(words)):
        depth += (words[i].text in _OPENING) - (words[i].text in _CLOSING)
        if depth == 0:
            return i
    return -1


def bare(words: Sequence[Token]) -> Sequence[Token]:
    """Return an expression without brackets around all of it."""
    while words and words[0].text == "(" and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    return words


def operands(words: Sequence[Token], sign: str) -> list[Sequence[Token]]:
    """Return what stands between the outer operators of one kind: the whole, where there is none."""
    parts, begun = [], 0
    for i in outer(words):
        if words[i].text == sign:
            parts.append(words[begun:i])
            begun = i + 1
    return [*parts, words[begun:]]


def conditional(words: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token], Sequence[Token]] | None:
    """Return the three parts of `a ? b : c`, or `None` for anything else."""
    places = list(outer(words))
    question = next((i for i in places if words[i].text == "?"), None)
    if question is None:
        return None
    nested = 0
    for i in places:
        if i > question and words[i].text in ("?", ":"):
            nested += 1 if words[i].text == "?" else -1
            if nested < 0:
                return words[:question], words[question + 1 : i], words[i + 1 :]
    return None
