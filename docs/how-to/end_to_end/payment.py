"""Payment: moves money from a customer's account to the shop's, and back."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from ledger import Refusal
from orders import BALANCES, SHOP
from web import serve

TABLES = """
CREATE TABLE IF NOT EXISTS accounts (owner TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
CREATE TABLE IF NOT EXISTS charges (id INTEGER PRIMARY KEY, key TEXT, customer TEXT, amount INTEGER);
"""
OPENING = "INSERT OR IGNORE INTO accounts VALUES (?, ?)", BALANCES


def move(db: Connection, amount: int, giver: str, taker: str) -> bool:
    """Move money, and return whether there was that much."""
    taken = db.execute(
        "UPDATE accounts SET balance = balance - ? WHERE owner = ? AND balance >= ?", (amount, giver, amount)
    )
    if taken.rowcount:
        db.execute("UPDATE accounts SET balance = balance + ? WHERE owner = ?", (amount, taker))
    return bool(taken.rowcount)


def charge(db: Connection, key: str, order: dict[str, Any]) -> dict[str, Any]:
    """Take the customer's money."""
    if not move(db, order["amount"], order["customer"], SHOP):
        raise Refusal(402, "CardDeclined", f"{order['customer']} does not have that much")
    row = db.execute("INSERT INTO charges VALUES (NULL, ?, ?, ?)", (key, order["customer"], order["amount"]))
    return {"charge": row.lastrowid}


def refund(db: Connection, undoes: str) -> None:
    """Give back what was taken, if anything was."""
    for customer, amount in db.execute("SELECT customer, amount FROM charges WHERE key = ?", (undoes,)).fetchall():
        move(db, amount, SHOP, customer)
    db.execute("DELETE FROM charges WHERE key = ?", (undoes,))


if __name__ == "__main__":
    serve("payment", TABLES, OPENING, actions={"charge": charge}, undos={"refund": refund})
