"""The shape of a definition: `saga.schema.json`, and what departs from it, told in the author's words.

The schema is written for editors as much as for this module, which walks it its own way: the top level first,
then each state by the schema of its type, and the states inside it likewise. So a misspelt key in a task is an
error about a task, however deep it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from sagadsl.language.definition import Json, Path
from sagadsl.language.diagnostics import Diagnostic, in_order
from sagadsl.language.plain_schema import is_plain
from sagadsl.language.problems import Problem, found
from sagadsl.language.shapes import Shape, inline
from sagadsl.language.source import Document
from sagadsl.language.suggest import nearest, one_of

STATE_TYPES = ("task", "choice", "parallel", "map", "wait", "saga", "pass", "succeed", "fail")
"""The state types of `states`; each has a definition of its name in the schema."""

STEP_TYPES = ("task", "parallel", "map", "wait", "saga", "pass")
"""The state types of `steps`; each has a definition of its name and `_step` in the schema."""

MAX_REGIONS = 10
"""How deep branches and bodies may stand in each other."""

_STATE_PARTS = {name: name for name in STATE_TYPES}
_STEP_PARTS = {name: f"{name}_step" for name in STEP_TYPES}
_WAITS = ("for", "until", "signal")


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
    problems = [*part("top").departures(data, ()), *_region(data, (), 0), *_repeated_names(data)]
    if isinstance(data.get("input"), dict) and not _is_plain_input(data["input"]):
        from sagadsl.language import input_schema  # noqa: PLC0415  most are plain

        problems += input_schema.problems(data["input"])
    return list({(problem.path, problem.part, problem.about): problem for problem in reversed(problems)}.values())


def _is_plain_input(schema: dict[str, Any]) -> bool:
    return schema.get("type", "object") == "object" and is_plain(schema)


def _region(data: Mapping[str, Json], path: Path, depth: int) -> Iterator[Problem]:
    """What is wrong with the states of a flow: of the saga, of a branch, or of a map's body."""
    yield from _one_form(data, path)
    states, steps = data.get("states"), data.get("steps")
    if isinstance(states, dict):
        for name, state in states.items():
            yield from _state(state, (*path, "states", name), _STATE_PARTS, depth)
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            yield from _state(step, (*path, "steps", index), _STEP_PARTS, depth)


def _one_form(data: Mapping[str, Json], path: Path) -> Iterator[Problem]:
    what = _region_words(data, path)
    if "states" in data and "steps" in data:
        last = [key for key in data if key in ("states", "steps")][-1]
        hint = "keep 'steps' for a straight line, 'states' for anything else"
        yield Problem("SAGA206", f"{what} has either 'states' or 'steps', not both", (*path, last), "key", hint)
    elif "states" not in data and "steps" not in data:
        hint = "add 'states', or 'steps' for a straight line"
        message = f"{what.replace('a definition', 'the definition')} has neither 'states' nor 'steps'"
        yield Problem("SAGA206", message, path, "key", hint, "states")


def _region_words(data: Mapping[str, Json], path: Path) -> str:
    match path:
        case ():
            return "a definition"
        case (*_, "branches", name):
            return f"branch '{name}'"
        case (*_, "steps", int()):
            return f"the map '{data.get('id', '')}'"
    return f"the map '{path[-1]}'"


def _state(state: Json, path: Path, parts: Mapping[str, str], depth: int) -> Iterator[Problem]:
    if not isinstance(state, dict):
        thing = "a state" if parts is _STATE_PARTS else "a step"
        yield Problem("SAGA203", f"{thing} is a map of keys, but this is {found(state)}", path)
        return
    kind = state.get("type", "task")
    if not isinstance(kind, str) or kind not in parts:
        yield _unknown_type(kind, path, parts)
        return
    yield from part(parts[kind]).departures(state, path)
    if kind == "wait":
        yield from _one_wait(state, path)
    for inner_path, inner in _regions_in(state, kind, path):
        if depth == MAX_REGIONS:
            message = f"branches and bodies stand in each other more than {MAX_REGIONS} deep"
            yield Problem("SAGA215", message, inner_path, "key", "give the inner part a saga of its own")
        else:
            yield from _region(inner, inner_path, depth + 1)


