"""Data types → protobuf descriptors, so that CEL's own checker finds misspelt fields and wrong types.

| type                                               | CEL                                  |
|----------------------------------------------------|--------------------------------------|
| an object whose fields are all known               | a message with those fields          |
| a list                                             | a list of its elements' type         |
| `number`, `int`, `text`, `bool`                    | double, int, string, bool            |
| any other object, or a name that is no identifier  | a map of anything                    |
| anything else                                      | anything                             |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2
from google.protobuf.descriptor_pool import DescriptorPool

from sagadsl.language.datatypes import ANY, INT, TEXT, DataType, list_of

PACKAGE = "sagadsl_types"
"""What CEL calls the messages of a definition's types; no expression may name them."""

_ANY = ".google.protobuf.Value"
_LIST = ".google.protobuf.ListValue"
_MAP = ".google.protobuf.Struct"
_TIMESTAMP = ".google.protobuf.Timestamp"
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "number": (_FIELD.TYPE_DOUBLE, cel.Type.DOUBLE),
    "int": (_FIELD.TYPE_INT64, cel.Type.INT),
    "text": (_FIELD.TYPE_STRING, cel.Type.STRING),
    "bool": (_FIELD.TYPE_BOOL, cel.Type.BOOL),
}
_NAMED = {
    "INT": INT,
    "STRING": TEXT,
    "DOUBLE": DataType("number"),
    "BOOL": DataType("bool"),
    "MAP": DataType("object", is_open=True),
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_FIELDS = 10_000  # protobuf keeps the field numbers from 19,000 on to itself


class _Type(NamedTuple):
    """Type of one field: a protobuf scalar's number, or the full name of a message."""

    scalar: int | None = None
    message: str = _ANY
    repeated: bool = False


_TEXT = _Type(_FIELD.TYPE_STRING)


class Types:
    """The CEL types of one definition's variables, each made when it is asked for.

    Attributes:
        pool: Descriptors of the messages, for `cel.NewEnv`.
        saga: CEL type of the variable `saga`.
        error: CEL type of the variable `error`.
        fields: Name of each message → the names of its fields.
    """

    def __init__(self) -> None:
        self.fields: dict[str, tuple[str, ...]] = {}
        self.pool = DescriptorPool()
        for module in (struct_pb2, timestamp_pb2):
            self.pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        self._messages: dict[DataType, _Type] = {}
        self._named: dict[str, DataType] = {}
        self._files: dict[str, str] = {}  # the file that each message stands in
        self._file = self._new_file()
        self.saga = _variable(
            self._message({"id": _TEXT, "name": _TEXT, "version": _TEXT, "started_at": _Type(message=_TIMESTAMP)})
        )
        self.error = _variable(self._message({"code": _TEXT, "message": _TEXT, "state": _TEXT}))
        self._close_file()

    def variable(self, kind: DataType) -> Any:
        """Return the CEL type of a variable of this type."""
        if kind.kind in _SCALARS:
            return _SCALARS[kind.kind][1]
        if kind.kind == "list":
            return cel.Type.List(self.variable(kind.element) if kind.element is not None else cel.Type.DYN)
        made = self._of(kind)
        self._close_file()
        return _variable(made)

    def data_type(self, name: str) -> DataType:
        """Return what the name that CEL has for a type says of a value."""
        if name.startswith("LIST<"):
            return list_of(self.data_type(name[5:-1]))
        if name in self._named:
            return self._named[name]
        return _NAMED.get(name.partition("<")[0], ANY)

    def _of(self, kind: DataType) -> _Type:
        if kind.kind == "object":
            return self._of_object(kind)
        if kind.kind == "list":
            element = _Type() if kind.element is None else self._of(kind.element)
            return _Type(message=_LIST, repeated=True) if element.repeated else element._replace(repeated=True)
        return _Type(_SCALARS[kind.kind][0]) if kind.kind in _SCALARS else _Type()

    def _of_object(self, kind: DataType) -> _Type:
        if kind.is_open or not 0 < len(kind.fields) <= _MOST_FIELDS:
            return _Type(message=_MAP)
        if not all(_IDENTIFIER.fullmatch(name) for name in kind.fields):
            return _Type(message=_MAP)
        if kind not in self._messages:
            made = self._message({name: self._of(value) for name, value in kind.fields.items()})
            self._messages[kind] = made
            self._named[made.message.removeprefix(".")] = kind
        return self._messages[kind]

    def _message(self, fields: Mapping[str, _Type]) -> _Type:
        name = f"M{len(self.fields) + 1}"
        message = self._file.message_type.add(name=name)
        # Otherwise `a_b` and `aB`, which are one name in protobuf's own JSON, could not stand side by side.
        message.options.deprecated_legacy_json_field_conflicts = True
        for number, (field_name, kind) in enumerate(fields.items(), 1):
            field = message.field.add(name=field_name, number=number)
            field.label = _FIELD.LABEL_REPEATED if kind.repeated else _FIELD.LABEL_OPTIONAL
            if kind.scalar is None:
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, kind.message
                self._depend(kind.message)
            else:
                field.type = kind.scalar
        full_name = f".{PACKAGE}.{name}"
        self.fields[full_name.removeprefix(".")] = tuple(fields)
        self._files[full_name] = self._file.name
        return _Type(message=full_name)

    def _depend(self, message: str) -> None:
        file = self._files.get(message, self._file.name)
        if file != self._file.name and file not in self._file.dependency:
            self._file.dependency.append(file)

    def _new_file(self) -> Any:
        name = f"sagadsl{len(self.fields)}.proto"
        file = descriptor_pb2.FileDescriptorProto(name=name, package=PACKAGE, syntax="proto3")
        file.dependency.extend(module.DESCRIPTOR.name for module in (struct_pb2, timestamp_pb2))
        return file

    def _close_file(self) -> None:
        if self._file.message_type:
            self.pool.AddSerializedFile(self._file.SerializeToString())
            self._file = self._new_file()


def _variable(kind: _Type) -> Any:
    if kind.message == _ANY:
        return cel.Type.DYN
    if kind.message == _MAP:
        return cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.Type(kind.message.removeprefix("."))
