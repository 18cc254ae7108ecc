"""What one saga calls sensitive, and another one that it runs, or that runs it, does not."""

import pytest

from sagadsl.language.load import check_all

CHILD = """\
name: child
input: {INPUT}
SENSITIVEstates:
  pay: {service: bank, action: pay, payload: {all: "${input}"}, compensation: refund, next: z}
  z: {type: succeed, output: {OUTPUT}}
"""
OPEN = "type: object"
CLOSED = "type: object, properties: {p: {type: object, properties: {a: {type: string}, b: {type: string}}}}"


def parent(given="", sensitive="input.person.iban"):
    return f"""\
name: parent
sensitive: [{sensitive}]
steps:
  - {{id: go, type: saga, saga: child, kind: compensatable, input: {{{given}}}}}
"""


def child(schema=OPEN, sensitive="", output=""):
    return (
        CHILD.replace("INPUT", schema)
        .replace("SENSITIVE", f"sensitive: [{sensitive}]\n" if sensitive else "")
        .replace("OUTPUT", output)
    )


def told(parent, child):
    """The code, the line and the column, the message and the hint of all that is found."""
    found = check_all({"parent.yaml": parent, "child.yaml": child}).diagnostics
    assert all(each.place.file == "parent.yaml" for each in found), found
    return [(each.code, (each.place.line, each.place.column), each.message, each.hint) for each in found]


def test_a_value_handed_to_a_saga_that_does_not_mask_it_is_told_at_its_template():
    given = 'to: {iban: "${input.person.iban}"}'

    assert told(parent(given), child()) == [
        (
            "SAGA419",
            (4, 79),
            "input.person.iban is sensitive, and the saga 'child' does not call input.to.iban so",
            "add input.to.iban to the sensitive of 'child'",
        )
    ]
    assert told(parent(given), child(sensitive="input.to.iban")) == []
    assert told(parent(given), child(sensitive="input.to")) == []


def test_of_a_whole_the_part_is_told():
    (found,) = told(parent('to: "${input.person}"'), child())
    assert found[2].endswith("does not call input.to.iban so")
    assert told(parent('to: "${input.person}"'), child(sensitive="input.to.iban")) == []


def test_where_all_is_sensitive_a_part_that_the_other_saga_masks_is_not_enough():
    handing = parent('p: "${input.person.all}"', sensitive="input.person")

    (found,) = told(handing, child(CLOSED, "input.p.a"))
    assert found[2:] == (
        "input.person is sensitive, and the saga 'child' does not call input.p so",
        "add input.p to the sensitive of 'child'",
    )
    assert told(handing, child(CLOSED, "input.p.a, input.p.b")) == []
    assert len(told(handing, child(OPEN, "input.p.a, input.p.b"))) == 1


def test_what_the_other_saga_does_not_take_is_to_be_left_out():
    (found,) = told(parent('q: "${input.person.iban}"'), child(CLOSED))
    assert found[3] == "leave it out: the saga 'child' has no such input"


@pytest.mark.parametrize(
    "given",
    ['a: "${input.person.name}"', 'a: "${has(input.person.iban)}"', 'a: "${saga.id}"', "a: 1"],
)
def test_what_is_not_sensitive_is_not_told(given):
    assert told(parent(given), child()) == []


def test_what_the_other_saga_calls_sensitive_and_answers_is_told_at_its_name():
    answering = child(sensitive="states.pay.output.token", output='t: "${states.pay.output.token}"')

    assert told(parent(), answering) == [
        (
            "SAGA419",
            (4, 32),
            "what the saga 'child' calls sensitive is in its output, and shown here as states.go.output.t",
            "add states.go.output.t to sensitive",
        )
    ]
    assert told(parent(sensitive="states.go.output.t"), answering) == []


def test_what_it_was_given_and_gives_back_is_masked_as_it_is():
    back = child(sensitive="input.iban", output='iban: "${input.iban}"')

    assert told(parent('iban: "${input.person.iban}"'), back) == []
    assert len(told(parent('iban: "DE89 3704 0044 0532 0130 00"'), back)) == 1


@pytest.mark.parametrize(
    ("given", "sensitive", "here"),
    [
        ('card: "${input.number}"', "input.card", "input.number"),
        ('who: {card: "${input.number}"}', "input.who", "input.number"),
        ('who: "${input.person}"', "input.who.card", "input.person.card"),
    ],
)
def test_what_the_other_saga_calls_sensitive_of_its_input_is_told_where_it_is_read(given, sensitive, here):
    (found,) = told(parent(given, sensitive="input.other"), child(sensitive=sensitive))

    assert found[2:] == (
        f"the saga 'child' calls {sensitive} sensitive, and {here} is not so here",
        f"add {here} to sensitive",
    )
    assert told(parent(given, sensitive=here), child(sensitive=sensitive)) == []


def test_it_is_told_where_the_value_came_into_the_saga_and_of_what_came_from_nowhere_nothing():
    made = """\
name: parent
input:
  type: object
  required: [number, person]
  properties:
    number: {type: string}
    person: {type: object, additionalProperties: false, properties: {name: {type: string}}}
steps:
  - {id: p, type: pass, output: {test: "4711", copy: "${input.number}"}}
  - {id: go, type: saga, saga: child, kind: compensatable, input: {GIVEN}}
"""
    (found,) = told(made.replace("GIVEN", 'card: "${states.p.output.copy}"'), child(sensitive="input.card"))

    assert found[2].endswith("and input.number is not so here")
    assert told(made.replace("GIVEN", 'card: "${states.p.output.test}"'), child(sensitive="input.card")) == []
    assert told(made.replace("GIVEN", 'who: "${input.person}"'), child(sensitive="input.who.card")) == []


def test_values_are_followed_through_a_list_that_is_made_anew():
    given = "lines: \"${input.lines.map(l, {'to': l.iban, 'n': l.n})}\""

    (found,) = told(parent(given, sensitive="input.lines.iban"), child())
    assert found[2] == "input.lines.iban is sensitive, and the saga 'child' does not call input.lines.to so"
    assert told(parent(given, sensitive="input.lines.iban"), child(sensitive="input.lines.to")) == []
    assert told(parent(given, sensitive="input.lines.other"), child()) == []


@pytest.mark.parametrize("given", ['card: "4711"', 'note: "${input.number}"', 'card: "${size(input.number)}"'])
def test_of_what_only_that_saga_knows_nothing_is_told(given):
    assert told(parent(given), child(sensitive="input.card")) == []


def test_it_can_be_ignored_where_it_stands():
    ignored = parent('to: "${input.person.iban}"').rstrip() + "  # sagadsl: ignore=SAGA419 it is a test account\n"

    assert told(ignored, child()) == []


def test_alone_a_saga_is_not_judged_by_others():
    assert check_all({"parent.yaml": parent('to: "${input.person.iban}"')}).diagnostics[0].code == "SAGA216"
