"""Texts with a cursor in them: `▮` stands where it is, and is no part of the text."""

from sagadsl.lsp.positions import Span
from sagadsl.lsp.view import View

CURSOR = "▮"

ORDER = """\
name: order
input:
  type: object
  required: [amount, customer]
  properties:
    amount: {type: number, description: What it costs.}
    customer:
      type: object
      properties: {name: {type: string}, city: {type: string}}
    lines: {type: array, items: {type: object, properties: {sku: {type: string}}}}
start: reserve
states:
  reserve:
    description: Put it aside.
    service: stock
    action: reserve
    payload: {amount: "${input.amount}"}
    compensation: release
    next: check
  check:
    type: choice
    choices:
      - when: input.amount > 100.0 && states.reserve.output.reserve != 'reserve'
        next: pay
    default: done
  pay:
    service: bank
    action: charge
    kind: pivot
    payload:
      reserve: "🙂 ${states.reserve.output.id} reserve ${states.reserve.output.slot}"
    catch:
      - {errors: [CardDeclined], next: done}
    next: done
  done: {type: succeed, output: {id: "${states.pay.output.id}"}}
"""


def split(text: str) -> tuple[str, int]:
    """Return a text without its cursor, and where that was."""
    assert text.count(CURSOR) == 1
    return text.replace(CURSOR, ""), text.index(CURSOR)


def viewed(text: str) -> tuple[View, int]:
    """Return a text as it is read, and where its cursor was."""
    plain, offset = split(text)
    return View(plain, "order.yaml"), offset


def in_order(before: str, after: str = "") -> str:
    """Return `ORDER` with the cursor behind the first `before` (and in front of `after`)."""
    assert before + after in ORDER
    return ORDER.replace(before + after, before + CURSOR + after, 1)


def words(view: View, spans: list[Span]) -> list[str]:
    """Return the characters of spans."""
    return [view.text[span.start : span.end] for span in spans]
