"""Shipping: sends parcels, and stops them."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from ledger import Refusal
from orders import UNKNOWN_ADDRESS
from web import serve

TABLES = "CREATE TABLE IF NOT EXISTS parcels (id INTEGER PRIMARY KEY, key TEXT, product TEXT, quantity INTEGER);"


def ship(db: Connection, key: str, order: dict[str, Any]) -> dict[str, Any]:
    """Send a parcel."""
    if order["address"] == UNKNOWN_ADDRESS:
        raise Refusal(422, "NoSuchAddress", f"there is no {order['address']}")
    row = db.execute("INSERT INTO parcels VALUES (NULL, ?, ?, ?)", (key, order["product"], order["quantity"]))
    return {"parcel": row.lastrowid}


def cancel(db: Connection, undoes: str) -> None:
    """Stop a parcel, if there is one."""
    db.execute("DELETE FROM parcels WHERE key = ?", (undoes,))


if __name__ == "__main__":
    serve("shipping", TABLES, None, actions={"ship": ship}, undos={"cancel": cancel})
