"""Every sample definition is without fault, and every sample input ends as the name of its file says."""

import json
import shlex

import pytest

from sagadsl import load
from sagadsl.language.definition import Task
from sagadsl.language.load import check

SCHEMA_LINE = "# yaml-language-server: $schema=../sagadsl/language/saga.schema.json\n"

EFFECTS = {
    "order_processing.completes": "customer_1 -99.99 USD, shop +99.99 USD, "
    "warehouse -2 product_1, dispatched +2 product_1, message, shipment",
    "order_processing.completes-screened": "customer_1 -1000 USD, shop +1000 USD, "
    "warehouse -50 product_2, dispatched +50 product_2, message, shipment",
    "ecommerce_order.completes": "customer_1 -29.97 USD, shop +29.97 USD, "
    "stock -3 product_1, order-1 +3 product_1, order",
    "ecommerce_order.completes-last-cent": "customer_2 -500 USD, shop +500 USD, "
    "stock -20 product_2, order-1 +20 product_2, order",
    "ship_order.completes": "customer_1 -50 USD, shop +50 USD, "
    "warehouse -4 product_1, shipped +4 product_1, lorry -4 room, taken +4 room, waybill",
    "payment.completes": "user_1 -120.5 USD, merchant_1 +120.5 USD, message",
    "payment.completes-at-the-limit": "user_1 -500 USD, merchant_2 +500 USD, message",
    "payment.completes-without-notice": "user_2 -80 USD, merchant_1 +80 USD",
    "account_opening.completes": "ada -1500 EUR, account of ada +1500 EUR, "
    "marketing -25 EUR, bonus of ada +25 EUR, card_stock -2 card, account-1 +2 card, "
    "account, file, subscription",
    "account_opening.completes-standard": "bob -50 EUR, account of bob +50 EUR, "
    "card_stock -1 card, account-1 +1 card, account, file, subscription",
    "trade_settlement.completes": "fund_a -4050 USD, fund_b +4050 USD, "
    "fund_b -40 ACME, fund_a +40 ACME, booking, clearing",
    "loan_approval.completes": "lending_limit -120000 USD, anna +120000 USD, "
    "anna -1 house_1, pledged +1 house_1, file, loan",
    "loan_approval.completes-by-hand": "lending_limit -30000 USD, clara +30000 USD, "
    "clara -1 workshop, pledged +1 workshop, file, loan",
}
"""What a completed run changes: how much in which account, and which kinds of records are new."""

REASONS = {
    "order_processing.compensates": "InsufficientFunds",
    "order_processing.compensates-fraud": "FraudSuspected",
    "order_processing.compensates-stock": "OutOfStock",
    "ecommerce_order.compensates": "InsufficientFunds",
    "ecommerce_order.compensates-stock": "OutOfStock",
    "ship_order.compensates": "CarrierRefused",
    "ship_order.compensates-stock": "OutOfStock",
    "ship_order.compensates-payment": "InsufficientFunds",
    "payment.compensates": "LimitExceeded",
    "payment.compensates-balance": "InsufficientFunds",
    "payment.compensates-blocked": "UserBlocked",
    "payment.compensates-merchant": "UnknownMerchant",
    "payment.compensates-reservation-limit": "LimitExceeded",
    "account_opening.compensates": "InsufficientFunds",
    "account_opening.compensates-credit": "CreditDeclined",
    "account_opening.compensates-identity": "CountryRefused",
    "trade_settlement.compensates": "InsufficientFunds",
    "trade_settlement.compensates-rejected": "TradeRejected",
    "trade_settlement.compensates-securities": "InsufficientSecurities",
    "loan_approval.compensates": "RiskTooHigh",
    "loan_approval.compensates-collateral": "NotTheOwner",
    "loan_approval.compensates-debtor": "CreditRefused",
    "loan_approval.compensates-lending-limit": "LendingLimitReached",
}


def changes(before, after):
    """Tell two states of the books apart, in the words of `EFFECTS`."""
    (old, _), (new, records) = before, after
    moved = {place: new.get(place, 0) - old.get(place, 0) for place in old | new}
    amounts = {f"{account} {amount.normalize():+f} {unit}" for (account, unit), amount in moved.items() if amount}
    return amounts | {kind for kind, _ in records}


def test_a_definition_is_without_fault(folder, saga_name):
    file = folder / f"{saga_name}.yaml"
    definition, diagnostics = check(file.read_text(encoding="utf-8"), str(file))
    assert diagnostics == []
    assert definition == load(file)


def test_a_definition_is_named_as_its_file_and_points_the_editor_to_the_schema(folder, saga_name):
    text = (folder / f"{saga_name}.yaml").read_text(encoding="utf-8")
    assert text.startswith(SCHEMA_LINE)
    assert load(folder / f"{saga_name}.yaml").name == saga_name


def test_the_services_offer_what_the_definition_calls_and_nothing_else(folder, world, saga_name):
    tasks = [s for s in load(folder / f"{saga_name}.yaml").states.values() if isinstance(s, Task)]
    calls = [*tasks, *(task.compensation for task in tasks if task.compensation)]
    assert {f"{call.service}.{call.action}" for call in calls} == set(world(saga_name).services)


@pytest.mark.parametrize("status", ["completes", "compensates"])
def test_a_definition_has_an_input_of_each_kind(folder, saga_name, status):
    assert (folder / "inputs" / f"{saga_name}.{status}.json").is_file()


async def test_an_input_ends_as_its_name_says(world, input_of, input_name):
    name, _, end = input_name.partition(".")
    status = {"completes": "completed", "compensates": "compensated"}[end.partition("-")[0]]
    here = world(name)
    before, totals = here.state(), here.totals()

    outcome = await here.run(input_of(input_name))

    assert outcome.status == status
    assert here.totals() == totals
    if status == "completed":
        assert changes(before, here.state()) == set(EFFECTS[input_name].split(", "))
    else:
        assert outcome.error.code == REASONS[input_name]
        assert here.state() == before


async def test_the_two_commands_of_the_services_complete_and_compensate(folder, world, saga_name):
    documentation = world(saga_name).module.__doc__.replace("\\\n", "")
    ends = []
    for command in documentation.split("    sagadsl ")[1:]:
        _, definition, _, services, _, given = shlex.split(command)
        assert (folder.parent / definition).samefile(folder / f"{saga_name}.yaml")
        assert (folder.parent / services).samefile(folder / f"{saga_name}_services.py")
        text = (folder.parent / given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
        ends.append((await world(saga_name).run(json.loads(text))).status)
    assert ends == ["completed", "compensated"]


def test_the_overview_names_every_step(folder, saga_name):
    overview = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in overview if line.startswith(f"| [`{saga_name}`]({saga_name}.yaml)")]
    states = load(folder / f"{saga_name}.yaml").states.values()
    pivots = [state.name for state in states if isinstance(state, Task) and state.kind == "pivot"]
    assert [state.name for state in states if isinstance(state, Task) and f"`{state.name}`" not in row] == []
    assert f"| {f'`{pivots[0]}`' if pivots else 'none: all can be undone'} |" in row
