"""Services for `ship_order`: customers' purses, a warehouse, and a lorry with room for 60 pieces.

An order that completes, and one for which the lorry has no room, so that goods and money are released:

    sagadsl run definitions/ship_order.yaml --services definitions/ship_order_services.py \
        --input '{"order": {"customer": "customer_1", "product": "product_1", "quantity": 4, "price": 12.5}}'
    sagadsl run definitions/ship_order.yaml --services definitions/ship_order_services.py \
        --input '{"order": {"customer": "customer_1", "product": "product_1", "quantity": 80, "price": 10.0}}'
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, ActionError, Services

services = Services()

ledger = Ledger(
    {
        "warehouse": {"product_1": 100, "product_2": 50},
        "customer_1": {"USD": 1000},
        "customer_2": {"USD": 500},
        "lorry": {"room": 60},
    }
)
waybills = Register()


@services.action("payments.reserve")
def reserve_payment(customer: str, amount: float, context: ActionContext) -> dict[str, Any]:
    sum_held = money(amount)
    number = ledger.post(context, Move(sum_held, "USD", customer, "held"))
    return {"hold": {"id": f"hold-{number}", "amount": float(sum_held)}}


@services.action("inventory.reserve")
def reserve_goods(product: str, quantity: int, context: ActionContext) -> dict[str, str]:
    number = ledger.post(context, Move(Decimal(quantity), product, "warehouse", "reserved", shortage="OutOfStock"))
    return {"reservation": f"reservation-{number}"}


@services.action("carrier.ship")
def ship(order: dict[str, Any], payment: dict[str, Any], goods: str, context: ActionContext) -> dict[str, str]:
    """Load the goods and collect the money that was held for them; the carrier is paid on dispatch."""
    pieces = Decimal(order["quantity"])
    try:
        ledger.post(
            context,
            Move(pieces, "room", "lorry", "taken", shortage="NoRoom"),
            Move(pieces, order["product"], "reserved", "shipped", shortage="NotReserved"),
            Move(money(payment["amount"]), "USD", "held", "shop"),
        )
    except ActionError as error:
        if error.code == "NoRoom":
            return {"answer": "refused"}
        raise
    waybill = waybills.enter(context, "waybill", to=order["customer"], goods=goods, hold=payment["id"])
    return {"answer": "accepted", "waybill": waybill}


@services.action("carrier.recall")
def recall(context: ActionContext) -> dict[str, bool]:
    waybills.withdraw(context)
    return {"recalled": ledger.reverse(context)}


def _release(context: ActionContext) -> dict[str, bool]:
    return {"released": ledger.reverse(context)}


services.action("payments.release")(_release)
services.action("inventory.release")(_release)
