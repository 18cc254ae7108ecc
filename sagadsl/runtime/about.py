"""What a log record is about, for its `extra`: the names are those of `observe.logs.FIELDS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagadsl.machine.events import Event
from sagadsl.machine.saga import Saga
from sagadsl.runtime.store.contract import SagaRow

_WHERE: Mapping[str, str] = {"state": "step", "execution": "execution", "attempt": "attempt", "region": "region"}


def about(saga: Saga, event: Event | None = None) -> dict[str, Any]:
    """Return which saga a record is about and, with an event, which step and attempt; nothing that may be sensitive."""
    definition = saga.definition
    data: dict[str, Any] = {"saga_id": saga.id, "saga": definition.name, "version": definition.version}
    if event is not None:
        data |= {"event": type(event).__name__, "seq": event.seq}
        found = ((name, getattr(event, field, "")) for field, name in _WHERE.items())
        data.update((name, value) for name, value in found if value != "")
    return data


def about_row(row: SagaRow) -> dict[str, Any]:
    """Return which saga a record is about that is known from the store alone."""
    return {"saga_id": row.id, "saga": row.name, "version": row.version, "status": row.status}
