"""The shape of a definition: `saga.schema.json`, and what departs from it, told in the author's words.

The schema is written for editors as much as for this module, which walks it its own way: the top level first,
then each state by the schema of its type. So a misspelt key in a task is an error about a task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from sagadsl.language import input_schema
from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import Diagnostic, in_order
from sagadsl.language.problems import Problem, found, in_words
from sagadsl.language.quick_schema import accepts, duration_problem, whole_pattern
from sagadsl.language.source import Document
from sagadsl.language.suggest import did_you_mean, one_of

STATE_TYPES = ("task", "choice", "pass", "succeed", "fail")
"""The state types of `states`; each has a definition of its name in the schema."""

_STATE_SCHEMAS = {name: name for name in STATE_TYPES}
_STEP_SCHEMAS = {"task": "task_step", "pass": "pass_step"}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft-07) of a definition; the caller may change what it gets."""
    loaded: dict[str, Any] = json.loads(schema_text())
    return loaded


@cache
def schema_text() -> str:
    """Return the text of `saga.schema.json`."""
    return FilePath(__file__).with_name("saga.schema.json").read_text(encoding="utf-8")


def check_structure(document: Document) -> list[Diagnostic]:
    """Return everything in which the document departs from the schema, in the order of the text."""
    return in_order(problem.diagnostic(document) for problem in structure_problems(document.data))


def structure_problems(data: Json) -> list[Problem]:
    """Return everything in which the data departs from the schema, each with its path."""
    if not isinstance(data, dict):
        hint = "begin with: name: my_saga"
        return [Problem("SAGA203", f"a definition is a map of keys, but this is {found(data)}", (), hint=hint)]
    problems = [*_departures("top", data, ()), *_one_form(data)]
    states, steps = data.get("states"), data.get("steps")
    if isinstance(states, dict):
        for name, state in states.items():
            problems += _state(state, ("states", name), _STATE_SCHEMAS)
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            problems += _state(step, ("steps", index), _STEP_SCHEMAS)
        problems += _repeated_ids(steps)
    if isinstance(data.get("input"), dict):
        problems += input_schema.problems(data["input"])
    return list({(problem.path, problem.part, problem.about): problem for problem in reversed(problems)}.values())


def _one_form(data: Mapping[str, Json]) -> Iterator[Problem]:
    if "states" in data and "steps" in data:
        last = [key for key in data if key in ("states", "steps")][-1]
        hint = "keep 'steps' for a straight line, 'states' for anything else"
        yield Problem("SAGA206", "a definition has either 'states' or 'steps', not both", (last,), "key", hint)
    elif "states" not in data and "steps" not in data:
        hint = "add 'states', or 'steps' for a straight line"
        yield Problem("SAGA206", "the definition has neither 'states' nor 'steps'", (), hint=hint, about="states")


def _repeated_ids(steps: list[Json]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, step in enumerate(steps):
        name = step.get("id") if isinstance(step, dict) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            message = f"step {seen[name] + 1} has the id '{name}' already"
            yield Problem("SAGA211", message, ("steps", index, "id"), hint="each step needs an id of its own")
        seen.setdefault(name, index)


def _state(state: Json, path: Path, schemas: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(state, dict):
        thing = "a state" if path[0] == "states" else "a step"
        yield Problem("SAGA203", f"{thing} is a map of keys, but this is {found(state)}", path)
        return
    kind = state.get("type", "task")
    if isinstance(kind, str) and kind in schemas:
        yield from _departures(schemas[kind], state, path)
        return
    shown = f"'{kind}'" if isinstance(kind, str) else found(kind)
    message = f"unknown state type {shown}, expected one of {', '.join(schemas)}"
    hint = did_you_mean(kind, schemas) if isinstance(kind, str) else ""
    if isinstance(kind, str) and kind in _STATE_SCHEMAS and path[0] == "steps":
        hint = f"{one_of(schemas)} are all that a straight line has; use 'states' for the rest"
    yield Problem("SAGA205", message, (*path, "type"), hint=hint)


def _departures(part: str, data: Json, path: Path) -> Iterator[Problem]:
    """What of a part of the definition departs from the part's schema."""
    if accepts(_parts()[part], data):
        return
    for error in _validator(part).iter_errors(data):
        yield from in_words(error, path)


@cache
def _parts() -> dict[str, dict[str, Any]]:
    """The schemas by part, without `$ref`: the top level (states and input left open), and each type's."""
    whole = schema()
    definitions = whole.pop("definitions")
    parts = {
        name: _inline(definitions[name], definitions) for name in {*_STATE_SCHEMAS.values(), *_STEP_SCHEMAS.values()}
    }
    for key in ("$schema", "$id", "oneOf"):  # which of the two forms it is has words of its own
        del whole[key]
    del whole["properties"]["states"]["additionalProperties"]
    del whole["properties"]["steps"]["items"]
    parts["top"] = _inline(whole, definitions)
    return parts


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Replace each reference by what it refers to; the schema has none that lead back to themselves."""
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        return _inline(definitions[node["$ref"].removeprefix("#/definitions/")], definitions)
    return {key: _inline(value, definitions) for key, value in node.items()}


@cache
def _validator(part: str) -> Any:
    return _validator_class()(_parts()[part])


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
