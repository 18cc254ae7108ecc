"""`keys.md`: every key of a definition, from the JSON Schema that editors read."""

from __future__ import annotations

import json
from typing import Any

from sagadsl.language.schema import schema_text
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, table

INTRODUCTION = """\
Every key there is, from the JSON Schema that `sagadsl schema` prints and that editors complete and explain from. What
they mean together is told in [the language](language.md)."""

PARTS = {
    "branch": "An entry of `branches`",
    "retry": "`retry`",
    "compensation": "`compensation` of a task",
    "saga_compensation": "`compensation` of a `saga` state",
    "fail_when": "An entry of `fail_when`",
    "catch": "An entry of `catch`",
}
INSIDE = {
    "defaults": "`defaults`",
    "compensation": "`compensation` of the saga",
    "invariants": "An entry of `invariants`",
}
TEXTS = (
    "name",
    "duration",
    "timeout",
    "condition",
    "expression",
    "template",
    "data_path",
    "error_code",
    "error_pattern",
)

SCHEMA: dict[str, Any] = json.loads(schema_text())
SHARED: dict[str, Any] = SCHEMA["definitions"]
STATES: list[str] = SHARED["state"]["properties"]["type"]["enum"]
_NAMES = {
    "state_name": "name",
    "next": "name",
    "error_code": "error code",
    "error_pattern": "error code or `*`",
    "retry": "map",
    "compensation": "name or map",
    "saga_compensation": "map",
    "branch": "map",
    "states": "map",
    "steps": "list",
    "data_path": "path",
    "fail_when": "list",
    "catch": "list",
    "on_failure": "`compensate` or `fail` or `continue` or map",
}


def page() -> str:
    """Return the page."""
    inside = [(title, SCHEMA["properties"][name]) for name, title in INSIDE.items()]
    top = [_section("Top level", SCHEMA), *(_section(title, part.get("items", part), 3) for title, part in inside)]
    states = [_section(f"`type: {name}`", SHARED[name], 3) for name in STATES]
    parts = [_section(title, SHARED[name].get("items", SHARED[name]), 3) for name, title in PARTS.items()]
    return markdown.page(
        "Keys", INTRODUCTION, *top, "## States", *states, STEPS, "## Parts of states", *parts, WAITING, _kinds()
    )


STEPS = """\
### Entries of `steps`

A step is a state with an `id`, its name, and without `next`: any but `choice`, `succeed` and `fail`. `catch` and
`on_timeout` may lead to another step."""

WAITING = """\
### `on_failure` as a map"""


def _kinds() -> str:
    waiting = _rows(SHARED["on_failure"]["then"])
    texts = [(_kind({"$ref": f"#/definitions/{name}"}), _means(SHARED[name])) for name in TEXTS]
    heads = ["key", "value", "default", "meaning"]
    return "\n\n".join([table(heads, waiting), "## Kinds of values", table(["value", "what it is"], texts)])


def _section(title: str, schema: dict[str, Any], level: int = 2) -> str:
    heads = ["key", "value", "default", "meaning"]
    return "\n\n".join([f"{'#' * level} {title}", _means(schema), table(heads, _rows(schema))])


def _rows(schema: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    required = schema.get("required", [])
    return [
        (code(name), _kind(value), "**required**" if name in required else _default(value), _means(value))
        for name, value in schema["properties"].items()
    ]


def _means(value: dict[str, Any]) -> str:
    return str(value.get("description") or _target(value).get("description", "")).replace("<", "&lt;")


def _target(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = SHARED.get(value.get("$ref", "").rpartition("/")[2], {})
    return found


def _default(value: dict[str, Any]) -> str:
    default = value.get("default", _target(value).get("default"))
    return "" if default is None else code(default if isinstance(default, str) else json.dumps(default))


def _kind(value: dict[str, Any]) -> str:
    name = value.get("$ref", "").rpartition("/")[2]
    if "enum" in (shown := _target(value) or value):
        return " or ".join(code(choice) for choice in shown["enum"])
    if "const" in value:
        return code(value["const"])
    if name == "description":
        return "text"
    if name:
        return _NAMES.get(name, name)
    kind = value.get("type", "any")
    return {"object": "map", "array": "list", "string": "text"}.get(kind, kind) if isinstance(kind, str) else "any"
