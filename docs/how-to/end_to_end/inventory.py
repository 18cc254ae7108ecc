"""Inventory: reserves goods, and puts them back."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from ledger import Refusal
from orders import STOCK
from web import serve

TABLES = """
CREATE TABLE IF NOT EXISTS stock (product TEXT PRIMARY KEY, on_hand INTEGER NOT NULL CHECK (on_hand >= 0));
CREATE TABLE IF NOT EXISTS reservations (id INTEGER PRIMARY KEY, key TEXT, product TEXT, quantity INTEGER);
"""
OPENING = "INSERT OR IGNORE INTO stock VALUES (?, ?)", STOCK


def reserve(db: Connection, key: str, order: dict[str, Any]) -> dict[str, Any]:
    """Take the goods off the shelf."""
    product, quantity = order["product"], order["quantity"]
    taken = db.execute(
        "UPDATE stock SET on_hand = on_hand - ? WHERE product = ? AND on_hand >= ?", (quantity, product, quantity)
    )
    if not taken.rowcount:
        raise Refusal(409, "OutOfStock", f"there is not that much {product}")
    row = db.execute("INSERT INTO reservations VALUES (NULL, ?, ?, ?)", (key, product, quantity))
    return {"reservation": row.lastrowid}


def release(db: Connection, undoes: str) -> None:
    """Put back what was reserved, if anything was."""
    for product, quantity in db.execute(
        "SELECT product, quantity FROM reservations WHERE key = ?", (undoes,)
    ).fetchall():
        db.execute("UPDATE stock SET on_hand = on_hand + ? WHERE product = ?", (quantity, product))
    db.execute("DELETE FROM reservations WHERE key = ?", (undoes,))


if __name__ == "__main__":
    serve("inventory", TABLES, OPENING, actions={"reserve": reserve}, undos={"release": release})
