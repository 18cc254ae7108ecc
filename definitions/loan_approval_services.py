"""Services for `loan_approval`: a credit bureau, pledged assets, an underwriter, a lending limit.

A loan that is paid out, and one too large for its collateral, so that the house and the papers go back:

    sagadsl run definitions/loan_approval.yaml --services definitions/loan_approval_services.py \
        --input @definitions/inputs/loan_approval.completes.json
    sagadsl run definitions/loan_approval.yaml --services definitions/loan_approval_services.py \
        --input @definitions/inputs/loan_approval.compensates.json
"""

from __future__ import annotations

from decimal import Decimal

from _books import Ledger, Move, Register, money

from sagadsl.runtime.services import ActionContext, ActionError, Services

services = Services()

ledger = Ledger(
    {
        "lending_limit": {"USD": 300000},
        "anna": {"house_1": 1},
        "boris": {"house_2": 1},
        "clara": {"workshop": 1},
        "dora": {"boat": 1},
    }
)
monthly_income = {"anna": 6000, "boris": 4200, "clara": 5000, "dora": 9000}
unpaid_debts = {"anna": 0, "boris": 0, "dora": 2}  # clara is new in the country
papers, loans = Register(), Register()


@services.action("documents.file")
def file(applicant_id: str, documents: list[str], context: ActionContext) -> dict[str, str]:
    if "passport" not in documents:
        raise ActionError("PassportMissing", f"{applicant_id} has shown no passport", retryable=False)
    return {"file": papers.enter(context, "file", applicant=applicant_id, documents=documents)}


@services.action("documents.give_back")
def give_back(context: ActionContext) -> dict[str, bool]:
    return {"given_back": papers.withdraw(context)}


@services.action("bureau.report")
async def report(applicant_id: str) -> dict[str, int]:
    if applicant_id not in unpaid_debts:
        raise ActionError("NoCreditFile", f"the bureau knows nothing of {applicant_id}", retryable=False)
    return {"defaults": unpaid_debts[applicant_id]}


@services.action("underwriting.review")
def review(applicant_id: str, reason: str) -> dict[str, object]:
    return {"recommended": monthly_income.get(applicant_id, 0) >= 3000, "reason": reason}


@services.action("collateral.pledge")
def pledge(applicant_id: str, asset_id: str, context: ActionContext) -> dict[str, str]:
    """Pledge what the applicant owns and has not pledged yet."""
    move = Move(Decimal(1), asset_id, applicant_id, "pledged", shortage="NotTheOwner")
    return {"lien": f"lien-{ledger.post(context, move)}"}


@services.action("collateral.release")
def release(context: ActionContext) -> dict[str, bool]:
    return {"released": ledger.reverse(context)}


@services.action("risk.assess")
def assess(applicant_id: str, loan_to_value: float, monthly_rate: float) -> dict[str, str]:
    """Grade the loan from A (good) to D by its collateral and by what the applicant can pay each month."""
    burden = monthly_rate / monthly_income.get(applicant_id, 1)
    points = (loan_to_value > 0.6) + (loan_to_value > 0.9) + (burden > 0.25) + (burden > 0.5)
    return {"grade": "ABCD"[min(points, 3)]}


@services.action("lending.approve")
def approve(applicant_id: str, amount: float, grade: str, context: ActionContext) -> dict[str, str]:
    """Set the sum aside out of what the bank may still lend."""
    move = Move(money(amount), "USD", "lending_limit", f"approved for {applicant_id}", shortage="LendingLimitReached")
    return {"approval": f"approval-{grade}-{ledger.post(context, move)}"}


@services.action("lending.withdraw")
def withdraw(context: ActionContext) -> dict[str, bool]:
    return {"withdrawn": ledger.reverse(context)}


@services.action("lending.disburse")
def disburse(applicant_id: str, amount: float, approval: str, context: ActionContext) -> dict[str, str]:
    ledger.post(
        context,
        Move(money(amount), "USD", f"approved for {applicant_id}", applicant_id, shortage="NotApproved"),
    )
    return {"loan": loans.enter(context, "loan", applicant=applicant_id, approval=approval)}


@services.action("lending.recall")
def recall(context: ActionContext) -> dict[str, bool]:
    loans.withdraw(context)
    return {"recalled": ledger.reverse(context)}
