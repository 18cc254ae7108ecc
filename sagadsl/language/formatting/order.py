"""The order of keys: that of the properties in `saga.schema.json`. Names and data of people's own have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sagadsl.language.schema import schema

Schema = Mapping[str, Any]

MERGE = "<<: "
"""What a merge key is called here, to tell it from the same characters in quotes, which are a key like any other."""

_ALTERNATIVES = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("then", "else")
_KNOWN: dict[int, list[Schema]] = {}  # by the identity of a part of the one schema, which is never given up


class Shape:
    """What the schema says of one value: every part of it that can apply.

    Args:
        schemas: The parts, without references and alternatives.
    """

    __slots__ = ("_schemas",)

    def __init__(self, schemas: Sequence[Schema]) -> None:
        self._schemas = schemas

    def arranged(self, keys: Sequence[str], words: Mapping[str, str]) -> list[int]:
        """Return the indexes of a map's keys in their canonical order.

        Keys that the schema does not name keep their order and come last; a merge key comes first.

        Args:
            keys: The keys in the order of the text.
            words: The values of those that are scalars, so that a state is known by its `type`.
        """
        names = [MERGE, *(name for part in self._fitting(words) for name in part.get("properties", {}))]
        rank = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return sorted(range(len(keys)), key=lambda index: rank.get(keys[index], len(rank)))

    def of_key(self, key: str, words: Mapping[str, str]) -> Shape:
        """Return the shape of the value of a key."""
        found: list[Schema] = []
        for part in self._fitting(words):
            others = part.get("additionalProperties")
            below = part.get("properties", {}).get(key, others if isinstance(others, dict) else None)
            if below is not None:
                found += _parts(below)
        return Shape(found)

    def of_item(self) -> Shape:
        """Return the shape of the items of a list."""
        below = [part["items"] for part in self._schemas if isinstance(part.get("items"), dict)]
        return Shape([part for each in below for part in _parts(each)])

    def _fitting(self, words: Mapping[str, str]) -> list[Schema]:
        return [part for part in self._schemas if _fits(part, words)]


@cache
def whole() -> Shape:
    """Return the shape of a definition."""
    return Shape(_parts(_schema()))


@cache
def _schema() -> dict[str, Any]:
    return schema()


def _parts(of: Schema) -> list[Schema]:
    """Return a schema and every one that it refers to or chooses among, for the same value."""
    known = _KNOWN.get(id(of))
    if known is not None:
        return known
    found, waiting = [], [of]
    while waiting:
        part = waiting.pop(0)
        found.append(part)
        if "$ref" in part:
            waiting.append(_schema()["definitions"][part["$ref"].rpartition("/")[2]])
        waiting += [each for name in _ALTERNATIVES for each in part.get(name, ())]
        waiting += [part[name] for name in _BRANCHES if isinstance(part.get(name), dict)]
    _KNOWN[id(of)] = found
    return found


def _fits(part: Schema, words: Mapping[str, str]) -> bool:
    """Whether no property that can only be one word is another one."""
    for name, each in part.get("properties", {}).items():
        if "const" in each and words.get(name, each.get("default")) != each["const"]:
            return False
    return True
