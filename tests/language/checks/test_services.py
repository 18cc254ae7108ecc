"""Definitions against the catalogue: actions that there are, what they take, what they answer, what they raise."""

import pytest

from sagadsl.language.library import ActionSpec
from tests.language.checks.findings import catalogue, codes, findings, only

CHARGE = ActionSpec(
    payload={
        "type": "object",
        "required": ["amount", "currency"],
        "additionalProperties": False,
        "properties": {
            "amount": {"type": "number"},
            "currency": {"type": "string", "enum": ["EUR", "USD"]},
            "count": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "card": {"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}}},
            "any": {},
        },
    },
    output={
        "type": "object",
        "required": ["id", "status"],
        "properties": {
            "id": {"type": "string"},
            "status": {"type": "string", "enum": ["paid", "declined"]},
            "receipt": {"type": "string"},
        },
    },
    errors=("CardDeclined", "NoFunds"),
)
SERVICES = catalogue(payment={"charge": CHARGE, "refund": ActionSpec(), "ping": ActionSpec(errors=())})


def saga(keys: str = "", payload: str = "{amount: 1.5, currency: EUR}", then: str = "x") -> str:
    return f"""
name: pay
input:
  type: object
  required: [n, x, s, tier, list, o]
  properties:
    n: {{type: integer}}
    x: {{type: number}}
    s: {{type: string}}
    tier: {{type: string, enum: [EUR, GBP]}}
    list: {{type: array, items: {{type: integer}}}}
    o: {{type: object, required: [number], properties: {{number: {{type: integer}}}}}}
states:
  pay: {{service: payment, action: charge, payload: {payload}, compensation: refund, {keys}next: tell}}
  tell: {{service: payment, action: ping, payload: {{v: "{then}"}}, next: done}}
  done: {{type: succeed}}
"""


def test_what_fits_the_catalogue_is_fine():
    assert not codes(saga(), SERVICES)


def test_without_a_catalogue_nothing_is_said_of_services():
    assert not codes(saga(payload="{}").replace("charge", "chrge"))


# -- services and actions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "marked", "message", "hint"),
    [
        ("action: charge", "action: chrge", "chrge", "the service 'payment' has no action 'chrge'", "did you mean 'charge'?"),
        ("service: payment, action: charge", "service: paymnt, action: charge", "paymnt", "there is no service 'paymnt' in the catalogue", "did you mean 'payment'?"),
        ("compensation: refund", "compensation: xyzzy", "xyzzy", "the service 'payment' has no action 'xyzzy'", "'payment' has charge, refund and ping"),
        ("compensation: refund", "compensation: {action: refnd}", "refnd", "the service 'payment' has no action 'refnd'", "did you mean 'refund'?"),
        ("compensation: refund", "compensation: {service: bank, action: x}", "bank", "there is no service 'bank' in the catalogue", "the services are those in services.yaml"),
    ],
)  # fmt: skip
def test_a_service_or_an_action_that_is_not_there_is_told(old, new, marked, message, hint):
    found = only(saga().replace(old, new), SERVICES)
    assert (found.code, found.marked, found.message, found.hint) == ("SAGA414", marked, message, hint)


# -- payloads -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "code", "marked", "message"),
    [
        ("{amount: 1, currency: EUR, amont: 2}", "SAGA413", "amont", "payment.charge does not take 'amont'"),
        ("{amount: 1}", "SAGA412", "{amount: 1}", "payment.charge needs 'currency'"),
        ("{amount: much, currency: EUR}", "SAGA411", "much", "payment.charge takes a number here, and this is text"),
        ("{amount: 1, currency: GBP}", "SAGA411", "GBP", "payment.charge does not take 'GBP' here"),
        ("{amount: 1, currency: EUR, count: 1.5}", "SAGA411", "1.5", "payment.charge takes an integer here, and this is a number"),
        ("{amount: 1, currency: EUR, tags: [a, 1]}", "SAGA411", "1", "payment.charge takes text here, and this is an integer"),
        ("{amount: 1, currency: EUR, tags: a}", "SAGA411", "a", "payment.charge takes a list here, and this is text"),
        ("{amount: 1, currency: EUR, card: {}}", "SAGA412", "{}", "payment.charge needs 'number'"),
        ('{amount: "${input.s}", currency: EUR}', "SAGA411", '"${input.s}"', "payment.charge takes a number here, and this is text"),
        ('{amount: "${input.x} EUR", currency: EUR}', "SAGA411", '"${input.x} EUR"', "payment.charge takes a number here, and this is text"),
        ('{amount: 1, currency: EUR, count: "${input.x * 2.0}"}', "SAGA411", '"${input.x * 2.0}"', "payment.charge takes an integer here, and this is a number"),
        ('{amount: 1, currency: EUR, tags: "${input.list}"}', "SAGA411", '"${input.list}"', "payment.charge takes a list of another kind here"),
        ('{amount: 1, currency: EUR, card: "${input.o}"}', "SAGA411", '"${input.o}"', "payment.charge takes an object of another kind here"),
        ('"${input.s}"', "SAGA411", '"${input.s}"', "payment.charge takes an object here, and this is text"),
    ],
)  # fmt: skip
def test_a_payload_that_the_action_does_not_take_is_told(payload, code, marked, message):
    found = only(saga(payload=payload), SERVICES)
    assert (found.code, found.marked, found.message) == (code, marked, message)


