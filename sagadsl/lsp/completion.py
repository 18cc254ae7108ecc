"""What can be written at the cursor: keys, values, names of states and actions, and members in expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from sagadsl.language.celwords import FUNCTIONS
from sagadsl.language.definition import Json
from sagadsl.lsp import schema_paths
from sagadsl.lsp.cursor import Cursor, cursor_at
from sagadsl.lsp.expression_at import Typed, typed_before
from sagadsl.lsp.positions import Span
from sagadsl.lsp.scope import about_state, members
from sagadsl.lsp.structure import StateAt, value_at
from sagadsl.lsp.surroundings import Surroundings

Kind: TypeAlias = Literal[
    "key", "value", "state", "service", "action", "error", "saga", "variable", "field", "function"
]

_TASK_CODES = ("errors", "on", "except")
_NESTED = frozenset({"object", "array"})


class Suggestion(NamedTuple):
    """One way to go on.

    `insert` replaces the characters of `span`; `detail` is a few words beside the label, `about` a text in Markdown.
    """

    label: str
    kind: Kind
    insert: str
    span: Span
    detail: str = ""
    about: str = ""


def complete(text: str, offset: int, file: str, around: Surroundings | None = None) -> list[Suggestion]:
    """Return what can be written at an offset, the most fitting first.

    Args:
        text: Any text at all.
        offset: Where the cursor is, in code points.
        file: The text's name.
        around: What is known beyond the text.
    """
    cursor = cursor_at(text, offset, file)
    if cursor is None:
        return []
    around = around or Surroundings()
    use = cursor.spot.use
    if cursor.part != "key" and use is not None:
        typed = typed_before(cursor.before, use)
        if typed is not None:
            return list(_in_expression(cursor, around, typed))
    names = [] if cursor.part == "key" else list(_names(cursor, around))
    return names or [*_keys(cursor, around), *_values(cursor)]


def _in_expression(cursor: Cursor, around: Surroundings, typed: Typed) -> Iterator[Suggestion]:
    kind: Kind = "field" if typed.is_selection else "variable"
    for found in members(cursor.view, around, cursor.path, typed.parts):
        yield Suggestion(found.name, kind, found.name, cursor.word, about=found.about)
    if not typed.is_selection:
        for name in sorted(FUNCTIONS):
            yield Suggestion(name, "function", name, cursor.word)


def _names(cursor: Cursor, around: Surroundings) -> Iterator[Suggestion]:
    """Yield the names of states, services, actions, sagas and errors that can stand here."""
    here = cursor.spot
    region = here.target_region
    if region is not None:
        yield from _states(cursor, [state for state in cursor.view.states if state.region == region])
        return
    state = cursor.view.by_path.get(here.state) if here.state is not None else None
    source = _SOURCES.get(tuple(step for step in here.rest if isinstance(step, str)))
    if source is not None and (state is not None or here.rest[0] == "defaults"):
        kind, names = source
        yield from (
            Suggestion(name, kind, _quoted(name), cursor.word)
            for name in names(cursor, around, state)
            if _is_done(name)
        )


def _states(cursor: Cursor, states: Iterable[StateAt]) -> Iterator[Suggestion]:
    own = cursor.spot.state
    for state in states:
        if state.path != own and _is_done(state.name):
            about = state.data.get("description")
            words = about if isinstance(about, str) else ""
            yield Suggestion(state.name, "state", state.name, cursor.word, about_state(state), words)


def _is_done(name: str) -> bool:
    """Whether a name is one, and not what is being typed at the cursor."""
    return bool(name) and (name == "*" or name.isidentifier())


def _quoted(name: str) -> str:
    return '"*"' if name == "*" else name


def _services(cursor: Cursor, around: Surroundings, _: StateAt | None) -> list[str]:
    return sorted(around.actions([cursor.view]))


def _actions(cursor: Cursor, around: Surroundings, state: StateAt | None) -> list[str]:
    if state is None:
        return []
    undo = state.data.get("compensation")
    inner = undo.get("service") if cursor.spot.rest[0] == "compensation" and isinstance(undo, dict) else None
    service = inner if isinstance(inner, str) else state.data.get("service")
    return sorted(around.actions([cursor.view]).get(service, ())) if isinstance(service, str) else []


def _errors(cursor: Cursor, around: Surroundings, _: StateAt | None) -> list[str]:
    return [*around.errors(cursor.view), "*"]


def _sagas(cursor: Cursor, around: Surroundings, _: StateAt | None) -> list[str]:
    return sorted(name for name in around.others if name != cursor.view.name)


def _versions(_: Cursor, around: Surroundings, state: StateAt | None) -> list[str]:
    name = state.data.get("saga") if state else None
    found = around.others.get(name, ()) if isinstance(name, str) else ()
    return [str(view.top.get("version", "1")) for view in found]


_Names: TypeAlias = Callable[[Cursor, Surroundings, StateAt | None], list[str]]
_SOURCES: dict[tuple[str, ...], tuple[Kind, _Names]] = {
    ("service",): ("service", _services),
    ("action",): ("action", _actions),
    ("compensation",): ("action", _actions),
    ("compensation", "service"): ("service", _services),
    ("compensation", "action"): ("action", _actions),
    ("saga",): ("saga", _sagas),
    ("catch", "errors"): ("error", _errors),
    ("retry", "on"): ("error", _errors),
    ("retry", "except"): ("error", _errors),
    ("compensation", "retry", "on"): ("error", _errors),
    ("compensation", "retry", "except"): ("error", _errors),
    ("defaults", "retry", "on"): ("error", _errors),
    ("defaults", "retry", "except"): ("error", _errors),
}
"""Where names stand, by the path inside a state without its indexes: what they are, and which there are."""


def _keys(cursor: Cursor, around: Surroundings) -> Iterator[Suggestion]:
    if cursor.part == "value":
        return
    owner = cursor.path if cursor.part == "open" else cursor.path[:-1]
    there = value_at(cursor.view.data, owner)
    taken = {key for key in there if key != cursor.path[-1]} if isinstance(there, dict) else set()
    keys = schema_paths.Keys(_schemas(cursor, around, owner))
    for name in sorted(keys.schemas, key=lambda name: name not in keys.required):
        if name not in taken:
            schemas = _schemas(cursor, around, (*owner, name))
            detail = "required" if name in keys.required else ""
            about = schema_paths.description(schemas)
            yield Suggestion(name, "key", _key_text(cursor, name, schemas), cursor.word, detail, about)


def _key_text(cursor: Cursor, name: str, schemas: list[schema_paths.Schema]) -> str:
    if cursor.has_colon:
        return name
    nested = set(schema_paths.types(schemas))
    return f"{name}:" if nested and nested <= _NESTED and not cursor.in_flow else f"{name}: "


def _schemas(cursor: Cursor, around: Surroundings, path: tuple[str | int, ...]) -> list[schema_paths.Schema]:
    """Return the schemas of a place: the language's own, or inside a payload that of the action."""
    here = cursor._replace(path=path).spot
    state = cursor.view.by_path.get(here.state) if here.state is not None else None
    if state is not None and here.rest[:1] == ("payload",):
        known = around.action(state)
        schema = known.payload if known else None
        return schema_paths.below(schema, state.data.get("payload"), here.rest[1:]) if isinstance(schema, dict) else []
    return schema_paths.definition_schemas(cursor.view.data, path)


def _values(cursor: Cursor) -> Iterator[Suggestion]:
    if cursor.part == "key":
        return
    for value in schema_paths.values(schema_paths.definition_schemas(cursor.view.data, cursor.path)):
        written = _written(value)
        if written is not None:
            yield Suggestion(written, "value", written, cursor.word)


def _written(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) and value.isidentifier() else None
