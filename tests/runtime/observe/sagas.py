"""Sagas with something sensitive in them, and an engine that runs them."""

from __future__ import annotations

from sagadsl import ActionError, Services
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga

CARD, IBAN = "4111111111111111", "DE89370400440532013000"

ORDER = compile_saga(
    load("""\
name: order
version: "7"
sensitive: [input.card.number, states.pay.output.iban]
input:
  type: object
  required: [card, pay]
  properties:
    card: {type: object, required: [number], properties: {number: {type: string}, holder: {type: string}}}
    pay: {type: string}
output: {paid_with: "${input.card.number}", told: "IBAN ${states.pay.output.iban}"}
states:
  book: {service: s, action: book, payload: {n: 1}, compensation: unbook, next: pay}
  pay:
    service: s
    action: pay
    payload: {card: "${input.card.number}", how: "${input.pay}"}
    retry: {max_attempts: 2}
    compensation: refund
    next: done
  done: {type: succeed}
""")
)


def input_with(pay="works"):
    return {"card": {"number": CARD, "holder": "Ada"}, "pay": pay}


def services():
    """Services whose `pay` works, is declined, or fails once."""
    made = Services()
    failed = []

    @made.action("s.book")
    async def book(n: int):
        return {"ref": "b-1"}

    @made.action("s.pay")
    async def pay(card: str, how: str):
        if how == "declined" or (how == "fails once" and not failed):
            failed.append(how)
            raise ActionError("Declined", f"card {card} was declined", retryable=how != "declined")
        return {"iban": IBAN, "note": f"paid by {card}"}

    @made.action("s.unbook")
    async def unbook(): ...

    @made.action("s.refund")
    async def refund(): ...

    return made
