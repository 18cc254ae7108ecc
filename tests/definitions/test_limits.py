"""The limits that the samples promise, held for every input: stock runs out, balances get too low."""

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl.runtime import ActionContext, ManualClock

cents = st.decimals("0.01", "1200", places=2)
several = settings(max_examples=25, deadline=None)


def status_of(here, saga_input):
    return asyncio.run(here.run(saga_input)).status


def expected(possible):
    return "completed" if possible else "compensated"


@several
@given(amount=cents | st.sampled_from([Decimal(500), Decimal("500.01"), Decimal(1000), Decimal("1000.01")]))
def test_a_payment_is_at_most_500_of_what_the_user_has(world, amount):
    here = world("payment")
    before = here.state()

    status = status_of(
        here, {"user_id": "user_2", "merchant_id": "merchant_1", "amount": float(amount), "currency": "USD"}
    )

    assert status == expected(amount <= 400)
    assert here.balances().get(("merchant_1", "USD"), 0) == (amount if status == "completed" else 0)
    assert status == "completed" or here.state() == before


@pytest.mark.parametrize(("amount", "reached"), [(500.0, 5), (500.01, 3), (1000.0, 3), (1000.01, 2)], ids=str)
async def test_the_network_takes_500_and_a_reservation_1000(world, amount, reached):
    here = world("payment")
    outcome = await here.run({"user_id": "user_1", "merchant_id": "merchant_1", "amount": amount, "currency": "USD"})
    assert sum(step.attempts > 0 for step in outcome.steps) == reached


@several
@given(
    orders=st.lists(
        st.fixed_dictionaries(
            {
                "customer_id": st.sampled_from(["customer_1", "customer_2"]),
                "product_id": st.sampled_from(["product_1", "product_2"]),
                "quantity": st.integers(1, 60),
            }
        ),
        max_size=6,
    )
)
def test_a_shop_sells_what_it_has_to_those_who_can_pay(world, orders):
    here = world("ecommerce_order")
    totals = here.totals()
    stock = {"product_1": 100, "product_2": 50}
    purse = {"customer_1": Decimal(1000), "customer_2": Decimal(500)}
    for order in orders:
        customer, product, quantity = order["customer_id"], order["product_id"], order["quantity"]
        price = here.module.prices[product] * quantity
        possible = quantity <= stock[product] and price <= purse[customer]

        assert status_of(here, order) == expected(possible)

        if possible:
            stock[product] -= quantity
            purse[customer] -= price
        assert here.totals() == totals
    for product, left in stock.items():
        assert here.balances().get(("stock", product), 0) == left
    for customer, left in purse.items():
        assert here.balances().get((customer, "USD"), 0) == left


def test_orders_at_the_same_time_do_not_sell_the_same_thing_twice(world):
    here = world("ecommerce_order")
    order = {"customer_id": "customer_1", "product_id": "product_2", "quantity": 4}

    async def rush():
        return [outcome.status for outcome in await asyncio.gather(*(here.run(order) for _ in range(15)))]

    statuses = asyncio.run(rush())

    assert (statuses.count("completed"), statuses.count("compensated")) == (
        10,
        5,
    )  # 1000 dollars, 100 an order
    assert here.balances()["stock", "product_2"] == 10
    assert ("customer_1", "USD") not in here.balances()


async def test_a_lorry_fills_up(world, input_of):
    here = world("ship_order")
    order = input_of("ship_order.completes")
    order["order"]["quantity"] = 25
    assert [(await here.run(order)).status for _ in range(3)] == ["completed", "completed", "compensated"]
    assert here.balances()["lorry", "room"] == 10


async def test_an_asset_is_pledged_once(world, input_of):
    here = world("loan_approval")
    loan = input_of("loan_approval.completes")
    first, second = await here.run(loan), await here.run(loan)
    assert (first.status, second.status) == ("completed", "compensated")
    assert second.error.code == "NotTheOwner"


async def test_an_account_waits_for_new_cards_and_goes_on_when_they_come(world, input_of):
    here = world("account_opening", clock=ManualClock())
    applicant = input_of("account_opening.completes")  # takes two of the three cards
    assert (await here.run(applicant)).status == "completed"
    saga_id = await here.start(applicant)
    await here.until(saga_id, "issue_cards", "failed")

    here.module.deliver_cards(5, ActionContext("", "", 1, "delivery 1"))
    await here.engine.signal(saga_id, "cards_delivered")

    assert (await here.engine.wait(saga_id)).status == "completed"
    assert here.balances()["card_stock", "card"] == 4


async def test_an_account_that_gets_no_cards_for_two_hours_is_not_opened(world, input_of):
    here = world("account_opening")
    applicant = input_of("account_opening.completes")
    assert (await here.run(applicant)).status == "completed"
    before = here.state()

    outcome = await here.run(applicant)

    assert (outcome.status, outcome.error.code) == ("compensated", "OutOfCards")
    assert outcome.events[-1].at - outcome.events[0].at >= 7200
    assert here.state() == before
