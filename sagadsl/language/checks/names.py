"""Checks of names: those that are too much alike, those that are taken, and paths that lead to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagadsl.language.checks.context import Context
from sagadsl.language.datatypes import ANY, DataType
from sagadsl.language.definition import Json, Map, Path, State
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.suggest import did_you_mean, one_of

_TAKEN = ("input", "saga", "states", "error", "output", "signals", "steps", "index")
# https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
_RESERVED = frozenset(
    {
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let"),
        *("loop", "namespace", "null", "package", "return", "true", "var", "void", "while"),
    }
)
_SHOWN = 8
_OTHERS = frozenset({"patternProperties", "allOf", "anyOf", "oneOf", "if", "$ref"})
"""What of a schema may say more of an object's properties."""


def names_alike(context: Context) -> Iterator[Diagnostic]:
    """SAGA603: two states, or two signals, whose names differ only in case."""
    first: dict[str, State] = {}
    for state in context.states.values():
        other = first.setdefault(state.name.lower(), state)
        if other is not state:
            message = f"'{state.name}' and '{other.name}' differ only in case"
            yield context.at_name("SAGA603", message, state, "rename one of them: people will take them for one")


def item_names(context: Context) -> Iterator[Diagnostic]:
    """SAGA416 and SAGA417: what a map calls its items means something else already."""
    for state in context.states.values():
        if not isinstance(state, Map):
            continue
        path: Path = (*state.path, "as")
        if state.as_ in _TAKEN or state.as_ in _RESERVED:
            meaning = "is a word of the expression language" if state.as_ in _RESERVED else "has a meaning already"
            yield context.at("SAGA416", f"'{state.as_}' {meaning}", path, "choose another name, such as item")
        elif (outer := _outer(context, state)) is not None:
            message = f"inside '{state.name}', '{state.as_}' is its own item, and no longer that of '{outer.name}'"
            hint = "give one of them another name with 'as'"
            given = context.data_at(path) is not None
            yield (
                context.at("SAGA417", message, path, hint)
                if given
                else context.at_name("SAGA417", message, state, hint)
            )


def _outer(context: Context, state: Map) -> Map | None:
    owners = (context.states[home.owner] for home in context.homes.around(state.name)[1:])
    return next((owner for owner in owners if isinstance(owner, Map) and owner.as_ == state.as_), None)


def required_names(context: Context) -> Iterator[Diagnostic]:
    """SAGA420: an input that is required, among others of which the schema says what they are, and it does not."""
    for path, schema in _objects(context.definition.input_schema, ("input",)):
        properties = schema["properties"]
        for i, name in enumerate(schema.get("required", ())):
            if name not in properties:
                others = [each for each in properties if each not in schema["required"]]
                hint = did_you_mean(name, others) or f"add it to the properties: {name}: {{type: …}}"
                yield context.at("SAGA420", f"'{name}' is required, and no property", (*path, "required", i), hint)


def _objects(schema: Json, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the schemas that name all properties of an object, with their paths."""
    if not isinstance(schema, Mapping):
        return
    named = schema.get("properties")
    if named and schema.keys().isdisjoint(_OTHERS) and not isinstance(schema.get("additionalProperties"), Mapping):
        yield path, schema
    for key in ("properties", "definitions"):
        for name, inner in (schema.get(key) or {}).items():
            yield from _objects(inner, (*path, key, name))
    yield from _objects(schema.get("items"), (*path, "items"))


def sensitive_paths(context: Context) -> Iterator[Diagnostic]:
    """SAGA418: a path of `sensitive` that leads to nothing there is, so that nothing would be masked."""
    for i, path in enumerate(context.definition.sensitive):
        found = _astray(context, path)
        if found is not None:
            message, hint = found
            yield context.at("SAGA418", message, ("sensitive", i), hint)


def _astray(context: Context, path: Path) -> tuple[str, str] | None:
    """Return what is wrong with a path, and how to mend it."""
    root, *rest = map(str, path)
    if root == "input":
        return _lost(context.inference.input, "input", rest)
    if root != "states" or len(rest) < 2 or rest[1] != "output":  # noqa: PLR2004  a name, and `output`
        return "a sensitive path begins with input or with states.NAME.output", "as in input.card.number"
    name = rest[0]
    if name not in context.states:
        return f"there is no state '{name}'", did_you_mean(name, context.states)
    return _lost(context.inference.output(name), f"states.{name}.output", rest[2:])


def _lost(kind: DataType, told: str, rest: list[str]) -> tuple[str, str] | None:
    for step in rest:
        while kind.kind == "list":  # a path goes into every element
            kind = kind.element or ANY
        if kind.kind == "object" and kind.fields and not kind.is_open and step not in kind.fields:
            names = list(kind.fields)
            hint = did_you_mean(step, names) or (f"it has {one_of(names, 'and')}" if len(names) <= _SHOWN else "")
            return f"there is no field '{step}' in {told}", hint
        kind, told = kind.fields.get(step, ANY), f"{told}.{step}"
    return None
