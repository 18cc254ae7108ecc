"""What is known of a value before it is there: its kind, its fields, and which of them may be missing.

A type is read from a JSON Schema, or inferred from a template. It knows more than CEL's checker can be told
(optional fields, constants) and less than the schema: where a schema leaves it open (several types, `oneOf`,
a reference that leads back to itself), anything may come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Literal, NamedTuple, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.records import record

Kind: TypeAlias = Literal["any", "null", "bool", "int", "number", "text", "list", "object"]

_KINDS: Mapping[str, Kind] = {
    "number": "number",
    "integer": "int",
    "string": "text",
    "boolean": "bool",
    "null": "null",
    "array": "list",
    "object": "object",
}
_SHOWN = 40
_DEEPEST = 50  # nobody reads a field that deep; of what is below, nothing is known
_OPEN = ("oneOf", "anyOf", "allOf", "not", "if", "dependencies")


class Limits(NamedTuple):
    """Between what a number lies, or the size of a list, a text or an object: `None` where nothing is said.

    Args:
        least: It is not less than this.
        most: It is not more than this.
        above: Whether it is more than `least`.
        below: Whether it is less than `most`.
    """

    least: float | None = None
    most: float | None = None
    above: bool = False
    below: bool = False


@record(eq=False)
class DataType:
    """The type of a value.

    Args:
        kind: What it is; nothing is known of `any`.
        fields: The types of an object's fields that are known by name.
        required: Those of them, and others, that are always there.
        is_open: Whether an object may have fields besides, so that any name can be right.
        is_strict: Whether it was said that there are no other fields.
        element: The type of a list's elements.
        constants: The values it can have, or `None` for any of its kind.
        limits: Between what it lies if it is a number, and otherwise its size.
    """

    kind: Kind = "any"
    fields: Mapping[str, DataType] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    is_open: bool = False
    is_strict: bool = False
    element: DataType | None = None
    constants: tuple[Json, ...] | None = None
    limits: Limits = Limits()


ANY = DataType()
TEXT = DataType("text")
INT = DataType("int")
_SIMPLE: Mapping[Kind, DataType] = {
    "any": ANY,
    "text": TEXT,
    "int": INT,
    **{kind: DataType(kind) for kind in ("null", "bool", "number")},
}


class Found(NamedTuple):
    """What a path into a value leads to.

    Args:
        type: The type of what is there, `any` where nothing is known.
        optional: How many steps of the path lead to each field that may be missing.
    """

    type: DataType
    optional: tuple[int, ...] = ()


def follow(start: DataType, path: Iterable[str | int]) -> Found:
    """Return what a path of field names and indexes leads to."""
    here, optional = start, []
    for i, step in enumerate(path, 1):
        if isinstance(step, int):
            here = here.element or ANY
            continue
        if here.kind == "object" and step in here.fields and step not in here.required:
            optional.append(i)
        here = here.fields.get(step, ANY)
    return Found(here, tuple(optional))


def of_value(value: Json) -> DataType:
    """Return the type of a literal that is neither an object nor a list."""
    names: tuple[tuple[type, Kind], ...] = ((bool, "bool"), (int, "int"), (float, "number"), (str, "text"))
    return _SIMPLE[next((kind for each, kind in names if isinstance(value, each)), "null" if value is None else "any")]


def object_of(fields: Mapping[str, DataType]) -> DataType:
    """Return the type of an object with exactly these fields."""
    return DataType("object", fields=fields, required=frozenset(fields), is_strict=True)


def plain(of: DataType) -> DataType:
    """Return the type without its limits, the same for all types of a simple kind."""
    return _SIMPLE[of.kind] if of.kind in _SIMPLE and of.constants is None else of


def list_of(element: DataType) -> DataType:
    """Return the type of a list."""
    return DataType("list", element=element)


def of_schema(schema: Json | None) -> DataType:
    """Return the type that a valid JSON Schema (draft-07) describes; `None` describes anything."""
    return _Reader(schema).read(schema)


def shown(value: Json) -> str:
    """Return a value as messages show it."""
    if isinstance(value, str):
        return f"'{value if len(value) <= _SHOWN else value[: _SHOWN - 1] + '…'}'"
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return str(value) if isinstance(value, int | float) else "a list" if isinstance(value, list) else "an object"


class _Reader:
    def __init__(self, root: Json) -> None:
        self._root = root
        self._by_pointer: dict[str, DataType] = {}
        self._depth = 0

    def read(self, schema: Json) -> DataType:
        if not isinstance(schema, Mapping) or self._depth == _DEEPEST:
            return ANY
        self._depth += 1
        try:
            return self._at(schema["$ref"]) if "$ref" in schema else self._plain(schema)
        finally:
            self._depth -= 1

    def _plain(self, schema: Mapping[str, Any]) -> DataType:
        if any(key in schema for key in _OPEN):
            return ANY
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema)
        if kind == "list":
            return DataType("list", element=self.read(schema.get("items")), limits=_limits(schema, kind))
        constants, limits = _constants(schema), _limits(schema, kind)
        if constants is None and limits == Limits():
            return _SIMPLE[kind]
        return DataType(kind, constants=constants, limits=limits)

    def _object(self, schema: Mapping[str, Any]) -> DataType:
        properties = schema.get("properties")
        fields = properties if isinstance(properties, Mapping) else {}
        others = schema.get("additionalProperties", not fields)
        return DataType(
            "object",
            fields={name: self.read(value) for name, value in fields.items()},
            required=frozenset(schema.get("required", ())),
            is_open=others is not False or "patternProperties" in schema,
            is_strict=schema.get("additionalProperties") is False and "patternProperties" not in schema,
            limits=_limits(schema, "object"),
        )

    def _at(self, pointer: Json) -> DataType:
        """Resolve a `$ref`, each once; one that leads back to itself is anything."""
        if not isinstance(pointer, str):
            return ANY
        if pointer not in self._by_pointer:
            self._by_pointer[pointer] = ANY
            self._by_pointer[pointer] = self.read(_resolve(self._root, pointer))
        return self._by_pointer[pointer]


def _kind(schema: Mapping[str, Any]) -> Kind:
    name = schema.get("type")
    if isinstance(name, str):
        return _KINDS.get(name, "any")
    if name is None and "properties" in schema:
        return "object"
    constants = _constants(schema) if name is None else None
    kinds = {of_value(value).kind for value in constants or ()}
    return kinds.pop() if len(kinds) == 1 else "any"


def _constants(schema: Mapping[str, Any]) -> tuple[Json, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema["enum"]) if isinstance(schema.get("enum"), list) else None


_SIZES: Mapping[Kind, tuple[str, str]] = {
    "text": ("minLength", "maxLength"),
    "list": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


def _limits(schema: Mapping[str, Any], kind: Kind) -> Limits:
    if kind in _SIZES:
        low, high = _SIZES[kind]
        return Limits(schema.get(low), schema.get(high))
    if kind not in ("int", "number"):
        return Limits()
    least, above = _tighter(schema.get("minimum"), schema.get("exclusiveMinimum"), max)
    most, below = _tighter(schema.get("maximum"), schema.get("exclusiveMaximum"), min)
    return Limits(least, most, above, below)


def _tighter(
    inclusive: float | None, exclusive: float | None, of: Callable[[float, float], float]
) -> tuple[float | None, bool]:
    if inclusive is None or exclusive is None:
        return (exclusive, True) if inclusive is None and exclusive is not None else (inclusive, False)
    return of(inclusive, exclusive), of(inclusive, exclusive) == exclusive


def _resolve(root: Json, pointer: str) -> Json:
    from sagadsl.language.input_schema import resolve  # noqa: PLC0415  references are rare

    try:
        return resolve(root, pointer)
    except LookupError:
        return None
