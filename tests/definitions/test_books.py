"""The books of the sample services: nothing is lost, nothing happens twice, all can be taken back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.runtime.services import ActionContext, ActionError

ACCOUNTS = ["a", "b", "c"]
postings = st.tuples(st.just("post"), st.integers(1, 6), st.integers(1, 80), *[st.sampled_from(ACCOUNTS)] * 2)
reversals = st.tuples(st.just("reverse"), st.integers(1, 6))


def call(key):
    return ActionContext("S1", "pay", 1, str(key))


def undo(key):
    return ActionContext("S1", "pay", 1, f"{key}/compensate", undoes=str(key))


@pytest.fixture
def ledger(books):
    return books.Ledger({"a": {"EUR": 100}, "b": {"EUR": 5}})


def test_a_posting_moves_what_it_says(books, ledger):
    ledger.post(call(1), books.Move(Decimal(30), "EUR", "a", "b"))
    assert ledger.balances() == {("a", "EUR"): 70, ("b", "EUR"): 35}


def test_a_repeated_posting_has_the_same_number_and_moves_nothing(books, ledger):
    move = books.Move(Decimal(30), "EUR", "a", "b")
    assert ledger.post(call(1), move) == ledger.post(call(1), move)
    assert ledger.balance("a", "EUR") == 70


def test_a_posting_that_one_account_cannot_bear_moves_nothing(books, ledger):
    good, bad = (
        books.Move(Decimal(30), "EUR", "a", "c"),
        books.Move(Decimal(6), "EUR", "b", "c", shortage="Poor"),
    )
    with pytest.raises(ActionError, match="b holds 5 EUR, 6 are needed") as caught:
        ledger.post(call(1), good, bad)
    assert (caught.value.code, caught.value.retryable) == ("Poor", False)
    assert ledger.balances() == {("a", "EUR"): 100, ("b", "EUR"): 5}


def test_a_reversal_happens_once(books, ledger):
    ledger.post(call(1), books.Move(Decimal(30), "EUR", "a", "b"))
    assert [ledger.reverse(undo(1)), ledger.reverse(undo(1))] == [True, False]
    assert ledger.balances() == {("a", "EUR"): 100, ("b", "EUR"): 5}


def test_a_reversal_goes_back_through_an_account_in_between(books, ledger):
    ledger.post(call(1), books.Move(Decimal(30), "EUR", "a", "c"), books.Move(Decimal(30), "EUR", "c", "b"))
    ledger.reverse(undo(1))
    assert ledger.balances() == {("a", "EUR"): 100, ("b", "EUR"): 5}


def test_nothing_to_undo_is_an_answer(ledger):
    assert ledger.reverse(undo(1)) is False


def test_an_action_that_comes_after_its_undo_is_refused(books, ledger):
    ledger.reverse(undo(1))
    with pytest.raises(ActionError) as caught:
        ledger.post(call(1), books.Move(Decimal(30), "EUR", "a", "b"))
    assert caught.value.code == "AlreadyUndone"
    assert ledger.balance("a", "EUR") == 100


def test_an_undo_cannot_be_called_as_an_action(ledger):
    with pytest.raises(ActionError) as caught:
        ledger.reverse(call(1))
    assert caught.value.code == "NotACompensation"


@given(steps=st.lists(st.one_of(postings, reversals), max_size=30))
def test_whatever_happens_nothing_is_made_or_lost_and_no_account_is_overdrawn(books, steps):
    ledger = books.Ledger({"a": {"EUR": 100}, "b": {"EUR": 5}})
    refusals = set()
    for step in steps:
        try:
            if step[0] == "reverse":
                ledger.reverse(undo(step[1]))
            else:
                ledger.post(call(step[1]), books.Move(Decimal(step[2]), "EUR", step[3], step[4]))
        except ActionError as error:
            refusals.add(error.code)
    assert refusals <= {"InsufficientFunds", "AlreadyUndone"}
    amounts = ledger.balances().values()
    assert sum(amounts) == 105
    assert all(amount > 0 for amount in amounts)


@given(moves=st.lists(st.tuples(st.integers(1, 80), *[st.sampled_from(ACCOUNTS)] * 2), max_size=10))
def test_reversing_everything_backwards_restores_the_opening(books, moves):
    ledger = books.Ledger({"a": {"EUR": 100}, "b": {"EUR": 5}})
    opening = ledger.balances()
    for key, (amount, source, target) in enumerate(moves):
        try:
            ledger.post(call(key), books.Move(Decimal(amount), "EUR", source, target))
        except ActionError:
            assert ledger.balance(source, "EUR") < amount
    for key in reversed(range(len(moves))):
        ledger.reverse(undo(key))
    assert ledger.balances() == opening


@given(amount=st.decimals("0.01", "99999999", places=2))
def test_money_is_exact_to_the_cent(books, amount):
    assert books.money(float(amount)) == amount


@pytest.mark.parametrize("amount", [0, -1, 0.004])
def test_an_amount_below_a_cent_is_refused(books, amount):
    with pytest.raises(ActionError, match=r"at least 0\.01") as caught:
        books.money(amount)
    assert caught.value.code == "InvalidAmount"


def test_a_record_is_filed_once_and_withdrawn_once(books):
    register = books.Register()
    assert register.enter(call(1), "order", of="ada") == register.enter(call(1), "order", of="ada") == "order-1"
    assert register.find("order-1")["of"] == "ada"
    assert [register.withdraw(undo(1)), register.withdraw(undo(1))] == [True, False]
    assert register.in_force() == {}
    with pytest.raises(ActionError, match="there is no order-1"):
        register.find("order-1")
