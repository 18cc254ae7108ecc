"""Arithmetic of a whole number with one that may have a fraction, which CEL refuses.

What a catalogue calls a `number` comes from a service as `3` as well as `3.5`; the same text in JSON, and for CEL an
integer and a double. The input of a saga is converted by its schema before anything reads it, and answers are not. So
where an expression fails for that alone, it is evaluated once more with all whole numbers of its data as doubles: this
is what it was checked with. It makes a value of an error, and never another value of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sagadsl.language.definition import Json

_MIXED = re.compile(r"No matching overloads? found : _[-+*/]_\((?:int64?, double|double, int64?)\)")
# What tells integers from doubles otherwise than by failing: texts of numbers, and what a division cuts off.
_TELLING = re.compile(r"\b(?:string|int|uint|type|dyn)\s*\(|/[\s\S]*\bdouble\s*\(|\bdouble\s*\([\s\S]*/")
_EXACT = 2**53
_KEPT = frozenset({"index", "saga"})


def with_doubles(reason: str, text: str, data: Mapping[str, Json]) -> dict[str, Json] | None:
    """Return the data with which an expression that has failed is to be tried once more, if it is.

    Args:
        reason: What CEL says of the failure.
        text: The expression.
        data: The values of its variables.
    """
    if _MIXED.search(reason) is None or _TELLING.search(text) is not None:
        return None
    try:
        return {name: value if name in _KEPT else _doubled(value) for name, value in data.items()}
    except OverflowError:  # a number that a double cannot hold: rather no value than a wrong one
        return None


def _doubled(value: Json) -> Json:
    if isinstance(value, bool) or value is None or isinstance(value, str | float):
        return value
    if isinstance(value, int):
        if abs(value) > _EXACT:
            raise OverflowError
        return float(value)
    if isinstance(value, Mapping):
        return {key: _doubled(item) for key, item in value.items()}
    return [_doubled(item) for item in value] if isinstance(value, list) else value