@pytest.mark.parametrize(
    "payload",
    [
        '{amount: "${input.n}", currency: "${input.tier}"}',
        '{amount: "${input.x}", currency: "E${input.s}"}',
        "{amount: 2, currency: EUR, count: 2.0, any: [1, {a: b}]}",
        '{amount: 1, currency: EUR, tags: ["${input.s}", "$${a}"]}',
        '{amount: 1, currency: EUR, card: {number: "${string(input.n)}", more: 1}}',
        "\"${input.o.number > 1 ? {'amount': dyn(1), 'currency': dyn('EUR')} : {}}\"",
    ],
)
def test_what_can_fit_is_left_alone(payload):
    assert not codes(saga(payload=payload), SERVICES)


def test_a_payload_that_is_missing_altogether_is_told_at_the_name():
    found = only(saga().replace(" payload: {amount: 1.5, currency: EUR},", ""), SERVICES)
    assert (found.code, found.marked, found.hint) == ("SAGA412", "pay", "add 'amount' and 'currency'")


def test_where_an_expression_is_wrong_only_that_is_told():
    assert codes(saga(payload='{amount: "${input.q}", currency: 1}'), SERVICES) == ["SAGA403"]


def test_the_payload_of_a_compensation_is_held_against_its_own_action():
    undo = "{action: charge, payload: {amount: 1}}"
    assert only(saga().replace("compensation: refund", f"compensation: {undo}"), SERVICES).code == "SAGA412"


# -- outputs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "code", "marked"),
    [
        ("states.pay.output.idd", "SAGA403", "idd"),
        ("states.pay.output.id + 1", "SAGA404", "+"),
        ("states.pay.output.receipt", "SAGA408", "states.pay.output.receipt"),
        ("states.pay.output.status == 'payed'", "SAGA409", "'payed'"),
    ],
)
def test_an_output_is_read_as_the_catalogue_says(read, code, marked):
    assert only(saga(then=f"${{{read}}}"), SERVICES)[:2] == (code, marked)
    assert not codes(saga(then=f"${{{read}}}"))


def test_what_the_catalogue_gives_is_readable():
    right = "${states.pay.output.id + (has(states.pay.output.receipt) ? states.pay.output.receipt : '')}"
    assert not codes(saga(then=right), SERVICES)


def test_fail_when_reads_the_answer_as_the_catalogue_says():
    def declined(when: str) -> str:
        return saga(keys=f'fail_when: [{{when: "{when}", error: E}}], ')

    assert not codes(declined("output.status == 'declined'"), SERVICES)
    assert only(declined("output.status == 'refused'"), SERVICES)[:2] == ("SAGA409", "'refused'")
    assert only(declined("output.state == 'declined'"), SERVICES)[:2] == ("SAGA403", "state")


# -- error codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys",
    [
        "catch: [{errors: [CardDeclined, Timeout], next: tell}], ",
        "catch: [{errors: ['*'], next: tell}], ",
        "retry: {max_attempts: 3, on: [Unavailable], except: [NoFunds]}, ",
        "fail_when: [{when: \"output.status == 'declined'\", error: Refused}], catch: [{errors: [Refused], next: tell}], ",
    ],
)
def test_codes_that_the_action_the_engine_or_the_step_itself_raises_are_fine(keys):
    assert not codes(saga(keys), SERVICES)


@pytest.mark.parametrize(
    ("keys", "marked", "hint"),
    [
        ("catch: [{errors: [CardDeclind], next: tell}], ", "CardDeclind", "did you mean 'CardDeclined'?"),
        (
            "retry: {max_attempts: 3, on: [Xyzzy]}, ",
            "Xyzzy",
            "it raises CardDeclined and NoFunds, and the engine's own",
        ),
        ("retry: {max_attempts: 3, except: [Timeuot]}, ", "Timeuot", "did you mean 'Timeout'?"),
    ],
)
def test_a_code_that_nothing_there_raises_is_told(keys, marked, hint):
    found = only(saga(keys), SERVICES)
    assert (found.code, found.marked, found.hint) == ("SAGA415", marked, hint)
    assert found.message == f"'pay' never raises '{marked}'"


def test_where_the_catalogue_lists_no_codes_any_may_be_raised():
    silent = saga().replace(
        "compensation: refund", "compensation: {action: refund, retry: {max_attempts: 2, on: [Odd]}}"
    )
    assert not codes(silent, SERVICES)
    told = silent.replace("action: refund", "action: ping")
    assert only(told, SERVICES).message == "the compensation 'ping' never raises 'Odd'"


def test_codes_of_the_defaults_are_for_all_steps():
    shared = saga().replace("states:", "defaults: {retry: {max_attempts: 2, on: [Elsewhere]}}\nstates:")
    assert "SAGA415" not in codes(shared, SERVICES)


def test_a_whole_raises_what_the_steps_in_it_raise():
    def whole(code: str) -> str:
        return f"""
name: pay
states:
  both:
    type: parallel
    branches:
      one: {{steps: [{{id: a, service: payment, action: ping, compensation: ping}}]}}
      two: {{start: b, states: {{b: {{type: fail, error: Broke}}}}}}
    catch: [{{errors: [{code}], next: done}}]
    next: done
  done: {{type: succeed}}
"""

    assert "SAGA415" not in codes(whole("Broke"), SERVICES)
    assert ("SAGA415", "Brok") in [f[:2] for f in findings(whole("Brok"), SERVICES)]
