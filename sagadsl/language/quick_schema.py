"""Says of most valid data at once that it is valid.

Loading jsonschema takes longer than everything else that checking a definition does, so it is loaded only where
something seems wrong; it alone decides what is an error. This acceptor is sound and not complete: what it accepts
jsonschema accepts as well (a property test holds it to that), and it declines whatever it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sagadsl.language.definition import Json
from sagadsl.language.durations import parse_duration

Schema = Mapping[str, Any]
DURATION_TITLES = frozenset({"Duration", "Timeout"})
"""Schemas of these titles are held to `parse_duration`, which knows more than a pattern can say."""

_ANNOTATIONS = frozenset({"title", "description", "default", "examples", "else", "then"})


def accepts(schema: Schema, value: Json) -> bool:
    """Whether the value is certainly valid; `False` means that it is not, or that jsonschema has to say.

    Args:
        schema: A draft-07 schema without `$ref`.
        value: Any JSON data.
    """
    if schema.get("title") in DURATION_TITLES:  # what is a duration is also all else that the schema asks of one
        return not duration_problem(schema["title"], value)
    for keyword, argument in schema.items():
        check = _CHECKS.get(keyword)
        if check is not None:
            if not check(argument, value, schema):
                return False
        elif keyword not in _ANNOTATIONS:
            return False
    return True


def duration_problem(title: object, value: Json) -> str:
    """Return what is wrong with the value as the duration or timeout that its schema names; "" for nothing."""
    if title not in DURATION_TITLES:
        return ""
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        return str(error)
    return "this has to be longer than 0" if title == "Timeout" and not seconds else ""


@lru_cache(maxsize=256)
def whole_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern with `$` as JSON Schema means it: the very end, no line feed before it."""
    return re.compile(pattern.replace("$", r"\Z"))


_TYPES: dict[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
}


def _type(names: str | list[str], value: Json, _: Schema) -> bool:
    wanted = [names] if isinstance(names, str) else names
    return any(name in _TYPES and _TYPES[name](value) for name in wanted)


def _properties(schemas: Mapping[str, Schema], value: Json, _: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    return all(accepts(schemas[key], item) for key, item in value.items() if key in schemas)


def _additional(schema: bool | Schema, value: Json, owner: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    known = owner.get("properties", {})
    others = [item for key, item in value.items() if key not in known]
    return not others if isinstance(schema, bool) else all(accepts(schema, item) for item in others)


def _items(schema: Schema, value: Json, _: Schema) -> bool:
    return not isinstance(value, list) or all(accepts(schema, item) for item in value)


def _names(schema: Schema, value: Json, _: Schema) -> bool:
    return not isinstance(value, dict) or all(accepts(schema, key) for key in value)


def _required(keys: list[str], value: Json, _: Schema) -> bool:
    return not isinstance(value, dict) or all(key in value for key in keys)


def _dependencies(needs: Mapping[str, list[str]], value: Json, _: Schema) -> bool:
    return not isinstance(value, dict) or all(other in value for key in needs if key in value for other in needs[key])


def _enum(values: list[Json], value: Json, _: Schema) -> bool:
    return isinstance(value, str) and value in values


def _const(constant: Json, value: Json, _: Schema) -> bool:
    return isinstance(value, str) and value == constant


def _pattern(pattern: str, value: Json, _: Schema) -> bool:
    return not isinstance(value, str) or whole_pattern(pattern).search(value) is not None


def _if(condition: Schema, value: Json, owner: Schema) -> bool:
    # Sound only for a condition that this acceptor knows whole, as `{"type": "object"}` is.
    branch = owner.get("then" if accepts(condition, value) else "else", {})
    return set(condition) == {"type"} and accepts(branch, value)


def _at_least(size: Callable[[Json], bool], least: Callable[[Json, Any], bool]) -> Callable[[Any, Json, Schema], bool]:
    return lambda argument, value, _: not size(value) or least(value, argument)


_CHECKS: dict[str, Callable[[Any, Json, Schema], bool]] = {
    "additionalProperties": _additional,
    "const": _const,
    "dependencies": _dependencies,
    "enum": _enum,
    "if": _if,
    "items": _items,
    "maxLength": _at_least(_TYPES["string"], lambda value, most: len(value) <= most),
    "minItems": _at_least(_TYPES["array"], lambda value, least: len(value) >= least),
    "minLength": _at_least(_TYPES["string"], lambda value, least: len(value) >= least),
    "minProperties": _at_least(_TYPES["object"], lambda value, least: len(value) >= least),
    "minimum": _at_least(_TYPES["number"], lambda value, least: value >= least),
    "pattern": _pattern,
    "properties": _properties,
    "propertyNames": _names,
    "required": _required,
    "type": _type,
}
