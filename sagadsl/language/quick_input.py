"""Takes most inputs that fit their schema at once: checked, copied and converted in one go.

A schema is made into a function, part by part. The function takes nothing that jsonschema refuses, and gives what the
long way gives (a property test holds it to both); whatever it is not sure of, it leaves to the long way, which alone
says what is wrong. Of schemas it knows what most are made of, and no references.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from sagadsl.language.definition import Json

Take: TypeAlias = Callable[[Any], Json]
"""Returns the value as the saga will see it.

Raises:
    UnsureError: The long way has to say whether the value fits.
"""

_Test: TypeAlias = Callable[[Any], object]

_MAX_DEPTH = 100
_MIN, _MAX = -(2**63), 2**63 - 1


class UnsureError(Exception):
    """The long way has to say."""


class _UnknownSchemaError(Exception):
    """The schema says something that is not known here."""


def taker(schema: Json) -> Take | None:
    """Return the function that takes the inputs of this schema; `None` for a schema that the long way has to read.

    Args:
        schema: A valid draft-07 schema of maps, or `None` where any map will do.
    """
    try:
        return _object({} if schema is None else schema, 0)
    except _UnknownSchemaError:
        return None


def _taker(schema: Json, depth: int) -> Take:
    if schema is True or schema == {}:
        return _anything(depth)
    if not isinstance(schema, Mapping) or depth >= _MAX_DEPTH:
        raise _UnknownSchemaError
    kind = schema.get("type", "string" if "enum" in schema else None)
    make = _KINDS.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise _UnknownSchemaError
    return make(schema, depth)


def _tests(schema: Any, kind: str, *others: str) -> tuple[_Test, ...]:
    """Return what a value of a kind has to pass, where the schema says nothing else but `others`."""
    if not isinstance(schema, Mapping) or schema.get("type", kind) != kind:
        raise _UnknownSchemaError
    asked = [key for key in schema if key not in _ANNOTATIONS and key not in others]
    known = _LIMITS[kind]
    if not all(key in known for key in asked):
        raise _UnknownSchemaError
    return tuple(known[key](schema[key]) for key in asked)


def _object(schema: Any, depth: int) -> Take:
    tests = _tests(schema, "object", "properties", "required", "additionalProperties")
    known = {key: _taker(part, depth + 1) for key, part in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", ()))
    others = schema.get("additionalProperties", True)
    other = _nothing if others is False else _taker(others, depth + 1)

    def take(value: Any) -> Json:
        if type(value) is not dict or not required <= value.keys():
            raise UnsureError
        for test in tests:
            if not test(value):
                raise UnsureError
        return {_key(key): known.get(key, other)(item) for key, item in value.items()}

    return take


def _array(schema: Any, depth: int) -> Take:
    tests = _tests(schema, "array", "items")
    each = _taker(schema.get("items", True), depth + 1)

    def take(value: Any) -> Json:
        if type(value) is not list or not all(test(value) for test in tests):
            raise UnsureError
        return [each(item) for item in value]

    return take


def _string(schema: Any, _: int) -> Take:
    return _plain(lambda value: type(value) is str and _is_good_text(value), _tests(schema, "string"))


def _number(schema: Any, _: int) -> Take:
    take = _plain(_is_good_number, _tests(schema, "number"))
    return lambda value: float(take(value))


def _integer(schema: Any, _: int) -> Take:
    return _plain(lambda value: type(value) is int and _MIN <= value <= _MAX, _tests(schema, "integer"))


def _plain(fits: _Test, tests: tuple[_Test, ...]) -> Callable[[Any], Any]:
    """Return what takes a value that has no parts, as it is."""

    def take(value: Any) -> Any:
        if not fits(value):
            raise UnsureError
        for test in tests:
            if not test(value):
                raise UnsureError
        return value

    return take


def _boolean(schema: Any, _: int) -> Take:
    _tests(schema, "boolean")
    return _boolean_or_unsure


def _boolean_or_unsure(value: Any) -> Json:
    if type(value) is not bool:
        raise UnsureError
    return value


def _nothing(_: Any) -> Json:
    raise UnsureError


def _anything(depth: int) -> Take:
    """Return what copies any JSON data that stands so deep."""
    return lambda value: _copy(value, depth)


def _copy(value: Any, depth: int) -> Json:
    if depth > _MAX_DEPTH:
        raise UnsureError
    kind = type(value)
    if kind is dict:
        return {_key(key): _copy(item, depth + 1) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_copy(item, depth + 1) for item in value]
    if value is None or kind is bool or (_is_good_text(value) if kind is str else _is_good_number(value)):
        return value
    raise UnsureError


def _key(key: Any) -> str:
    if type(key) is str and _is_good_text(key):
        return key
    raise UnsureError


def _is_good_text(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return _WRONG.search(text) is None


def _is_good_number(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is int and _MIN <= value <= _MAX


_WRONG = re.compile("[\0\ud800-\udfff]")
_ANNOTATIONS = frozenset({"type", "title", "description", "default", "examples", "format", "$comment"})


def _one_of(allowed: Iterable[Any]) -> _Test:
    texts = [each for each in allowed if isinstance(each, str)]
    return frozenset(texts).__contains__


def _size(name: str) -> dict[str, Callable[[Any], _Test]]:
    return {
        f"min{name}": lambda least: lambda value: len(value) >= least,
        f"max{name}": lambda most: lambda value: len(value) <= most,
    }


_NUMBERS: dict[str, Callable[[Any], _Test]] = {
    "minimum": lambda limit: lambda value: value >= limit,
    "maximum": lambda limit: lambda value: value <= limit,
    "exclusiveMinimum": lambda limit: lambda value: value > limit,
    "exclusiveMaximum": lambda limit: lambda value: value < limit,
}
_LIMITS: dict[str, dict[str, Callable[[Any], _Test]]] = {
    "object": _size("Properties"),
    "array": _size("Items"),
    "string": {**_size("Length"), "enum": _one_of, "pattern": lambda pattern: re.compile(pattern).search},
    "number": _NUMBERS,
    "integer": _NUMBERS,
    "boolean": {},
}
_KINDS: dict[str, Callable[[Any, int], Take]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}
