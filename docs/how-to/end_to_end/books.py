"""Compares the ledgers with the sagas: does each say that exactly the same orders were carried out?"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from orders import BALANCES, SHOP, STOCK, Order, id_of, order

from sagadsl.runtime import SagaRow
from sagadsl.runtime.store.opening import open_store

LEDGERS = ("inventory", "payment", "shipping", "notification")
WHAT_STANDS = {
    "inventory": ("reserve", "SELECT key, product, quantity FROM reservations"),
    "payment": ("charge", "SELECT key, customer, amount FROM charges"),
    "shipping": ("ship", "SELECT key, product, quantity FROM parcels"),
    "notification": ("notify", "SELECT key, customer FROM letters"),
}
"""By ledger: the state whose key its entries have, and the entries that have not been undone."""


def read(folder: Path, ledger: str, query: str) -> list[tuple[Any, ...]]:
    """Return rows of a ledger; none where it has never been opened."""
    path = folder / f"{ledger}.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


async def sagas(url: str) -> dict[str, SagaRow]:
    """Return the row of every saga of a store by its id."""
    store = open_store(url)
    await store.open()
    try:
        page = await store.list(limit=1000)
        rows = list(page.sagas)
        while page.after is not None:
            page = await store.list(limit=1000, after=page.after)
            rows += page.sagas
    finally:
        await store.close()
    return {row.id: row for row in rows}


def entry(ledger: str, saga_id: str, placed: Order) -> tuple[str | int, ...]:
    """Return what an order that was carried out should have left in a ledger."""
    key = f"{saga_id}/{WHAT_STANDS[ledger][0]}"
    match ledger:
        case "payment":
            return key, placed["customer"], placed["amount"]
        case "notification":
            return key, placed["customer"]
        case _:
            return key, placed["product"], placed["quantity"]


def ended(rows: Mapping[str, SagaRow], placed: Mapping[str, Order]) -> Iterator[str]:
    """Every order is completed or compensated, and there is no other."""
    for saga_id in sorted(placed.keys() | rows.keys()):
        if saga_id not in rows:
            yield f"{saga_id} is lost"
        elif saga_id not in placed:
            yield f"{saga_id} was ordered by nobody"
        elif rows[saga_id].status not in ("completed", "compensated"):
            yield f"{saga_id} is {rows[saga_id].status}"


def entries_are_right(folder: Path, done: Mapping[str, Order]) -> Iterator[str]:
    """What stands in each ledger is what was ordered, once for each completed order, and nothing else."""
    for ledger, (_, query) in WHAT_STANDS.items():
        there = Counter(read(folder, ledger, query))
        wanted = Counter(entry(ledger, saga_id, placed) for saga_id, placed in done.items())
        for what, count in (there - wanted).items():
            yield f"{ledger}: {what} stands there {count} times too often"
        for what, count in (wanted - there).items():
            yield f"{ledger}: {what} is missing {count} times"


def balances(folder: Path, done: Iterable[Order]) -> Iterator[str]:
    """What is left on the shelves and in the accounts is what was there, less what was sold."""
    shelves, accounts = Counter(STOCK), Counter(BALANCES)
    for placed in done:
        shelves[placed["product"]] -= placed["quantity"]
        accounts[placed["customer"]] -= placed["amount"]
        accounts[SHOP] += placed["amount"]
    yield from _differences("inventory", shelves, dict(read(folder, "inventory", "SELECT product, on_hand FROM stock")))
    yield from _differences("payment", accounts, dict(read(folder, "payment", "SELECT owner, balance FROM accounts")))


def _differences(ledger: str, wanted: Mapping[str, int], there: Mapping[str, int]) -> Iterator[str]:
    for name, amount in wanted.items():
        if there.get(name) != amount:
            yield f"{ledger}: {name} has {there.get(name)}, and should have {amount}"


def close_the_books(folder: Path, count: int) -> int:
    """Print what became of so many orders, and return the exit code: 1 when something is wrong."""
    rows = asyncio.run(sagas(f"sqlite:///{folder.resolve() / 'saga.db'}"))
    placed = {id_of(n): order(n) for n in range(count)}
    done = {i: placed[i] for i, row in rows.items() if row.status == "completed" and i in placed}
    wrong = [*ended(rows, placed), *entries_are_right(folder, done), *balances(folder, done.values())]
    statuses = Counter(row.status for row in rows.values())
    reasons = Counter(row.error_code for row in rows.values() if row.error_code)
    repeats = {name: read(folder, name, "SELECT SUM(repeats) FROM answers")[0][0] or 0 for name in LEDGERS}
    print("sagas     " + ", ".join(f"{status} {n}" for status, n in sorted(statuses.items())))
    print("because   " + ", ".join(f"{reason} {n}" for reason, n in sorted(reasons.items())))
    print("repeats   " + ", ".join(f"{name} {n}" for name, n in repeats.items()))
    print(f"takings   {sum(o['amount'] for o in done.values()) / 100:,.2f}")
    print("\n".join(wrong) if wrong else "the books balance")
    return int(bool(wrong))


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=1000)
    options = parser.parse_args()
    sys.exit(close_the_books(options.folder, options.orders))
