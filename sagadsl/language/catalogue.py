"""The catalogue file: what each action of each service takes, answers and raises.

    services:
      payment:
        actions:
          charge:
            payload: {type: object, required: [amount], properties: {amount: {type: number}}}
            output: {type: object, required: [id], properties: {id: {type: string}}}
            errors: [CardDeclined]

It is read as definitions are: the same YAML, the same places, the same words. Its shape is
`catalogue.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from sagadsl.language import input_schema
from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, in_order
from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.language.problems import Problem, found
from sagadsl.language.shapes import Shape, inline
from sagadsl.language.source import parse

_OPENING = "services:"


def read_catalogue(text: str, file: str) -> tuple[Catalogue | None, list[Diagnostic]]:
    """Return the catalogue in a text, or `None` where it has errors, and all that is to be said of it.

    Args:
        text: Any text at all.
        file: The name that messages give it.
    """
    try:
        document = parse(text, file, "catalogue", _OPENING)
    except DefinitionError as error:
        return None, list(error.diagnostics)
    problems = list(_problems(document.data))
    if problems:
        return None, in_order(problem.diagnostic(document) for problem in problems)
    services = document.data["services"]
    return Catalogue(file, {name: _actions(service) for name, service in services.items()}), []


def _actions(service: Mapping[str, Any]) -> dict[str, ActionSpec]:
    return {name: _action(action) for name, action in service["actions"].items()}


def _action(data: Mapping[str, Any]) -> ActionSpec:
    errors = data.get("errors")
    return ActionSpec(data.get("payload"), data.get("output"), None if errors is None else tuple(errors))


def _problems(data: Json) -> Iterator[Problem]:
    if not isinstance(data, dict):
        message = f"a catalogue is a map of keys, but this is {found(data)}"
        yield Problem("SAGA203", message, (), hint=f"begin with: {_OPENING}")
        return
    departures = list(_shape().departures(data, ()))
    yield from departures
    if not departures:
        for path, schema in _schemas(data):
            yield from input_schema.problems(schema, path, f"the schema of the {path[-1]}")


def _schemas(data: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    for service, entry in data["services"].items():
        for action, spec in entry["actions"].items():
            for key in ("payload", "output"):
                if key in spec:
                    yield ("services", service, "actions", action, key), spec[key]


@cache
def _shape() -> Shape:
    schema = json.loads(catalogue_schema_text())
    definitions = schema.pop("definitions")
    return Shape(inline({key: value for key, value in schema.items() if key[0] != "$"}, definitions))


@cache
def catalogue_schema_text() -> str:
    """Return the text of `catalogue.schema.json`, the JSON Schema (draft-07) of a catalogue."""
    return FilePath(__file__).with_name("catalogue.schema.json").read_text(encoding="utf-8")
