"""Where a page of sagas ended, as text that is nobody else's business."""

from __future__ import annotations

import base64
import json

from sagadsl.runtime.store.contract import SagaRow


def cursor_of(row: SagaRow) -> str:
    """Return the cursor behind a saga."""
    return base64.urlsafe_b64encode(json.dumps([row.created_at, row.id]).encode()).decode()


def read_cursor(text: str) -> tuple[float, str]:
    """Return when the last saga of a page was started, and its id.

    Raises:
        ValueError: The text is no cursor.
    """
    try:
        created_at, saga_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        return float(created_at), str(saga_id)
    except (ValueError, TypeError):
        raise ValueError(f"{text!r} is no cursor: give the `after` of an earlier page, as it was") from None
