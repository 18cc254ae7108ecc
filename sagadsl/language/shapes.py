"""One part of a JSON Schema of ours, and what departs from it in the author's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from sagadsl.language.definition import Json, Path
from sagadsl.language.problems import Problem
from sagadsl.language.quick_schema import accepts, duration_problem, whole_pattern


class Shape:
    """A schema that data is held to.

    Args:
        schema: Draft-07, without `$ref`.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def departures(self, data: Json, path: Path) -> Iterator[Problem]:
        """Yield everything in which the data departs from the schema; `path` is where it stands."""
        if accepts(self.schema, data):
            return
        from sagadsl.language.departures import in_words  # noqa: PLC0415  needed only where something is wrong

        for error in self.validator.iter_errors(data):
            yield from in_words(error, path)

    @cached_property
    def validator(self) -> Any:
        """The same schema as jsonschema sees it."""
        return _validator_class()(self.schema)


def inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema with what each reference refers to in its place; none may lead back to itself."""
    if isinstance(node, list):
        return [inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return inline(definitions[node["$ref"].removeprefix("#/definitions/")], definitions)
    return {key: inline(value, definitions) for key, value in node.items()}


@cache
def _validator_class() -> Any:
    from jsonschema import Draft7Validator, ValidationError, validators  # noqa: PLC0415  see quick_schema

    def pattern(_: Any, argument: str, value: Json, __: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not whole_pattern(argument).search(value):
            yield ValidationError("does not match")

    def title(_: Any, argument: str, value: Json, __: Any) -> Iterator[ValidationError]:
        message = duration_problem(argument, value)
        if message:
            yield ValidationError(message)

    extend: Any = validators.extend  # its type hints are incomplete
    return extend(Draft7Validator, {"pattern": pattern, "title": title})
