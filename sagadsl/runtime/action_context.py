"""What an action may want to know of the call that it serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may want to know of the call it serves.

    Args:
        saga_id: The saga that calls.
        state: The state whose action, or whose compensation, this is.
        attempt: 1 for the first one.
        idempotency_key: The same for every attempt, so that a repeat can be recognised.
        undoes: In a compensation, the idempotency key of the action to undo; otherwise `None`.
    """

    saga_id: str
    state: str
    attempt: int
    idempotency_key: str
    undoes: str | None = None
