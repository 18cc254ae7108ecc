"""The shop on the morning of the sale: what is on the shelves, what customers have, and what they order."""

from __future__ import annotations

from typing import TypedDict

PRICES = {"tea": 450, "coffee": 890, "cocoa": 620, "honey": 1150, "saffron": 3900}
STOCK = {"tea": 300, "coffee": 500, "cocoa": 500, "honey": 250, "saffron": 0}
SHOP = "the shop"
CUSTOMERS = [f"customer {n}" for n in range(1, 24)]
BALANCES = {SHOP: 0, **dict.fromkeys(CUSTOMERS, 45_000), "customer 23": 0}
UNKNOWN_ADDRESS = "Atlantis"


class Order(TypedDict):
    """The input of the saga; `amount` is in cents."""

    customer: str
    product: str
    quantity: int
    amount: int
    address: str


def order(number: int) -> Order:
    """Return an order, the same one for the same number."""
    product = list(PRICES)[number % len(PRICES)]
    quantity = 1 + number // len(PRICES) % 3
    return {
        "customer": CUSTOMERS[number % len(CUSTOMERS)],
        "product": product,
        "quantity": quantity,
        "amount": quantity * PRICES[product],
        "address": UNKNOWN_ADDRESS if number % 21 == 0 else f"{number} Station Road",
    }


def id_of(number: int) -> str:
    """Return the id of an order's saga. Whoever places the order twice has placed it once."""
    return f"order-{number:04}"
