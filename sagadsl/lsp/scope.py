"""What can be read in an expression at a place, member by member: names, what they are, and their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sagadsl.language import celtokens
from sagadsl.language.definition import Json, Path
from sagadsl.lsp import schema_paths
from sagadsl.lsp.structure import Spot, StateAt, spot
from sagadsl.lsp.surroundings import Surroundings
from sagadsl.lsp.view import View

_SAGA = {
    "id": "The saga's id, text.",
    "name": "The saga's name.",
    "version": "The version of its definition.",
    "started_at": "When it started, a timestamp.",
}
_ERROR = {
    "code": "The error's code.",
    "message": "What to tell people.",
    "state": "The name of the state that failed.",
}
_NO_OUTPUT = frozenset({"choice", "succeed", "fail"})


class Member(NamedTuple):
    """A name that can be written here: what it is in a sentence, and the schema of its value (none if unknown)."""

    name: str
    about: str
    schema: Json = None


def members(view: View, around: Surroundings, path: Path, parts: tuple[str, ...]) -> list[Member]:
    """Return what can follow `parts` and a dot in an expression at a path; without parts, the variables.

    Args:
        view: The text.
        around: What is known beyond it.
        path: Where the expression stands.
        parts: The names before, `[]` for an index: `("states", "charge", "output")`.
    """
    here = spot(path)
    if not parts:
        return list(_variables(view, here))
    if parts[0] == "states":
        return list(_of_states(view, around, here, parts[1:]))
    if parts in (("saga",), ("error",)):
        return [Member(name, about) for name, about in (_SAGA if parts[0] == "saga" else _ERROR).items()]
    if parts == ("signals",):
        return [Member(name, f"The payload of the signal {name}.") for name in _signals(view)]
    return _fields(_variable_schema(view, around, here, parts[0]), parts[1:])


def member(view: View, around: Surroundings, path: Path, parts: tuple[str, ...]) -> Member | None:
    """Return what the last of the parts is, or `None` if nothing is known of it."""
    found = members(view, around, path, parts[:-1])
    return next((each for each in found if each.name == parts[-1]), None)


def _variables(view: View, here: Spot) -> Iterator[Member]:
    yield Member("input", "The saga's input.", view.top.get("input"))
    yield Member("saga", "The saga itself: `id`, `name`, `version`, `started_at`.")
    yield Member("states", "The outputs of the states that have completed: `states.NAME.output`.")
    yield Member("error", "The error that was caught, or that is compensated for: `code`, `message`, `state`.")
    if any(_signals(view)):
        yield Member("signals", "The payloads of the signals that were waited for.")
    if here.rest[:1] == ("fail_when",):
        yield Member("output", "What the action answered.")
    body = _enclosing_map(view, here)
    if body is not None:
        name = body.data.get("as")
        yield Member(name if isinstance(name, str) else "item", f"The entry of the list that {body.name} works on.")
        yield Member("index", f"The entry's place in the list that {body.name} works on, from 0.")


def _enclosing_map(view: View, here: Spot) -> StateAt | None:
    region = here.region
    while region:
        state = view.by_path.get(region)
        if state is not None and state.kind == "map":
            return state
        region = spot(region).region
    return None


def _of_states(view: View, around: Surroundings, here: Spot, parts: tuple[str, ...]) -> Iterator[Member]:
    if not parts:
        undoes = here.rest[:1] == ("compensation",)  # it may read what the state itself answered
        readable = (each for each in view.states if each.kind not in _NO_OUTPUT and (each.path != here.state or undoes))
        yield from (Member(each.name, about_state(each)) for each in readable)
        return
    state = view.by_name.get(parts[0])
    if state is None:
        return
    schema = around.output_schema(state)
    if len(parts) == 1:
        yield Member("output", about_output(state), schema)
    elif parts[1] == "output":
        yield from _fields(schema, parts[2:])


def about_state(state: StateAt) -> str:
    """Return in a line what a state does."""
    data = state.data
    if state.kind == "task":
        call = ".".join(str(data[key]) for key in ("service", "action") if isinstance(data.get(key), str))
        return f"task: {call}" if call else "task"
    about = {"saga": data.get("saga"), "wait": data.get("signal"), "map": data.get("items"), "fail": data.get("error")}
    detail = about.get(state.kind)
    return f"{state.kind}: {detail}" if isinstance(detail, str) else state.kind


def about_output(state: StateAt) -> str:
    """Return in a sentence what a state's output is."""
    match state.kind:
        case "task":
            return f"What {about_state(state).removeprefix('task: ')} answered in the state {state.name}."
        case "parallel":
            return f"The outputs of the branches of {state.name} by their names."
        case "map":
            return f"The list of the outputs that the entries of {state.name} gave, in their order."
        case "wait":
            return f"The payload of the signal that {state.name} waits for."
        case "saga":
            return f"The output of the saga {state.data.get('saga')}, which {state.name} runs."
    return f"The data that {state.name} computed."


def _signals(view: View) -> list[str]:
    found = (state.data.get("signal") for state in view.states if state.kind == "wait")
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def _variable_schema(view: View, around: Surroundings, here: Spot, name: str) -> Json:
    if name == "input":
        return view.top.get("input")
    state = view.by_path.get(here.state) if here.state is not None else None
    if name == "output" and here.rest[:1] == ("fail_when",) and state is not None:
        return around.output_schema(state)
    body = _enclosing_map(view, here)
    if body is None or name != body.data.get("as", "item"):
        return None
    return _schema_of_items(view, around, body)


def _schema_of_items(view: View, around: Surroundings, body: StateAt) -> Json:
    """The schema of the entries, where `items` is nothing but a reference to a list that is known."""
    items = body.data.get("items")
    found = celtokens.references(celtokens.tokens(items)) if isinstance(items, str) else []
    if len(found) != 1 or found[0].text != str(items).strip():
        return None
    parts = tuple("[]" if isinstance(part, int) else part for part in found[0].parts)
    known = member(view, around, body.path, (found[0].root, *parts)) if "[]" not in parts else None
    return next(iter(_inner(known.schema, ("[]",))), None) if known else None


def _fields(schema: Json, parts: tuple[str, ...]) -> list[Member]:
    keys = schema_paths.Keys(_inner(schema, parts))
    return [Member(name, _about_field(each, name in keys.required), each) for name, each in keys.schemas.items()]


def _inner(schema: Json, parts: tuple[str, ...]) -> list[schema_paths.Schema]:
    if not isinstance(schema, dict):
        return []
    return schema_paths.below(schema, None, tuple(0 if part == "[]" else part for part in parts))


def _about_field(schema: Any, required: bool) -> str:
    words = [f"`{'` or `'.join(schema_paths.types([schema]))}`"] if schema_paths.types([schema]) else []
    words += [] if required else ["may be missing"]
    return " ".join(part for part in (", ".join(words), schema_paths.description([schema])) if part)
