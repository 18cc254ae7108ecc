"""Which cases conditions leave open: seen in their text, and held against what CEL says of every value there is."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.celcases import Cases
from sagadsl.language.datatypes import ANY, DataType
from sagadsl.language.expressions import Environment

TYPES = {
    "input.n": DataType("int"),
    "input.x": DataType("number"),
    "input.kind": DataType("text", constants=("a", "b", "c")),
    "input.ok": DataType("bool"),
}


def open_case(*conditions):
    return Cases(conditions, lambda term: TYPES.get(term, ANY)).open_case()


@pytest.mark.parametrize(
    "conditions",
    [
        ["input.ok", "!input.ok"],
        ["input.ok == true", "input.ok != true"],
        ["input.any", "!(input.any)"],
        ["input.x < 10.0", "input.x >= 10.0"],
        ["input.x < 10.0", "10.0 < input.x", "input.x == 10.0"],
        ["input.n <= 3", "input.n > 3 && input.n <= 5", "input.n >= 6"],
        ["input.kind == 'a'", 'input.kind == "b"', "input.kind == 'c'"],
        ["input.kind in ['a', 'b']", "input.kind == 'c'"],
        ["input.kind != 'a'", "input.kind == 'a'"],
        ["input.other == 'a'", "input.other != 'a'"],
        ["has(input.x) && input.x > 1.0", "!has(input.x) || input.x <= 1.0"],
        ["input.a < input.b", "input.b < input.a", "input.a == input.b"],
        ["input.a >= input.b", "input.b > input.a"],
        ["size(input.list) == 0", "size(input.list) > 0"],
        ["input.list.size() >= 1", "input.list.size() == 0"],
        ["input.name.startsWith('x')", "! input.name.startsWith( 'x' )"],
        ["input.ok ? input.n > 1 : true", "input.ok && input.n <= 1"],
        ["input.none == null", "input.none != null"],
        ["input.d < '2024-01-01'", "input.d >= '2024-01-01'"],
        ["-1 < input.n", "input.n < 0"],
        ["true"],
    ],
)
def test_where_one_of_the_conditions_always_holds_nothing_is_open(conditions):
    assert open_case(*conditions) is None


@pytest.mark.parametrize(
    ("conditions", "case"),
    [
        (["input.ok"], "input.ok is false"),
        (["input.x < 10.0", "input.x > 10.0"], "input.x is 10.0"),
        (["input.x < 1.0", "input.x >= 2.0"], "input.x is 1.0"),
        (["input.x <= 1.0", "input.x >= 2.0"], "input.x is between 1.0 and 2.0"),
        (["input.n >= 1"], "input.n is less than 1"),
        (["input.n < 1"], "input.n is 1"),
        (["input.kind == 'a'", "input.kind == 'c'"], "input.kind is 'b'"),
        (["input.other == 'a'", "input.other == 'b'"], "input.other is something else"),
        (["input.a < input.b", "input.a > input.b"], "input.a is input.b"),
        (["size(input.list) > 0"], "size(input.list) is 0"),
        (["input.ok && input.n > 1", "!input.ok"], "input.ok is true and input.n is 1"),
        (["input.name.startsWith('x')"], "input.name.startsWith('x') is false"),
        (["input.t > duration('1h')"], "input.t is duration('1h')"),
        (["false"], ""),
    ],
)
def test_otherwise_a_case_that_is_open_is_told(conditions, case):
    assert open_case(*conditions) == case


def test_more_cases_than_anybody_counts_are_open():
    assert open_case(*(f"input.a{i} == 1" for i in range(20))) == ""


numbers = st.sampled_from(["==", "!=", "<", "<=", ">", ">="]).flatmap(
    lambda sign: st.sampled_from([f"input.n {sign} {c}" for c in range(4)] + [f"{c} {sign} input.n" for c in range(4)])
)
texts = st.sampled_from(["input.kind == 'a'", "input.kind != 'b'", "input.kind in ['a', 'c']", "'c' == input.kind"])
atoms = numbers | texts | st.sampled_from(["input.ok", "input.ok == false", "true", "false"])
formulas = st.recursive(
    atoms,
    lambda inner: st.one_of(
        inner.map(lambda a: f"!({a})"),
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]}) && ({ab[1]})"),
        st.tuples(inner, inner).map(lambda ab: f"{ab[0]} || {ab[1]}"),
        st.tuples(inner, inner, inner).map(lambda abc: f"({abc[0]}) ? ({abc[1]}) : ({abc[2]})"),
    ),
    max_leaves=5,
)


@given(st.lists(formulas, min_size=1, max_size=4))
def test_a_case_is_open_exactly_where_some_input_makes_every_condition_false(conditions):
    expressions = [Environment(()).expression(text) for text in conditions]
    inputs = ({"n": n, "kind": k, "ok": ok} for n, k, ok in product(range(-1, 5), "abc", (True, False)))

    is_open = any(not any(each.test({"input": values}) for each in expressions) for values in inputs)

    assert (open_case(*conditions) is not None) == is_open


@given(st.lists(st.text(alphabet="input.n()?:+'\"! &|=<>[],01", max_size=30), max_size=3))
def test_any_text_at_all_can_be_looked_at(conditions):
    assert open_case(*conditions) is None or isinstance(open_case(*conditions), str)
