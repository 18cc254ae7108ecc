"""A saga's row in the listing as JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sagadsl.language.definition import Json
    from sagadsl.runtime.store.contract import SagaRow


def to_json(row: SagaRow, last_event_at: float | None = None) -> dict[str, Json]:
    """Return the row as JSON data; times are seconds since 1970.

    The row is written when the saga's status changes, and not with every event; `last_event_at` is from the log.
    """
    error: Json = None
    if row.error_code is not None:
        error = {"code": row.error_code, "message": row.error_message or "", "state": row.error_state}
    return {
        "saga_id": row.id,
        "name": row.name,
        "version": row.version,
        "hash": row.hash,
        "status": row.status,
        "key": row.key,
        "parent": row.parent,
        "created_at": row.created_at,
        "status_since": row.updated_at,
        "last_event_at": last_event_at,
        "ended_at": row.ended_at,
        "deadline": row.deadline,
        "wake_at": row.wake_at,
        "owner": row.owner,
        "error": error,
    }
