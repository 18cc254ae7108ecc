"""Services for `order_processing`: a warehouse, a payment gateway, a carrier and a mail room.

One order that completes, and one that the customer cannot pay, so that the goods go back on the shelf:

    sagadsl run definitions/order_processing.yaml --services definitions/order_processing_services.py \
        --input '{"customer_id": "customer_1", "product_id": "product_1", "quantity": 2, "amount": 99.99}'
    sagadsl run definitions/order_processing.yaml --services definitions/order_processing_services.py \
        --input '{"customer_id": "customer_2", "product_id": "product_2", "quantity": 5, "amount": 750.0}'
"""

from __future__ import annotations

from decimal import Decimal

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, Services

services = Services()

ledger = Ledger(
    {
        "warehouse": {"product_1": 100, "product_2": 50},
        "customer_1": {"USD": 1000},
        "customer_2": {"USD": 500},
        "customer_3": {"USD": 5000},
    }
)
register = Register()
watch_list = frozenset({"customer_3"})


@services.action("inventory.reserve")
def reserve(product_id: str, quantity: int, context: ActionContext) -> dict[str, str]:
    move = Move(Decimal(quantity), product_id, "warehouse", "reserved", shortage="OutOfStock")
    return {"reservation_id": f"reservation-{ledger.post(context, move)}"}


@services.action("inventory.release")
def release(context: ActionContext) -> dict[str, bool]:
    return {"released": ledger.reverse(context)}


@services.action("fraud.screen")
def screen(customer_id: str) -> dict[str, bool]:
    return {"suspicious": customer_id in watch_list}


@services.action("payment.charge")
def charge(customer_id: str, amount: float, reference: str, context: ActionContext) -> dict[str, str]:
    number = ledger.post(context, Move(money(amount), "USD", customer_id, "shop"))
    return {"transaction_id": f"transaction-{number}", "reference": reference}


@services.action("payment.refund")
def refund(context: ActionContext) -> dict[str, bool]:
    return {"refunded": ledger.reverse(context)}


@services.action("shipping.create_shipment")
def create_shipment(
    reservation_id: str, product_id: str, quantity: int, recipient: str, context: ActionContext
) -> dict[str, str]:
    ledger.post(context, Move(Decimal(quantity), product_id, "reserved", "dispatched", shortage="NotReserved"))
    shipment = register.enter(context, "shipment", reservation=reservation_id, recipient=recipient)
    return {"shipment_id": shipment}


@services.action("notification.send")
async def send(to: str, text: str, context: ActionContext) -> dict[str, str]:
    return {"message_id": register.enter(context, "message", to=to, text=text)}
