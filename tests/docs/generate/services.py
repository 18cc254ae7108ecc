"""`services.md`: every key of a catalogue of services, from the JSON Schema that editors read."""

from __future__ import annotations

import json
from typing import Any

from sagadsl.language.catalogue import catalogue_schema_text
from tests.docs.generate import markdown
from tests.docs.generate.markdown import code, table

INTRODUCTION = """\
Every key of `services.yaml`, from the JSON Schema that `sagadsl services schema` prints and that editors complete and
explain from. [Call services over HTTP](../how-to/http-services.md) shows them at work, and `sagadsl validate
--catalogue services.yaml` [checks definitions against them](../how-to/check-in-a-build.md#check-against-a-catalogue).

Where a service and its action both say something, the action's word counts. Without `url`, a service is one of Python
functions: then `limit` and `breaker` are for these, and there are no other keys than `description` and `actions`."""

SCHEMA: dict[str, Any] = json.loads(catalogue_schema_text())
SHARED: dict[str, Any] = SCHEMA["definitions"]
PARTS = {
    "service": "A service",
    "action": "An action",
    "breaker": "`breaker`",
    "error": "`error`",
}
_KINDS = {"duration": "duration", "headers": "map", "breaker": "map", "error": "map"}
_LISTS = ("retryable_status", "in_doubt_status")


def page() -> str:
    """Return the page."""
    return markdown.page("services.yaml", INTRODUCTION, *(_section(*part) for part in PARTS.items()), _texts())


def _section(name: str, title: str) -> str:
    schema = SHARED[name]
    required = schema.get("required", [])
    rows = [
        (code(key), _kind(key, value), "**required**" if key in required else _default(value), _means(value))
        for key, value in schema["properties"].items()
    ]
    heads = ["key", "value", "default", "meaning"]
    return "\n\n".join([f"## {title}", str(schema["description"]), table(heads, rows)])


def _kind(key: str, value: dict[str, Any]) -> str:
    if "enum" in value:
        return " or ".join(code(choice) for choice in value["enum"])
    if key in _LISTS:
        return "list of statuses"
    if key == "errors":
        return "list or map"
    if "$ref" in value:
        return _KINDS[value["$ref"].rpartition("/")[2]]
    return {"object": "map", "string": "text", "integer": "number", "number": "number"}[value["type"]]


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    return "" if default is None else code(default if isinstance(default, str) else json.dumps(default))


def _means(value: dict[str, Any]) -> str:
    return str(value["description"]).replace("<", "&lt;")


def _texts() -> str:
    rows = [(name, SHARED[name]["description"]) for name in ("name", "duration", "status")]
    return "\n\n".join(["## Kinds of values", table(["value", "what it is"], rows)])
