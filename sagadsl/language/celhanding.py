"""What an expression hands on: which of the values that it reads come out of it as they are, and where in its value.

`input.card`, either arm of `c ? input.card : ""`, what a text is put together of, the entries of a map or a list that
is written in place, and what `map` makes of every element. What is made of a value otherwise is not known for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from sagadsl.language import celparts, celtokens
from sagadsl.language.celtokens import Reference, Token

Names: TypeAlias = tuple[str, ...]

_AS_IT_IS = frozenset({"string", "dyn"})
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"})


class Handed(NamedTuple):
    """A value that an expression hands on.

    Args:
        to: Where it is in the expression's value, without indexes.
        variable: The variable that it is read from, as evaluation scopes name it.
        path: The fields of that, without indexes.
        is_whole: Whether it is all that is there, and not a part of a text.
    """

    to: Names
    variable: str
    path: Names
    is_whole: bool


_Bound: TypeAlias = Mapping[str, tuple[str, Names]]  # what variables of `map` stand for: a variable, and the path in it


def handed_on(words: Sequence[Token], bound: _Bound | None = None) -> Iterator[Handed]:
    """Yield what an expression hands on.

    Args:
        words: Its tokens.
        bound: What the variables of comprehensions around it stand for.
    """
    pending: list[tuple[Names, Sequence[Token]]] = [((), words)]
    while pending:
        to, part = pending.pop()
        part = _unwrapped(part)
        inside = _inside(part)
        if inside is not None:
            pending += [((*to, *key), value) for key, value in inside]
        elif not any(part[i].text in _COMPARING for i in celparts.outer(part)):
            added = celparts.operands(part, "+")
            for operand in added:
                for each in _operand(_unwrapped(operand), bound or {}):
                    yield each._replace(to=(*to, *each.to), is_whole=each.is_whole and len(added) == 1)


def _inside(words: Sequence[Token]) -> list[tuple[Names, Sequence[Token]]] | None:
    """Return the expressions of which one becomes the value, or a part of it: with its key; `None` for others."""
    parts = celparts.conditional(words)
    if parts is not None:
        return [((), each) for each in parts[:0:-1]]
    if not words or words[0].text not in ("{", "[") or celparts.closing(words, 0) != len(words) - 1:
        return None
    entries = celparts.operands(words[1:-1], ",")
    if words[0].text == "[":
        return [((), each) for each in entries]
    return [((celtokens.string_value(each[0].text),), each[2:]) for each in entries if _has_known_key(each)]


def _has_known_key(entry: Sequence[Token]) -> bool:
    return len(entry) > 2 and _is_text(entry[0]) and entry[1].text == ":"  # noqa: PLR2004 - key, colon, value


def _is_text(word: Token) -> bool:
    return word.kind == "string" and not word.is_unclosed_string


def _operand(words: Sequence[Token], bound: _Bound) -> Iterator[Handed]:
    found = celtokens.references(words)
    if not found or found[0].start != words[0].start:
        return
    variable, path = _read(found[0], bound)
    rest = [word for word in words if word.start >= found[0].end]
    while rest:
        if len(rest) < 3 or rest[0].text != "." or rest[2].text != "(" or (end := celparts.closing(rest, 2)) < 0:  # noqa: PLR2004
            return
        method, arguments, rest = rest[1].text, celparts.operands(rest[3:end], ","), rest[end + 1 :]
        if method == "map" and not rest and len(arguments) > 1 and len(arguments[0]) == 1:
            yield from handed_on(arguments[-1], {**bound, arguments[0][0].text: (variable, path)})
            return
        if method != "filter":
            return
    yield Handed((), variable, path, is_whole=True)


def _read(found: Reference, bound: _Bound) -> tuple[str, Names]:
    if found.root in bound:
        variable, path = bound[found.root]
        return variable, (*path, *names_of(found.parts))
    variable, parts = celtokens.variable(found)
    return variable, names_of(parts)


def names_of(path: Sequence[str | int]) -> Names:
    """Return a path without its indexes."""
    return tuple(step for step in path if isinstance(step, str))


def _unwrapped(words: Sequence[Token]) -> Sequence[Token]:
    """Return an expression without brackets around it, and without `string(…)`, which changes how it is written."""
    words = celparts.bare(words)
    while len(words) > 1 and words[0].text in _AS_IT_IS and celparts.closing(words, 1) == len(words) - 1:
        words = celparts.bare(words[1:])
    return words
