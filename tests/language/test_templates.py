"""`${…}` in nested data: how it is found, rendered, and what it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.expressions import Environment, EvaluationError
from sagadsl.language.load import load
from sagadsl.language.templates import Part, Template, TemplateError, as_text, expressions_in, fields_read, scan

ENVIRONMENT = Environment(["reserve"])
SCOPE = {"input": {"n": 1, "f": 1000000.0, "s": "abc", "l": [1, {"b": 2.5}], "z": None, "t": True}}


def render(data):
    return Template(data, ENVIRONMENT).render(SCOPE)


def same(actual, expected) -> bool:
    return actual == expected and type(actual) is type(expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("plain", "plain"),
        ("${input.n}", 1),
        ("${input.f}", 1000000.0),
        ("${input.z}", None),
        ("${input.l}", [1, {"b": 2.5}]),
        (" ${input.n}", " 1"),
        ("${input.n}${input.s}", "1abc"),
        (
            "a ${input.s} b ${input.f} c ${input.t} d ${input.z} e ${input.l}",
            'a abc b 1000000 c true d null e [1,{"b":2.5}]',
        ),
        ("$${input.n}", "${input.n}"),
        ("$${input.n} ${input.n}", "${input.n} 1"),
        ("$$${input.n}", "$${input.n}"),
        ("$", "$"),
        ("5 $ {x}", "5 $ {x}"),
        ("${ {'a': '}'} }", {"a": "}"}),
        ("${'}' + \"}\" + '''}''' + r'}'}", "}}}}"),
        ("${'\\'}'}", "'}"),
        ("${1 // }\n + 1}", 2),
        ({"${k}": ["${input.n}", 2, None, {"x": "${input.s}"}]}, {"${k}": [1, 2, None, {"x": "abc"}]}),
    ],
)
def test_rendering(data, expected):
    assert same(render(data), expected)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1"), (2.5, "2.5"), (-0.0, "0"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (0.1, "0.1"), (3, "3")],
)
def test_numbers_are_spliced_as_people_write_them(number, text):
    assert as_text(number) == text


def test_a_failure_says_where_in_the_data_it_happened():
    with pytest.raises(EvaluationError, match=r"^at order\.lines\[1\]: .*there is no field 'q' in input") as raised:
        render({"order": {"lines": ["${input.n}", "x ${input.q}"]}})
    assert raised.value.expression == "input.q"


def test_rendered_data_shares_nothing_with_the_template():
    template = Template({"list": [1], "deep": {"x": {}}}, ENVIRONMENT)
    template.render(SCOPE)["list"].append(2)
    template.render(SCOPE)["deep"]["x"]["new"] = 1
    assert template.render(SCOPE) == {"list": [1], "deep": {"x": {}}}


def test_the_names_of_all_expressions_are_known():
    data = {"a": ["${input.n + 1}"], "b": "x ${states.reserve.output.id} ${saga.id}"}
    assert Template(data, ENVIRONMENT).names == {"input", "saga", "states.reserve.output"}
    assert Template({"a": "plain"}, ENVIRONMENT).names == frozenset()


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("a ${input.n", "never closed", "${input.n"),
        ("a ${input.n\nb", "never closed", "${input.n"),
        ("${ {'a': 1}", "never closed", "${ {'a': 1}"),
        ("a ${} b", "empty", "${}"),
        ("${  }", "empty", "${  }"),
        ("${input.n // }", "never closed", "${input.n // }"),
    ],
)
def test_a_malformed_template_is_told_with_its_place(text, message, marked):
    with pytest.raises(TemplateError, match=message) as raised:
        scan(text)
    assert text[raised.value.start : raised.value.end] == marked
    with pytest.raises(EvaluationError, match=message):
        Template(text, ENVIRONMENT)


def test_an_open_quote_is_named_as_the_reason():
    with pytest.raises(TemplateError) as raised:
        scan("${input.name's}")
    assert "'" in raised.value.hint
    assert "never closed" in raised.value.hint


def scanned(text: str) -> tuple[list[Part], TemplateError | None]:
    try:
        return scan(text), None
    except TemplateError as error:
        return [], error


PIECES = st.sampled_from(["$", "{", "}", "${", "$${", "'", '"', "a", " ", "\\", "\n", "//", "1", "'''", "r'"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_parts_lie_side_by_side_and_expressions_stand_where_they_say(text):
    parts, error = scanned(text)
    if error is not None:
        assert text[error.start :].startswith("${")
        assert error.start < error.end <= len(text)
        return
    at = 0
    for part in parts:
        if part.is_expression:
            assert text[part.start - 2 : part.end + 1] == "${" + part.text + "}"
            assert part.start - 2 == at
            at = part.end + 1
        else:
            assert part.start == at
            assert part.text == text[part.start : part.end].replace("$${", "${")
            at = part.end
    assert at == len(text)


@given(st.text())
def test_any_text_can_be_written_as_a_template(text):
    assert render(text.replace("${", "$${")) == text


def test_expressions_are_listed_with_path_and_offset_in_the_order_of_the_text():
    data = {"a": "x ${input.n} ${ input.s}", "b": [1, {"c": "${saga.id}"}], "broken": "${", "d": "$${no}"}
    assert list(expressions_in(data, ("payload",))) == [
        (("payload", "a"), 4, "input.n"),
        (("payload", "a"), 15, " input.s"),
        (("payload", "b", 1, "c"), 2, "saga.id"),
    ]


SAGA = """
name: trip
input: {type: object, required: [n], properties: {n: {type: integer}}}
output: {total: "${states.pay.output.total}"}
states:
  book_hotel:
    service: hotel
    action: book
    fail_when: [{when: "output.status == 'full' && has(output.until)", error: Full}]
    compensation: {action: cancel, payload: {ref: "${states.book_hotel.output.ref}", n: "${input.n}"}}
    next: pay
  pay:
    service: bank
    action: pay
    kind: pivot
    payload:
      amount: "${states.book_hotel.output.price.amount}"
      all: "${states.book_hotel.output}"
      first: "${states.book_hotel.output.rooms[0].number} states.book_hotel.output.text"
      many: "${states.book_hotel.output.guests.map(output, output.name)} ${states.book_hotel.output['no-show']}"
    next: pick
  pick:
    type: choice
    choices: [{when: "states.pay.output.ok", next: sum}]
    default: done
  sum: {type: pass, output: {x: "${states.pay.output}"}, next: done}
  done: {type: succeed}
"""


def test_the_fields_that_are_read_of_every_output_are_known():
    assert fields_read(load(SAGA)) == {
        "book_hotel": {("status",), ("until",), ("ref",), ("price", "amount"), ("rooms",), ("guests",), ("no-show",)},
        "pay": {("total",), ("ok",)},
    }
