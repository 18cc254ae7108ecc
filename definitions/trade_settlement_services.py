"""Services for `trade_settlement`: a market's rules, a custodian, and the books of positions and clearing.

A trade that settles, and one that the buyer cannot pay, so that the securities leave custody again:

    sagadsl run definitions/trade_settlement.yaml --services definitions/trade_settlement_services.py \
        --input '{"trade_id": "T1", "buyer": "fund_a", "seller": "fund_b",
                  "security": "ACME", "quantity": 40, "price": 101.25}'
    sagadsl run definitions/trade_settlement.yaml --services definitions/trade_settlement_services.py \
        --input '{"trade_id": "T2", "buyer": "fund_b", "seller": "fund_a",
                  "security": "GLOBEX", "quantity": 200, "price": 55}'
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, Services

services = Services()

ledger = Ledger(
    {
        "fund_a": {"USD": 50000, "GLOBEX": 300},
        "fund_b": {"USD": 2000, "ACME": 100},
    }
)
tradable = frozenset({"ACME", "GLOBEX"})
positions, clearings = Register(), Register()


@services.action("trades.validate")
async def validate(buyer: str, seller: str, security: str) -> dict[str, Any]:
    """Name every rule that the trade breaks, none for a good trade."""
    rules = {
        f"{security} is not traded here": security in tradable,
        "buyer and seller are the same": buyer != seller,
        f"{buyer} is not a member": ledger.knows(buyer),
        f"{seller} is not a member": ledger.knows(seller),
    }
    objections = [objection for objection, kept in rules.items() if not kept]
    return {"valid": not objections, "objections": objections}


@services.action("custody.reserve_securities")
def reserve_securities(seller: str, security: str, quantity: int, context: ActionContext) -> dict[str, str]:
    move = Move(Decimal(quantity), security, seller, "custody", shortage="InsufficientSecurities")
    return {"reservation": f"securities-{ledger.post(context, move)}"}


@services.action("custody.reserve_cash")
def reserve_cash(buyer: str, value: float, context: ActionContext) -> dict[str, str]:
    return {"reservation": f"cash-{ledger.post(context, Move(money(value), 'USD', buyer, 'custody'))}"}


@services.action("custody.transfer")
def transfer(terms: dict[str, Any], context: ActionContext) -> dict[str, str]:
    """Let securities and cash change hands in one posting, so that neither goes without the other."""
    quantity, value = Decimal(terms["quantity"]), money(terms["value"])
    number = ledger.post(
        context,
        Move(quantity, terms["security"], "custody", terms["buyer"], shortage="NotInCustody"),
        Move(value, "USD", "custody", terms["seller"], shortage="NotInCustody"),
    )
    return {"settlement": f"settlement-{number}"}


@services.action("custody.take_back")
def take_back(trade_id: str, because: str, context: ActionContext) -> dict[str, Any]:
    return {"trade_id": trade_id, "taken_back": _undo(context)["undone"], "because": because}


@services.action("positions.book")
def book(terms: dict[str, Any], context: ActionContext) -> dict[str, str]:
    """Record how the trade changes what each side owns of the security."""
    changes = {terms["buyer"]: terms["quantity"], terms["seller"]: -terms["quantity"]}
    booking = positions.enter(context, "booking", trade=terms["trade_id"], security=terms["security"], changes=changes)
    return {"booking": booking}


@services.action("clearing.clear")
def clear(trade_id: str, settlement: str, context: ActionContext) -> dict[str, str]:
    return {"clearing": clearings.enter(context, "clearing", trade=trade_id, settlement=settlement)}


def _undo(context: ActionContext) -> dict[str, bool]:
    return {"undone": ledger.reverse(context)}


services.action("custody.release_securities")(_undo)
services.action("custody.release_cash")(_undo)
