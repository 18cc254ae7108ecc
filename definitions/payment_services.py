"""Services for `payment`: users and merchants with accounts, and a payment network with limits.

A payment that completes, and one above the network's limit of 500, whose reservation is released again:

    sagadsl run definitions/payment.yaml --services definitions/payment_services.py \
        --input '{"user_id": "user_1", "merchant_id": "merchant_1", "amount": 120.5, "currency": "USD"}'
    sagadsl run definitions/payment.yaml --services definitions/payment_services.py \
        --input '{"user_id": "user_1", "merchant_id": "merchant_1", "amount": 750.0, "currency": "USD"}'
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, ActionError, Services

RESERVATION_LIMIT = Decimal(1000)
NETWORK_LIMIT = Decimal(500)

services = Services()

ledger = Ledger(
    {
        "user_1": {"USD": 2000, "EUR": 300},
        "user_2": {"USD": 400},
        "user_3": {"USD": 900},
    }
)
users: dict[str, dict[str, str]] = {
    "user_1": {"status": "active", "email": "user_1@example.com"},
    "user_2": {"status": "active"},  # has left no address, so cannot be notified
    "user_3": {"status": "blocked", "email": "user_3@example.com"},
}
merchants = frozenset({"merchant_1", "merchant_2"})
mailbox = Register()


@services.action("users.look_up")
def look_up(user_id: str) -> dict[str, str]:
    if user_id not in users:
        raise ActionError("UnknownUser", f"nobody is called {user_id}", retryable=False)
    return {"user_id": user_id, **users[user_id]}


@services.action("funds.reserve")
def reserve(user_id: str, amount: float, currency: str, context: ActionContext) -> dict[str, str]:
    reserved = _within(RESERVATION_LIMIT, amount, "a reservation")
    return {"reservation_id": f"reservation-{ledger.post(context, Move(reserved, currency, user_id, 'reserved'))}"}


@services.action("funds.release")
def release(context: ActionContext) -> dict[str, bool]:
    return {"released": ledger.reverse(context)}


@services.action("network.process")
def process(reservation_id: str, amount: float, currency: str, context: ActionContext) -> dict[str, str]:
    paid = _within(NETWORK_LIMIT, amount, "a payment")
    number = ledger.post(context, Move(paid, currency, "reserved", "clearing"))
    return {"authorisation": f"authorisation-{number}", "reservation_id": reservation_id}


@services.action("network.reverse")
def reverse(authorisation: str, reason: str, context: ActionContext) -> dict[str, Any]:
    return {"reversed": ledger.reverse(context), "authorisation": authorisation, "reason": reason}


@services.action("merchants.credit")
def credit(merchant_id: str, amount: float, currency: str, context: ActionContext) -> dict[str, float]:
    if merchant_id not in merchants:
        raise ActionError("UnknownMerchant", f"no merchant is called {merchant_id}", retryable=False)
    credited = money(amount)
    ledger.post(context, Move(credited, currency, "clearing", merchant_id))
    return {"amount": float(credited)}


@services.action("merchants.debit")
def debit(context: ActionContext) -> dict[str, bool]:
    return {"debited": ledger.reverse(context)}


@services.action("notifications.send")
async def send(user_id: str, text: str, context: ActionContext) -> dict[str, str]:
    address = users[user_id].get("email")
    if address is None:
        raise ActionError("NoAddress", f"{user_id} has left no e-mail address", retryable=False)
    return {"message_id": mailbox.enter(context, "message", to=address, text=text)}


def _within(limit: Decimal, amount: float, what: str) -> Decimal:
    exact = money(amount)
    if exact > limit:
        raise ActionError("LimitExceeded", f"{what} is at most {limit}, not {exact}", retryable=False)
    return exact
