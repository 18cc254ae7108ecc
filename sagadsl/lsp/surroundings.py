"""What an answer may draw on besides the text itself: the other sagas of the workspace, and the services' catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sagadsl.language.definition import Json
from sagadsl.language.library import ActionSpec, Catalogue
from sagadsl.lsp.structure import StateAt
from sagadsl.lsp.view import View

ENGINE_ERRORS = ("Timeout", "Unavailable", "InvalidPayload", "Cancelled", "NoChoice")
"""The codes that the engine itself raises (see "Text" in the language's specification)."""


@dataclass(frozen=True)
class Surroundings:
    """What is known around a text.

    Args:
        others: The other sagas of the workspace, by name; of several versions, all.
        catalogue: What is known of the services' actions.
    """

    others: Mapping[str, tuple[View, ...]] = field(default_factory=dict)
    catalogue: Catalogue | None = None

    def action(self, state: StateAt) -> ActionSpec | None:
        """Return what is known of the action that a state calls."""
        service, action = state.data.get("service"), state.data.get("action")
        if self.catalogue is None or not isinstance(service, str) or not isinstance(action, str):
            return None
        return self.catalogue.action(service, action)

    def output_schema(self, state: StateAt) -> Json | None:
        """Return the JSON Schema of a state's output as far as it is known, or `None`."""
        match state.kind:
            case "task":
                found = self.action(state)
                return found.output if found else None
            case "pass":
                return _of_template(state.data.get("output"))
            case "parallel":
                branches = state.data.get("branches")
                return _of_template(dict.fromkeys(branches)) if isinstance(branches, dict) else None
            case "map":
                return {"type": "array"}
        return None

    def actions(self, views: Iterable[View]) -> dict[str, set[str]]:
        """Return every action that the catalogue or a saga names, by service."""
        found: dict[str, set[str]] = {}
        if self.catalogue is not None:
            for service, known in self.catalogue.services.items():
                found.setdefault(service, set()).update(known)
        for view in [*views, *(view for views_ in self.others.values() for view in views_)]:
            for state in view.states:
                for service, action in _called(state):
                    found.setdefault(service, set()).add(action)
        return found

    def errors(self, view: View) -> list[str]:
        """Return the error codes that can occur in a text, the engine's own first."""
        found = dict.fromkeys(ENGINE_ERRORS)
        for state in view.states:
            known = self.action(state)
            found.update(dict.fromkeys(known.errors or () if known else ()))
            found.update(dict.fromkeys(_own_errors(state)))
        return list(found)


def _of_template(value: Json) -> Json | None:
    """A schema that knows the names of the fields that a template gives."""
    if not isinstance(value, dict):
        return None
    return {"type": "object", "properties": {key: _of_template(each) or {} for key, each in value.items()}}


def _called(state: StateAt) -> Iterator[tuple[str, str]]:
    service, action, undo = (state.data.get(key) for key in ("service", "action", "compensation"))
    if isinstance(service, str) and service:
        yield from ((service, name) for name in (action, undo) if isinstance(name, str) and name)
    if isinstance(undo, dict) and isinstance(undo.get("action"), str):
        other = undo.get("service", service)
        yield from [(other, undo["action"])] if isinstance(other, str) else []


def _own_errors(state: StateAt) -> Iterator[str]:
    if state.kind == "fail" and isinstance(state.data.get("error"), str):
        yield state.data["error"]
    rules = state.data.get("fail_when")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and isinstance(rule.get("error"), str):
            yield rule["error"]
