"""Whole numbers and others, told apart by a schema: JSON writes `3` for both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sagadsl.language import input_schema
from sagadsl.language.definition import Json


def typed(data: Json, schema: Json) -> Json:
    """Return a copy of data with each number of the kind that a schema names: `7` is `7.0` where it says `number`.

    Args:
        data: JSON data; it may depart from the schema, and then stays as it is where it does.
        schema: A valid JSON Schema (draft-07).
    """
    return _convert(data, [schema], schema)


def _convert(value: Json, schemas: list[Json], root: Json) -> Json:
    """Give each number the type that the schemas which judge it name; `anyOf` and its like name none."""
    applying = [part for schema in schemas for part in _all_of(schema, root)]
    if isinstance(value, dict):
        return {key: _convert(item, _for_key(key, applying), root) for key, item in value.items()}
    if isinstance(value, list):
        return [_convert(item, _for_index(index, applying), root) for index, item in enumerate(value)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return _number(value, [part.get("type") for part in applying])


def _number(value: float, types: list[Json]) -> float:
    named = {name for each in types for name in (each if isinstance(each, list) else [each])}
    if "integer" in named and isinstance(value, float) and value.is_integer() and "number" not in named:
        return int(value)
    return float(value) if "number" in named and "integer" not in named else value


def _all_of(schema: Json, root: Json) -> Iterator[Mapping[str, Json]]:
    """The schema with everything that it refers to or takes in for the same value."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from _all_of(input_schema.resolve(root, schema["$ref"]), root)
        return
    yield schema
    for part in schema.get("allOf", ()):
        yield from _all_of(part, root)


def _for_key(key: str, schemas: list[Mapping[str, Json]]) -> list[Json]:
    found_schemas: list[Json] = []
    for schema in schemas:
        properties = schema.get("properties", {})
        named = [properties[key]] if key in properties else []
        named += [part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        found_schemas += named or [schema.get("additionalProperties")]
    return found_schemas


def _for_index(index: int, schemas: list[Mapping[str, Json]]) -> list[Json]:
    found_schemas: list[Json] = []
    for schema in schemas:
        items = schema.get("items")
        if isinstance(items, list):
            items = items[index] if index < len(items) else schema.get("additionalItems")
        found_schemas.append(items)
    return found_schemas
