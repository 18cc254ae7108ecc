"""Says of most JSON Schemas in a document at once that they are valid, with no need for anybody to look closer."""

from __future__ import annotations

from collections.abc import Callable

from sagadsl.language.definition import Json

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
"""The types of JSON Schema."""


def is_plain(schema: Json) -> bool:
    """Whether the schema uses only what is known here, and rightly; otherwise `input_schema` has to say.

    A plain schema has no references, and no regular expressions.
    """
    if isinstance(schema, bool):
        return True
    return isinstance(schema, dict) and all(_plain_keyword(key, value) for key, value in schema.items())


def _plain_keyword(key: str, value: Json) -> bool:
    if key in ("properties", "definitions", "$defs"):
        return isinstance(value, dict) and all(map(is_plain, value.values()))
    if key in ("items", "additionalProperties"):
        return is_plain(value)
    return key in _PLAIN and _PLAIN[key](value)


def _is_distinct_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value) and len({*value}) == len(value)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What a keyword may plainly be; where the meta-schema allows more, jsonschema says so.
_PLAIN: dict[str, Callable[[Json], bool]] = {
    "type": lambda value: isinstance(value, str) and value in TYPES,
    "required": _is_distinct_texts,
    "enum": lambda value: _is_distinct_texts(value) and bool(value),
    "default": lambda _: True,
    "const": lambda _: True,
    **dict.fromkeys(("title", "description", "format", "$comment"), lambda value: isinstance(value, str)),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        lambda value: _is_number(value) and isinstance(value, int) and value >= 0,
    ),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
}
