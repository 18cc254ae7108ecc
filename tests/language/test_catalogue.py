"""The catalogue of services: what is read from it, and how an author is told what is wrong with it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagadsl.language.catalogue import catalogue_schema_text, read_catalogue
from sagadsl.language.library import ActionSpec

PAYMENT = """\
services:
  payment:
    description: Moves money.
    actions:
      charge:
        description: Takes money from a card.
        payload: {type: object, required: [amount], properties: {amount: {type: number}}}
        output: {type: object, properties: {id: {type: string}}}
        errors: [CardDeclined]
      refund: {}
      ping: {payload: {}, errors: []}
"""


def found(text):
    catalogue, diagnostics = read_catalogue(text, "services.yaml")
    assert (catalogue is None) == bool(diagnostics)
    return diagnostics


def test_a_catalogue_says_what_actions_take_answer_and_raise():
    catalogue, diagnostics = read_catalogue(PAYMENT, "services.yaml")

    assert diagnostics == []
    assert catalogue.file == "services.yaml"
    assert catalogue.action("payment", "charge") == ActionSpec(
        payload={"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}},
        output={"type": "object", "properties": {"id": {"type": "string"}}},
        errors=("CardDeclined",),
    )
    assert list(catalogue.services) == ["payment"]


def test_what_is_not_said_is_none_and_what_is_empty_is_empty():
    catalogue, _ = read_catalogue(PAYMENT, "services.yaml")

    assert catalogue.action("payment", "refund") == ActionSpec(None, None, None)
    assert catalogue.action("payment", "ping") == ActionSpec({}, None, ())
    assert catalogue.action("payment", "chrage") is None
    assert catalogue.action("shop", "charge") is None


@pytest.mark.parametrize(
    ("old", "new", "code", "at", "says", "hint"),
    [
        ("services:", "sevices:", "SAGA201", "sevices", "unknown key 'sevices' in the catalogue", "'services'"),
        ("    actions:", "    action:", "SAGA201", "action", "unknown key 'action' in service 'payment'", "'actions'"),
        ("errors: [Card", "erors: [Card", "SAGA201", "erors", "unknown key 'erors' in action 'charge'", "'errors'"),
        ("refund: {}", "refund: x", "SAGA203", "x", "a map was expected for 'refund', but this is text", ""),
        ("refund: {}", "re-fund: {}", "SAGA207", "re-fund", "'re-fund' is not a valid name", "re_fund"),
        ("[CardDeclined]", "['*']", "SAGA207", "'*'", "'*' is not a valid error code", ""),
        ("[CardDeclined]", "CardDeclined", "SAGA203", "CardDeclined", "a list was expected for 'errors'", ""),
        (
            "type: number",
            "type: nmber",
            "SAGA212",
            "nmber",
            "the schema of the payload: 'nmber' is no type",
            "'number'",
        ),
        ("{type: string}", "{$ref: x}", "SAGA212", "x", "the schema of the output: 'x' leads to no schema", ""),
    ],
)
def test_a_mistake_is_told_as_in_a_definition(old, new, code, at, says, hint):
    text = PAYMENT.replace(old, new)
    diagnostic = next(each for each in found(text) if each.code == code)
    place = diagnostic.place
    assert text.splitlines()[place.line - 1][place.column - 1 : place.end_column - 1] == at
    assert says in diagnostic.message
    assert hint in diagnostic.hint


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "SAGA104", "there is no catalogue in the text"),
        ("[]", "SAGA203", "a catalogue is a map of keys, but this is a list"),
        ("{}", "SAGA202", "the catalogue lacks the key 'services'"),
        ("services: {}", "SAGA204", "'services' is empty"),
        ("services: {a: {}}", "SAGA202", "service 'a' lacks the key 'actions'"),
        ("services: {a: {actions: {}}}", "SAGA204", "'actions' is empty"),
        ("services: [", "SAGA105", ""),
    ],
)
def test_what_is_no_catalogue_is_told_so(text, code, says):
    (diagnostic,) = found(text)
    assert diagnostic.code == code
    assert says in diagnostic.message


def test_any_value_may_be_taken_or_answered_not_only_a_map():
    assert found("services: {a: {actions: {b: {payload: {type: array}, output: {type: string}}}}}") == []


def test_the_schema_is_one_that_other_tools_understand_and_says_what_each_key_is_for():
    schema = json.loads(catalogue_schema_text())
    Draft7Validator.check_schema(schema)
    assert Draft7Validator(schema).is_valid({"services": {"a": {"actions": {"b": {"errors": ["C"]}}}}})
    for part in (schema, *schema["definitions"].values()):
        for key, value in part.get("properties", {}).items():
            assert value["description"], key


@given(st.text(alphabet="services: {}[]ab\n-\"'x&*#!", max_size=40).map("services:".__add__))
def test_any_text_is_a_catalogue_or_refused(text):
    found(text)
