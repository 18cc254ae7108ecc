"""JSON Schema → protobuf descriptor, so that CEL's own checker finds misspelt fields and wrong types.

| schema                                             | CEL                                  |
|----------------------------------------------------|--------------------------------------|
| `object` with `properties`                         | a message with those fields          |
| `array`                                            | a list of what `items` says          |
| `number`, `integer`, `string`, `boolean`           | double, int, string, bool            |
| `object` without, or with a name no identifier     | a map of anything                    |
| anything else (several types, `oneOf`, recursion…) | anything                             |

An object that says `additionalProperties` or `patternProperties` is a map too: any name may be right there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2
from google.protobuf.descriptor_pool import DescriptorPool

from sagadsl.language.definition import Json

_PACKAGE = "sagadsl_types"
_ANY = ".google.protobuf.Value"
_LIST = ".google.protobuf.ListValue"
_MAP = ".google.protobuf.Struct"
_TIMESTAMP = ".google.protobuf.Timestamp"
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "number": _FIELD.TYPE_DOUBLE,
    "integer": _FIELD.TYPE_INT64,
    "string": _FIELD.TYPE_STRING,
    "boolean": _FIELD.TYPE_BOOL,
}
_SUBSCHEMAS = ("oneOf", "anyOf", "allOf", "not", "if", "dependencies")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_FIELDS = 10_000  # protobuf keeps the field numbers from 19,000 on to itself


class _Type(NamedTuple):
    """Type of one field: a protobuf scalar's number, or the full name of a message."""

    scalar: int | None = None
    message: str = _ANY
    repeated: bool = False


_DYNAMIC = _Type()


class Types:
    """The CEL types of a saga's variables.

    Args:
        schema: JSON Schema of the input, or `None` for any object.

    Attributes:
        pool: Descriptors of the messages, for `cel.NewEnv`.
        variables: CEL type of `input`, `saga` and `error`.
        fields: Name of each message → the names of its fields.
        input_fields: The fields of the input, as far as the schema says.
    """

    def __init__(self, schema: Json | None) -> None:
        self._schema = schema
        self._by_pointer: dict[str, _Type] = {}
        self._file = descriptor_pb2.FileDescriptorProto(name="sagadsl.proto", package=_PACKAGE, syntax="proto3")
        self._file.dependency.extend(module.DESCRIPTOR.name for module in (struct_pb2, timestamp_pb2))
        self.fields: dict[str, tuple[str, ...]] = {}
        text = _Type(_FIELD.TYPE_STRING)
        saga = {"id": text, "name": text, "version": text, "started_at": _Type(message=_TIMESTAMP)}
        error = {"code": text, "message": text, "state": text}
        self.variables = {
            "input": _variable(self._of(schema)),
            "saga": _variable(self._message(saga)),
            "error": _variable(self._message(error)),
        }
        self.input_fields = self.fields.get(self.variables["input"].name(), ())
        self.pool = DescriptorPool()
        for module in (struct_pb2, timestamp_pb2):
            self.pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        self.pool.AddSerializedFile(self._file.SerializeToString())

    def _of(self, schema: Json) -> _Type:
        if not isinstance(schema, Mapping):
            return _DYNAMIC
        if "$ref" in schema:
            return self._of_pointer(schema["$ref"])
        if any(key in schema for key in _SUBSCHEMAS):
            return _DYNAMIC
        kind = schema.get("type", "object" if "properties" in schema else None)
        if kind == "object":
            return self._of_object(schema)
        if kind == "array":
            return self._of_array(schema)
        return _Type(_SCALARS[kind]) if isinstance(kind, str) and kind in _SCALARS else _DYNAMIC

    def _of_object(self, schema: Mapping[str, Any]) -> _Type:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or not properties or len(properties) > _MOST_FIELDS:
            return _Type(message=_MAP)
        open_ended = schema.get("additionalProperties", False) is not False or "patternProperties" in schema
        if open_ended or not all(_IDENTIFIER.fullmatch(name) for name in properties):
            return _Type(message=_MAP)
        return self._message({name: self._of(value) for name, value in properties.items()})

    def _of_array(self, schema: Mapping[str, Any]) -> _Type:
        element = self._of(schema.get("items"))
        return _Type(message=_LIST, repeated=True) if element.repeated else element._replace(repeated=True)

    def _of_pointer(self, pointer: Json) -> _Type:
        """Resolve a `$ref`, each once; one that leads back to itself is dynamic."""
        if not isinstance(pointer, str):
            return _DYNAMIC
        if pointer not in self._by_pointer:
            self._by_pointer[pointer] = _DYNAMIC
            self._by_pointer[pointer] = self._of(_resolve(self._schema, pointer))
        return self._by_pointer[pointer]

    def _message(self, fields: Mapping[str, _Type]) -> _Type:
        name = f"M{len(self._file.message_type) + 1}"
        message = self._file.message_type.add(name=name)
        # Otherwise `a_b` and `aB`, which are one name in protobuf's own JSON, could not stand side by side.
        message.options.deprecated_legacy_json_field_conflicts = True
        for number, (field_name, kind) in enumerate(fields.items(), 1):
            field = message.field.add(name=field_name, number=number)
            field.label = _FIELD.LABEL_REPEATED if kind.repeated else _FIELD.LABEL_OPTIONAL
            if kind.scalar is None:
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, kind.message
            else:
                field.type = kind.scalar  # type: ignore[assignment]  # an enum's value is an int
        self.fields[f"{_PACKAGE}.{name}"] = tuple(fields)
        return _Type(message=f".{_PACKAGE}.{name}")


def _variable(kind: _Type) -> Any:
    if kind.scalar is not None or kind.repeated or kind.message == _ANY:
        return cel.Type.DYN  # an input that is no object: the schema cannot be met, and says so elsewhere
    if kind.message == _MAP:
        return cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.Type(kind.message.removeprefix("."))


def _resolve(schema: Json, pointer: str) -> Json:
    """Return what a JSON pointer such as `#/definitions/card` leads to inside the schema, or `None`."""
    if not pointer.startswith("#"):
        return None
    found = schema
    for step in pointer[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
