"""What `has(…)` guards: an expression that passes never reads a field that is missing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.celcheck import Checker, Scope
from sagadsl.language.celguards import readings
from sagadsl.language.celtokens import tokens
from sagadsl.language.datatypes import of_schema
from sagadsl.language.expressions import Environment, EvaluationError

BOOL = {"type": "boolean"}
SCHEMA = {
    "type": "object",
    "properties": {"a": BOOL, "b": BOOL, "o": {"type": "object", "properties": {"c": BOOL}}},
}
CHECKER = Checker(of_schema(SCHEMA), [])
ENVIRONMENT = Environment([])


def present(text: str) -> list[tuple[str, list[str], bool]]:
    return [
        (r.reference.text, sorted(".".join(map(str, key)) for key in r.present), r.asked)
        for r in readings(tokens(text))
    ]


def test_what_is_asked_for_is_there_where_the_answer_was_yes():
    assert present("has(x.y) ? x.y : x.z") == [("x.y", [], True), ("x.y", ["x.y"], False), ("x.z", [], False)]


def test_asking_for_a_field_of_what_may_be_missing_guards_only_what_follows():
    assert present("has(x.y.z) && x.y.z")[1] == ("x.y.z", ["x.y.z"], False)
    assert present("x.y.z && has(x.y.z)")[0] == ("x.y.z", [], False)


def test_the_order_of_the_sides_does_not_matter():
    assert present("x.y && has(x.y)")[0] == ("x.y", ["x.y"], False)
    assert present("x.y || !has(x.y)")[0] == ("x.y", ["x.y"], False)


def test_any_tokens_can_be_read():
    assert present("?:?((]has(&&||!{,}") == []
    assert present("has()") == []


READS = st.sampled_from(["input.a", "input.b", "input.o.c", "has(input.a)", "has(input.b)", "has(input.o)"])
LEAVES = READS | st.sampled_from(["has(input.o.c)", "true", "false"])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: (
        inner.map(lambda e: f"!{e}" if e.startswith("has") else f"!({e})")
        | st.tuples(inner, inner).map(" && ".join).map("({})".format)
        | st.tuples(inner, inner).map(" || ".join).map("({})".format)
        | st.lists(inner, min_size=3, max_size=3).map(lambda three: "({} ? {} : {})".format(*three))
        | inner.map("[{}][0]".format)
    ),
    max_leaves=8,
)
INPUTS = [
    {name: value for name, value in {"a": a, "b": b, "o": o}.items() if value is not None}
    for a, b, o in itertools.product([None, True, False], [None, True], [None, {}, {"c": True}, {"c": False}])
]


@given(EXPRESSIONS)
def test_an_expression_that_passes_has_a_value_whatever_is_missing(text):
    if CHECKER.check(text, Scope(), "bool"):
        return
    expression = ENVIRONMENT.expression(text)
    for data in INPUTS:
        expression.evaluate({"input": data})


@given(EXPRESSIONS)
def test_a_plain_guard_is_never_told(text):
    guarded = f"has(input.a) && has(input.b) && has(input.o) && has(input.o.c) && ({text})"
    assert CHECKER.check(guarded, Scope(), "bool") == []


def test_the_laws_would_notice():
    assert CHECKER.check("input.a || has(input.b)", Scope(), "bool")
    with pytest.raises(EvaluationError, match="no field 'a'"):
        ENVIRONMENT.expression("input.a").evaluate({"input": {}})
