"""Names that are too much alike, and paths that lead to nothing."""

import pytest

from tests.language.checks.findings import codes, only

CALL = "service: x, action: y, compensation: u"


def test_states_whose_names_differ_only_in_case_are_told_at_the_second():
    found = only(
        f"name: n\nstates:\n  Ship: {{{CALL}, next: ship}}\n  ship: {{{CALL}, next: done}}\n  done: {{type: succeed}}\n"
    )
    assert (found.code, found.marked, found.line) == ("SAGA603", "ship", 4)
    assert found.message == "'ship' and 'Ship' differ only in case"


def test_names_that_differ_in_more_are_fine():
    assert not codes(f"name: n\nsteps: [{{id: ship, {CALL}}}, {{id: ship_, {CALL}}}, {{id: Shop, {CALL}}}]\n")


def masked(path: str) -> str:
    return f"""
name: masked
input:
  type: object
  properties:
    card: {{type: object, properties: {{number: {{type: string}}}}}}
    notes: {{type: array, items: {{type: object, properties: {{text: {{type: string}}}}}}}}
    more: {{type: object}}
sensitive: [{path}]
states:
  calc: {{type: pass, output: {{iban: x, inner: {{a: 1}}}}, next: pay}}
  pay: {{{CALL}, next: done}}
  done: {{type: succeed}}
"""


@pytest.mark.parametrize(
    "path",
    [
        "input",
        "input.card.number",
        "input.notes.text",
        "input.more.any.thing",
        "states.calc.output.inner.a",
        "states.pay.output",
        "states.pay.output.what.ever",
    ],
)
def test_a_sensitive_path_leads_to_something_or_to_what_nothing_is_known_of(path):
    assert not codes(masked(path))


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("input.card.nr", "there is no field 'nr' in input.card", "it has number"),
        ("input.crd", "there is no field 'crd' in input", "did you mean 'card'?"),
        ("input.notes.txt", "there is no field 'txt' in input.notes", "did you mean 'text'?"),
        ("states.calc.output.ibann", "there is no field 'ibann' in states.calc.output", "did you mean 'iban'?"),
        ("states.payy.output", "there is no state 'payy'", "did you mean 'pay'?"),
    ],
)
def test_one_that_leads_to_nothing_is_told(path, message, hint):
    assert only(masked(path)) == ("SAGA418", path, 9, message, hint)


@pytest.mark.parametrize("path", ["states.pay.input", "states.pay", "card.number"])
def test_a_path_begins_with_the_input_or_an_output(path):
    found = only(masked(path))
    assert found[:2] == ("SAGA418", path)
    assert found.message == "a sensitive path begins with input or with states.NAME.output"


def asking(schema: str) -> str:
    return f"name: n\ninput: {schema}\nsteps: [{{id: a, service: s, action: t, kind: read_only}}]\n"


@pytest.mark.parametrize(
    ("schema", "marked", "hint"),
    [
        ("{type: object, required: [ownr], properties: {owner: {}}}", "ownr", "did you mean 'owner'?"),
        (
            "{type: object, required: [owner, ownr], properties: {owner: {}}}",
            "ownr",
            "add it to the properties: ownr: {type: …}",
        ),
        (
            "{type: object, properties: {all: {type: array, items: {required: [zip], properties: {zap: {}}}}}}",
            "zip",
            "did you mean 'zap'?",
        ),
    ],
)
def test_what_is_required_and_no_property_is_told(schema, marked, hint):
    found = only(asking(schema))
    assert (found.code, found.marked, found.hint) == ("SAGA420", marked, hint)


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, required: [owner]}",
        "{type: object, required: [owner], properties: {owner: {}}}",
        "{type: object, required: [x_a], properties: {owner: {}}, patternProperties: {'^x_': {}}}",
        "{type: object, required: [a], properties: {owner: {}}, additionalProperties: {type: string}}",
        "{type: object, required: [a], properties: {owner: {}}, allOf: [{properties: {a: {}}}]}",
    ],
)
def test_what_the_schema_may_say_elsewhere_is_not(schema):
    assert codes(asking(schema)) == []