def _unknown_type(kind: Json, path: Path, parts: Mapping[str, str]) -> Problem:
    from sagadsl.language.slips import type_meant  # noqa: PLC0415  needed only where something is wrong

    shown = f"'{kind}'" if isinstance(kind, str) else found(kind)
    message = f"unknown state type {shown}, expected one of {', '.join(parts)}"
    meant = type_meant(kind, parts) if isinstance(kind, str) else None
    hint = f"did you mean '{meant}'?" if meant else ""
    if isinstance(kind, str) and kind in STATE_TYPES:
        hint = f"{one_of(parts)} are all that a straight line has; use 'states' for the rest"
    return Problem("SAGA205", message, (*path, "type"), hint=hint)


def _one_wait(state: Mapping[str, Json], path: Path) -> Iterator[Problem]:
    given = [key for key in _WAITS if key in state]
    hint = "give 'for' a duration, 'until' an expression, or 'signal' a name"
    if not given and not any(nearest(str(key), _WAITS) for key in state):  # what is misspelt is told already
        yield Problem("SAGA213", "this wait does not say what it waits for", path, "key", hint, "wait")
    for extra in [key for key in state if key in given][1:]:
        message = f"a wait has exactly one of {one_of(_WAITS, 'and')}, and this one has more"
        yield Problem("SAGA213", message, (*path, extra), "key", "keep one of them")


def _regions_in(state: Mapping[str, Json], kind: str, path: Path) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """The regions inside a state, as far as they are maps of keys."""
    if kind == "map":
        yield path, state
    elif kind == "parallel" and isinstance(state.get("branches"), dict):
        for name, branch in state["branches"].items():
            if isinstance(branch, dict):
                yield (*path, "branches", name), branch


def _repeated_names(data: Mapping[str, Json]) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for name, path in state_names(data):
        if name not in seen:
            seen[name] = path
            continue
        message = f"there is a state '{name}' already, in line"
        hint = "each state needs a name of its own, in branches and bodies as well"
        place: Path = (*path, "id") if isinstance(path[-1], int) else path
        yield Problem("SAGA211", message, place, "key" if place is path else "value", hint, "name", seen[name])


def state_names(data: Mapping[str, Json], path: Path = ()) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of every state at any depth, in the order of the text.

    Args:
        data: A definition, a branch or a map state; its shape need not be right.
        path: Where it stands.
    """
    for key in [key for key in data if key in ("states", "steps")][:1]:  # of both, which is an error, the first
        items = data[key]
        entries = enumerate(items) if isinstance(items, list) else items.items() if isinstance(items, dict) else ()
        for step, state in entries:
            here: Path = (*path, key, step)
            name = state.get("id") if isinstance(step, int) and isinstance(state, dict) else step
            if isinstance(name, str):
                yield name, here
            if isinstance(state, dict):
                for inner_path, inner in _regions_in(state, str(state.get("type")), here):
                    yield from state_names(inner, inner_path)


@cache
def part(name: str) -> Shape:
    """Return the shape of one part: `top`, or that of a state type; what is inside it is left open."""
    return Shape(inline(_definitions()[name], _definitions()))


@cache
def _definitions() -> dict[str, Any]:
    """The definitions of the schema, cut where states stand in states, and without what has words of its own."""
    whole = schema()
    definitions: dict[str, Any] = whole.pop("definitions")
    for key in ("$schema", "$id"):
        del whole[key]
    definitions["top"] = whole
    del definitions["states"]["additionalProperties"], definitions["steps"]["items"]
    for each in ("top", "branch", "map", "map_step", "wait", "wait_step"):
        del definitions[each]["oneOf"]
    return definitions
