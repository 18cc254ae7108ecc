"""Services for `account_opening`: identities, a credit bureau, a bank's accounts and its blank cards.

An account that is opened, and an applicant who cannot pay the deposit, so that the bonus is withdrawn and the
file is discarded:

    sagadsl run definitions/account_opening.yaml --services definitions/account_opening_services.py \
        --input '{"applicant": {"id": "ada", "country": "GB"}, "deposit": 1500, "services": ["statements"]}'
    sagadsl run definitions/account_opening.yaml --services definitions/account_opening_services.py \
        --input '{"applicant": {"id": "ada", "country": "GB"}, "deposit": 9000, "services": ["statements"]}'
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, ActionError, Services

services = Services()

ledger = Ledger(
    {
        "ada": {"EUR": 5000},
        "bob": {"EUR": 300},
        "eve": {"EUR": 800},
        "marketing": {"EUR": 100},
        "card_stock": {"card": 3},
        "card_factory": {"card": 1000},
    }
)
scores = {"ada": 810, "bob": 560, "eve": 310}
embargo = frozenset({"XX"})
files, accounts, subscriptions = Register(), Register(), Register()


@services.action("kyc.verify")
def verify(applicant: str, country: str, context: ActionContext) -> dict[str, str]:
    if country in embargo:
        return {"verdict": "embargo"}
    if not ledger.knows(applicant):
        return {"verdict": "unknown"}
    return {"verdict": "verified", "file": files.enter(context, "file", applicant=applicant, country=country)}


@services.action("kyc.discard_file")
def discard_file(context: ActionContext) -> dict[str, bool]:
    return {"discarded": files.withdraw(context)}


@services.action("credit.score")
async def score(applicant: str) -> dict[str, int]:
    if applicant not in scores:
        raise ActionError("NoCreditFile", f"the bureau knows nothing of {applicant}", retryable=False)
    return {"score": scores[applicant]}


@services.action("offers.grant_bonus")
def grant_bonus(applicant: str, bonus: int, context: ActionContext) -> dict[str, int]:
    ledger.post(context, Move(money(bonus), "EUR", "marketing", f"bonus of {applicant}", shortage="BudgetSpent"))
    return {"bonus": bonus}


@services.action("offers.withdraw_bonus")
def withdraw_bonus(context: ActionContext) -> dict[str, bool]:
    return {"withdrawn": ledger.reverse(context)}


@services.action("accounts.open")
def open_account(applicant: str, deposit: float, tier: str, file: str, context: ActionContext) -> dict[str, str]:
    files.find(file)
    ledger.post(context, Move(money(deposit), "EUR", applicant, f"account of {applicant}"))
    return {"account": accounts.enter(context, "account", holder=applicant, tier=tier)}


@services.action("accounts.close")
def close(context: ActionContext) -> dict[str, bool]:
    accounts.withdraw(context)
    return {"closed": ledger.reverse(context)}


@services.action("cards.issue")
def issue(account: str, number: int, context: ActionContext) -> dict[str, Any]:
    accounts.find(account)
    ledger.post(context, Move(Decimal(number), "card", "card_stock", account, shortage="OutOfCards"))
    return {"cards": number}


@services.action("cards.destroy")
def destroy(context: ActionContext) -> dict[str, bool]:
    """Take the cards back; the chips are wiped, and the blanks can be used again."""
    return {"destroyed": ledger.reverse(context)}


def deliver_cards(number: int, context: ActionContext) -> None:
    """Fill up the stock of blank cards, as the operator does before sending the signal `cards_delivered`."""
    ledger.post(context, Move(Decimal(number), "card", "card_factory", "card_stock", shortage="NotProduced"))


@services.action("banking.enable")
def enable(account: str, services: list[str], context: ActionContext) -> dict[str, str]:
    accounts.find(account)
    return {"subscription": subscriptions.enter(context, "subscription", account=account, services=services)}


@services.action("banking.disable")
def disable(context: ActionContext) -> dict[str, bool]:
    return {"disabled": subscriptions.withdraw(context)}
