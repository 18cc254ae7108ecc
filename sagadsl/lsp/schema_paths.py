"""What the JSON Schema of definitions says about a place: its keys, its values, and the words that explain them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from sagadsl.language.definition import Json, Path
from sagadsl.language.schema import schema

Schema: TypeAlias = Mapping[str, Any]

_REFERENCE = "#/definitions/"
_ALTERNATIVES = ("allOf", "anyOf", "oneOf")
_MOST_ALTERNATIVES = 50  # a schema of ours has few; one that somebody wrote may refer to itself for ever


class Keys:
    """The keys that a map can have.

    Attributes:
        schemas: The schema of each key's value, in the order of the schema, which is that of good style.
        required: Those that have to be there.
    """

    def __init__(self, schemas: Iterable[Schema]) -> None:
        self.schemas: dict[str, Schema] = {}
        self.required: set[str] = set()
        for each in schemas:
            self.schemas.update(_maps(each.get("properties")))
            self.required.update(name for name in _list(each.get("required")) if isinstance(name, str))


def definition_schemas(data: Json, path: Path) -> list[Schema]:
    """Return the schemas that the value at a path of a definition is held to, the most general first.

    Args:
        data: The definition; what it says decides between schemas, as a state's `type` does.
        path: The place; it need not be there.
    """
    return below(_whole(), data, path)


def below(root: Schema, data: Json, path: Path) -> list[Schema]:
    """Return the schemas that the value at a path of the data is held to, by the schema `root` of all of it."""
    found = list(_applicable(root, root, data))
    for step in path:
        data = _child(data, step)
        found = [inner for each in found for inner in _step(each, step)]
        found = [each for inner in found for each in _applicable(inner, root, data)][:_MOST_ALTERNATIVES]
    return found


def description(schemas: Iterable[Schema]) -> str:
    """Return what the most particular schema says that the value is for."""
    words = [each["description"] for each in schemas if isinstance(each.get("description"), str)]
    return words[-1] if words else ""


def values(schemas: Iterable[Schema]) -> list[Json]:
    """Return the values that are the only ones allowed, as far as the schemas list them."""
    found: list[Json] = []
    for each in schemas:
        listed = _list(each.get("enum", [each["const"]] if "const" in each else []))
        found += [value for value in listed if value not in found]
        found += [value for value in (True, False) if each.get("type") == "boolean" and value not in found]
    return found


def types(schemas: Iterable[Schema]) -> list[str]:
    """Return the names of the JSON types that the value can have; none where any will do."""
    listed = (each.get("type") for each in schemas)
    named = [[given] if isinstance(given, str) else _list(given) for given in listed]
    return list(dict.fromkeys(name for names in named for name in names if isinstance(name, str)))


def default(schemas: Iterable[Schema]) -> Json:
    """Return the value that stands in where none is given, or `None`."""
    return next((each["default"] for each in reversed(list(schemas)) if "default" in each), None)


@cache
def _whole() -> Schema:
    return schema()


def _maps(value: Any) -> Mapping[str, Any]:
    return {key: each for key, each in value.items() if isinstance(each, dict)} if isinstance(value, dict) else {}


def _child(data: Json, step: str | int) -> Json:
    if isinstance(data, dict):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data) else None


def _step(node: Schema, step: str | int) -> Iterator[Schema]:
    if isinstance(step, str) and step in _maps(node.get("properties")):
        yield node["properties"][step]
    elif isinstance(step, str) and isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    elif isinstance(step, int) and isinstance(node.get("items"), dict):
        yield node["items"]


def _applicable(node: Schema, root: Schema, data: Json) -> Iterator[Schema]:
    """Yield every schema that counts for the data where `node` does, without going into its parts."""
    waiting, seen = [node], 0
    while waiting and seen < _MOST_ALTERNATIVES:
        node, seen = waiting.pop(0), seen + 1
        if isinstance(node.get("$ref"), str):
            target = _maps(root.get("definitions")).get(node["$ref"].removeprefix(_REFERENCE), {})
            # What stands beside a reference explains its use, and wins over what explains the thing in general.
            waiting.insert(0, {**target, **{key: value for key, value in node.items() if key != "$ref"}})
            continue
        yield node
        waiting += [each for key in _ALTERNATIVES for each in _list(node.get(key)) if isinstance(each, dict)]
        if isinstance(node.get("if"), dict):
            branch = node.get("then" if _holds(node["if"], root, data) else "else")
            waiting += [branch] if isinstance(branch, dict) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _holds(condition: Schema, root: Schema, data: Json) -> bool:
    from jsonschema import Draft7Validator, ValidationError  # noqa: PLC0415  takes long to import

    whole = {**condition, "definitions": root.get("definitions", {})}
    try:
        Draft7Validator(whole).validate(data)
    except ValidationError:
        return False
    return True
