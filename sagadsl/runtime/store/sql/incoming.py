"""Many rows in one statement: they come as one JSON text, which the database takes apart.

A statement for each row would cost a round trip to PostgreSQL, and in SQLite a wait for Python's lock, which the
event loop is likely to hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ClauseElement,
    Connection,
    Dialect,
    Subquery,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.types import TypeEngine

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def incoming(dialect: Dialect, columns: Mapping[str, TypeEngine[Any]]) -> Subquery:
    """Return the rows of the parameter `rows` as a table; the column `position` counts them."""
    return (_from_sqlite if dialect.name == "sqlite" else _from_postgresql)(columns)


def rows(values: Sequence[Any]) -> str:
    """Return the parameter `rows` for a list of rows, each of which is a list of its columns."""
    return _encode(values)


def _from_sqlite(columns: Mapping[str, TypeEngine[Any]]) -> Subquery:
    raw = func.json_each(bindparam("rows", type_=Text)).table_valued("key", "value", name="raw")
    taken = [
        func.json_extract(raw.c.value, literal_column(f"'$[{index}]'"), type_=kind).label(name)
        for index, (name, kind) in enumerate(columns.items())
    ]
    return select(raw.c.key.label("position"), *taken).subquery("incoming")


def _from_postgresql(columns: Mapping[str, TypeEngine[Any]]) -> Subquery:
    array = func.json_array_elements(cast(bindparam("rows", type_=Text), JSON))
    raw = array.table_valued("value", with_ordinality="position", name="raw").render_derived()
    taken = [
        cast(raw.c.value.op("->>")(literal_column(str(index))), kind).label(name)
        for index, (name, kind) in enumerate(columns.items())
    ]
    return select(raw.c.position, *taken).subquery("incoming")


class Prepared:
    """A statement that has been compiled once. It takes and gives plain values, as its columns are."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._fixed: dict[str, Any] = dict(compiled.params)  # such as a LIMIT
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def run(self, connection: Connection, **values: Any) -> Any:
        """Execute it and return the result."""
        given = self._fixed | values
        parameters = given if self._order is None else tuple(given[name] for name in self._order)
        return connection.exec_driver_sql(self._text, parameters)
