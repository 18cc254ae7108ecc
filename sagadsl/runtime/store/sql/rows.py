"""Events and rows as columns, and columns as events and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row

from sagadsl.machine.events import Event, from_json, to_json
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import EngineRow, Letter, SagaRow, StoredDefinition, StoreError
from sagadsl.runtime.store.encryption import PLAIN, Codec
from sagadsl.runtime.store.sql.plain import dumps, from_column, loads, to_column

Columns: TypeAlias = list[Any]


def event_text(saga_id: str, event: Event, codec: Codec = PLAIN) -> str:
    """Return an event as its column has it; so is `saga_id`."""
    return codec.seal(dumps(to_json(event)), saga_id)


def event_columns(saga_id: str, event: Event, codec: Codec = PLAIN) -> Columns:
    """Return an event as a row of `sagadsl_events`. `saga_id` is as its column has it."""
    return [saga_id, event.seq, event.at, event_text(saga_id, event, codec)]


def event_from(data: str, saga_id: str, codec: Codec = PLAIN) -> Event:
    """Return the event of a row of `sagadsl_events`.

    Raises:
        StoreError: It is none, or cannot be decrypted.
    """
    text = codec.open(data, saga_id)
    try:
        return from_json(loads(text))
    except (ValueError, TypeError) as error:
        raise StoreError(f"the store holds an event that cannot be read: {error}; restore it from a backup") from error


def saga_columns(row: SagaRow) -> Columns:
    """Return a saga's row as `sagadsl_sagas` has it, in the order of its columns; `holds_key` is the last."""
    return [
        to_column(row.id),
        to_column(row.name),
        to_column(row.version),
        row.hash,
        row.status,
        row.created_at,
        row.updated_at,
        row.ended_at,
        None if row.key is None else to_column(row.key),
        row.deadline,
        None if row.error_code is None else to_column(row.error_code),
        None if row.error_message is None else to_column(row.error_message),
        None if row.error_state is None else to_column(row.error_state),
        None if row.parent is None else to_column(row.parent),
        row.owner,
        row.wake_at,
        int(row.key is not None and row.status not in SAGA.final),
    ]


def saga_row(columns: Row[Any] | Sequence[Any]) -> SagaRow:
    """Return the saga's row of the columns `tables.ROW`."""
    values: list[Any] = [from_column(value) if isinstance(value, str) else value for value in columns]
    return SagaRow(*values)


def definition_columns(definition: StoredDefinition) -> dict[str, Any]:
    """Return a definition as a row of `sagadsl_definitions`."""
    return {
        "name": to_column(definition.name),
        "version": to_column(definition.version),
        "hash": definition.hash,
        "text": to_column(definition.text),
        "saved_at": definition.saved_at,
    }


def definition_from(row: Row[Any]) -> StoredDefinition:
    """Return the definition of a row."""
    return StoredDefinition(
        from_column(row.name), from_column(row.version), row.hash, from_column(row.text), row.saved_at
    )


def engine_columns(engine: EngineRow) -> dict[str, Any]:
    """Return an engine as a row of `sagadsl_engines`."""
    return {
        "id": engine.id,
        "host": to_column(engine.host),
        "process": to_column(engine.process),
        "joined_at": engine.joined_at,
        "beat": engine.beat,
        "actions": None if engine.actions is None else dumps([*engine.actions]),
    }


def engine_from(row: Row[Any]) -> EngineRow:
    """Return the engine of a row."""
    actions = None if row.actions is None else tuple(loads(row.actions))
    return EngineRow(row.id, from_column(row.host), from_column(row.process), row.joined_at, row.beat, actions)


def letter_from(row: Any) -> Letter:
    """Return the letter of a row."""
    return Letter(row.id, from_column(row.saga_id), loads(row.body))
