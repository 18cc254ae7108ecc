"""Which fields an expression needs: without any one of them it has no value, whatever all the others are.

In CEL only `? :`, `&&`, `||`, `has(…)` and the comprehensions do without the value of an operand; everything else
fails if one of its operands does (https://github.com/google/cel-spec/blob/master/doc/langdef.md#runtime-errors).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sagadsl.language.celtokens import COMPREHENSIONS, Reference, Token, references
from sagadsl.language.definition import Json, Path

_SIGNS = frozenset({"?", "&&", "||"})
_MACROS = COMPREHENSIONS | {"has"}


def needed(words: Sequence[Token]) -> list[Reference]:
    """Return what an expression reads in any case; nothing for one that may do without some of what it reads.

    Args:
        words: The tokens of the expression.
    """
    if any(word.kind == "sign" and word.text in _SIGNS for word in words):
        return []
    if any(word.text in _MACROS and after.text == "(" for word, after in pairwise(words)):
        return []
    return references(words)


def lacks(value: Json, path: Path) -> bool:
    """Return whether a value has nothing at the end of a path, and would have if more were in it.

    A list where an object is read, or the other way round, lacks nothing: another expression may read it as it is.
    """
    for part in path:
        if isinstance(value, Mapping):
            if isinstance(part, int):
                return False
            if part not in value:
                return True
            value = value[part]
        elif isinstance(value, list):
            if isinstance(part, str):
                return False
            if part >= len(value):
                return True
            value = value[part]
        else:
            return True
    return False
