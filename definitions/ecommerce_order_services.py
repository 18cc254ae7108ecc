"""Services for `ecommerce_order`: a shop's orders and prices, its stock, and its customers' balances.

An order that completes, and one that customer_2, who has 500 dollars, cannot pay:

    sagadsl run definitions/ecommerce_order.yaml --services definitions/ecommerce_order_services.py \
        --input '{"customer_id": "customer_1", "product_id": "product_1", "quantity": 3}'
    sagadsl run definitions/ecommerce_order.yaml --services definitions/ecommerce_order_services.py \
        --input '{"customer_id": "customer_2", "product_id": "product_2", "quantity": 30}'
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, ActionError, Services

services = Services()

prices = {"product_1": Decimal("9.99"), "product_2": Decimal("25.00")}
ledger = Ledger(
    {
        "stock": {"product_1": 100, "product_2": 50},
        "customer_1": {"USD": 1000},
        "customer_2": {"USD": 500},
    }
)
orders = Register()


@services.action("orders.create")
def create(customer_id: str, product_id: str, quantity: int, context: ActionContext) -> dict[str, Any]:
    if product_id not in prices:
        raise ActionError("UnknownProduct", f"the shop does not sell {product_id}", retryable=False)
    total = prices[product_id] * quantity
    order = orders.enter(context, "order", customer=customer_id, product=product_id, quantity=quantity, total=total)
    return {"order_id": order, "total": float(total)}


@services.action("orders.cancel")
def cancel(context: ActionContext) -> dict[str, bool]:
    return {"cancelled": orders.withdraw(context)}


@services.action("inventory.reserve")
def reserve(order_id: str, product_id: str, quantity: int, context: ActionContext) -> dict[str, str]:
    orders.find(order_id)
    ledger.post(context, Move(Decimal(quantity), product_id, "stock", order_id, shortage="OutOfStock"))
    return {"reserved_for": order_id}


@services.action("inventory.release")
def release(context: ActionContext) -> dict[str, bool]:
    return {"released": ledger.reverse(context)}


@services.action("payments.charge")
def charge(customer_id: str, order_id: str, amount: float, context: ActionContext) -> dict[str, str]:
    orders.find(order_id)
    return {"payment_id": f"payment-{ledger.post(context, Move(money(amount), 'USD', customer_id, 'shop'))}"}


@services.action("payments.refund")
def refund(context: ActionContext) -> dict[str, bool]:
    return {"refunded": ledger.reverse(context)}
