"""The catalogue file: what each action of each service takes, answers and raises, and how it is called.

    services:
      payment:
        actions:
          charge:
            payload: {type: object, required: [amount], properties: {amount: {type: number}}}
            output: {type: object, required: [id], properties: {id: {type: string}}}
            errors: [CardDeclined]

It is read as definitions are: the same YAML, the same places, the same words. Its shape is
`catalogue.schema.json`. How services are called is in `bindings.py`; checking definitions takes no interest in that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from sagadsl.language import input_schema
from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import DefinitionError, Diagnostic, in_order
from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.language.problems import Problem, found
from sagadsl.language.shapes import Shape, inline
from sagadsl.language.source import Document, parse

if TYPE_CHECKING:
    from sagadsl.language.bindings import ServiceBinding

_OPENING = "services:"
_WHAT = frozenset({"description", "payload", "output", "errors"})


def read_catalogue(text: str, file: str) -> tuple[Catalogue | None, list[Diagnostic]]:
    """Return the catalogue in a text, or `None` where it has errors, and all that is to be said of it.

    Args:
        text: Any text at all.
        file: The name that messages give it.
    """
    document, diagnostics = _read(text, file)
    return (None if document is None else _catalogue(document)), diagnostics


def read_services(text: str, file: str) -> Mapping[str, ServiceBinding]:
    """Return how the services in the text of a catalogue are called, by their names.

    Raises:
        DefinitionError: There is an error in it. It holds everything that was found.
    """
    from sagadsl.language.bindings import service_binding  # noqa: PLC0415  not needed to check definitions

    document, diagnostics = _read(text, file)
    if document is None:
        raise DefinitionError(diagnostics, {file: text.removeprefix("\ufeff")})
    return {name: service_binding(name, data) for name, data in document.data["services"].items()}


def _read(text: str, file: str) -> tuple[Document | None, list[Diagnostic]]:
    try:
        document = parse(text, file, "catalogue", _OPENING)
    except DefinitionError as error:
        return None, list(error.diagnostics)
    diagnostics = [problem.diagnostic(document) for problem in _problems(document.data)]
    if not diagnostics and _says_how(document.data):
        from sagadsl.language.bindings_checks import flaws  # noqa: PLC0415  for services that are called over HTTP alone

        diagnostics = [flaw.diagnostic(document) for flaw in flaws(document.data)]
    return (None if diagnostics else document), in_order(diagnostics)


def _says_how(data: Mapping[str, Any]) -> bool:
    """Whether there is anything in a catalogue beside what actions take, answer and raise."""
    for service in data["services"].values():
        if service.keys() - {"description", "actions"}:
            return True
        if any(
            action.keys() - _WHAT or isinstance(action.get("errors"), dict) for action in service["actions"].values()
        ):
            return True
    return False


def _catalogue(document: Document) -> Catalogue:
    services = document.data["services"]
    return Catalogue(document.file, {name: _actions(service) for name, service in services.items()})


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
