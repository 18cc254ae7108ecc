"""Notification: writes to the customer. It is a Python service, in the worker itself; all workers share its ledger."""

from __future__ import annotations

import functools
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from ledger import Ledger

from sagadsl import ActionContext, Services

TABLES = "CREATE TABLE IF NOT EXISTS letters (id INTEGER PRIMARY KEY, key TEXT, customer TEXT, parcel INTEGER);"

services = Services()


@functools.cache
def _ledger() -> Ledger:
    return Ledger(Path("notification.db"), TABLES)


@services.action("notification.send")
def send(customer: str, parcel: int, context: ActionContext) -> dict[str, Any]:
    """Write a letter."""

    def write(db: Connection) -> dict[str, Any]:
        row = db.execute("INSERT INTO letters VALUES (NULL, ?, ?, ?)", (context.idempotency_key, customer, parcel))
        return {"letter": row.lastrowid}

    return _ledger().do(context.idempotency_key, write)
