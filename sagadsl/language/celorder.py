"""The order in which `map` and `filter` go through an object: that of its sorted keys.

CEL leaves the order open, and the library's differs from process to process. A saga has to compute the same when
it is replayed. `all`, `exists` and `exists_one` give the same whatever the order; `map` and `filter` give a list, so
before they run, an object is replaced by the list of its keys, sorted. A list stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from cel_expr_python import cel

from sagadsl.language.celtokens import Token

_FUNCTION = "in_order"
_ORDERED = ("map", "filter")


def runs_through(words: Sequence[Token]) -> bool:
    """Whether the order of an object's keys could show in what the expression gives."""
    return any(True for _ in _dots(words))


def in_order(text: str, words: Sequence[Token]) -> str:
    """Return the expression with a fixed order of objects, for an environment that has `functions()`.

    Args:
        text: An expression.
        words: Its tokens.
    """
    parts, at = [], 0
    for dot in _dots(words):
        parts.append(f"{text[at : dot.start]}.{_FUNCTION}()")
        at = dot.start
    return "".join([*parts, text[at:]])


def functions() -> list[Any]:
    """Return the function that `in_order` calls, for `cel.NewEnv`."""
    anything = cel.Type.DYN
    overloads = [
        _overload("keys_in_order", cel.Type.Map(anything, anything), _sorted_keys),
        _overload("list_in_order", cel.Type.List(anything), _as_it_was),
    ]
    return [cel.FunctionDecl(_FUNCTION, overloads)]


def _overload(name: str, parameter: Any, implementation: Any) -> Any:
    result = cel.Type.List(cel.Type.DYN)
    return cel.Overload(name, return_type=result, parameters=[parameter], is_member=True, impl=implementation)


def _sorted_keys(value: dict[Any, Any]) -> list[Any]:
    return sorted(value, key=lambda key: (type(key).__name__, key))  # a literal may mix texts and numbers


def _as_it_was(value: Any) -> Any:
    """Return a list as CEL takes it back: it gives instants and durations as Python's, and wants protobuf's."""
    if isinstance(value, list):
        return [_as_it_was(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_it_was(item) for key, item in value.items()}
    return _message(value) if isinstance(value, datetime | timedelta) else value


def _message(value: datetime | timedelta) -> Any:
    from google.protobuf.duration_pb2 import Duration  # noqa: PLC0415  hardly ever needed
    from google.protobuf.timestamp_pb2 import Timestamp  # noqa: PLC0415

    if isinstance(value, datetime):
        instant = Timestamp()
        instant.FromDatetime(value)
        return instant
    length = Duration()
    length.FromTimedelta(value)
    return length


def _dots(words: Sequence[Token]) -> Iterator[Token]:
    """Yield the dot of every `.map(` and `.filter(`."""
    for dot, name, bracket in zip(words, words[1:], words[2:], strict=False):
        if dot.text == "." and name.text in _ORDERED and bracket.text == "(":
            yield dot
