"""Which cases conditions leave open: seen in their text, and held against what CEL says of every value there is."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.celcases import Cases
from sagadsl.language.datatypes import ANY, DataType, Limits
from sagadsl.language.expressions import Environment

TYPES = {
    "input.n": DataType("int"),
    "input.x": DataType("number"),
    "input.kind": DataType("text", constants=("a", "b", "c")),
    "input.ok": DataType("bool"),
    "input.few": DataType("int", limits=Limits(1, 3)),
    "input.paid": DataType("number", limits=Limits(0, above=True)),
    "input.share": DataType("number", limits=Limits(0, 1, below=True)),
    "input.some": DataType("list", limits=Limits(1, 2)),
    "input.mixed": DataType(constants=("a", 1, True)),
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
        ["input.few == 1", "input.few == 2", "input.few == 3"],
        ["input.few < 3", "input.few == 3"],
        ["input.paid > 0.0"],
        ["input.share >= 0.0"],
        ["input.share < 1.0"],
        ["size(input.some) >= 1"],
        ["input.some.size() == 1", "input.some.size() == 2"],
        ["input.mixed == 'a'", "input.mixed == 1", "input.mixed == true"],
        ["input.x >= 0.0", "!(input.y < input.x && input.y >= 2.0)"],
        ["input.n > 3", "input.n < input.m", "input.m <= 3"],
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
        (["input.a <= input.b"], "input.a is more than input.b"),
        (["input.a == input.b"], "input.a is not input.b"),
        (["size(input.list) > 0"], "size(input.list) is 0"),
        (["input.ok && input.n > 1", "!input.ok"], "input.ok is true and input.n is 1"),
        (["input.name.startsWith('x')"], "input.name.startsWith('x') is false"),
        (["input.t > duration('1h')"], "input.t is duration('1h')"),
        (["false"], ""),
        (["input.few == 1", "input.few == 3"], "input.few is between 1 and 3"),
        (["input.paid > 1.0"], "input.paid is 1.0"),
        (["input.share > 0.0"], "input.share is 0"),
        (["size(input.some) > 1"], "size(input.some) is 1"),
        (["size(input.list) - 5 >= 0"], "size(input.list) - 5 is less than 0"),
        (["input.any == 'a'", "input.any == true"], "input.any is something else"),
        (["input.any == 1", "input.any == true"], "input.any is something else"),
        (["input.mixed == 'a'", "input.mixed == 1"], "input.mixed is true"),
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


ordered = st.tuples(st.sampled_from("xy"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 1)).map(
    lambda found: f"input.{found[0]} {found[1]} {found[2]}.0"
)
pairs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="]).map(lambda sign: f"input.x {sign} input.y")
of_two = st.recursive(
    ordered | pairs,
    lambda inner: st.one_of(
        inner.map(lambda a: f"!({a})"),
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]}) && ({ab[1]})"),
        st.tuples(inner, inner).map(lambda ab: f"{ab[0]} || {ab[1]}"),
    ),
    max_leaves=4,
)


@given(st.lists(of_two, min_size=1, max_size=3))
def test_so_it_is_where_two_terms_are_compared_with_each_other_and_with_constants(conditions):
    expressions = [Environment(()).expression(text) for text in conditions]
    grid = [quarter / 4 for quarter in range(-2, 7)]

    is_open = any(not any(each.test({"input": {"x": x, "y": y}}) for each in expressions) for x in grid for y in grid)

    assert (open_case(*conditions) is not None) == is_open


@given(st.lists(st.text(alphabet="input.n()?:+'\"! &|=<>[],01", max_size=30), max_size=3))
def test_any_text_at_all_can_be_looked_at(conditions):
    assert open_case(*conditions) is None or isinstance(open_case(*conditions), str)
