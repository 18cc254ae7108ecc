"""A number that a service answers as `3` is as good as `3.0` in arithmetic with one that is no whole number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.expressions import Environment, EvaluationError

ENVIRONMENT = Environment(["a"])


def value(text, **output):
    return ENVIRONMENT.expression(text).evaluate({"states.a.output": output, "index": 1})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("states.a.output.total * 1.5", 4.5),
        ("states.a.output.total - states.a.output.part", 2.5),
        ("states.a.output.total / 2.0", 1.5),
        ("states.a.output.prices.map(p, p * 1.5)", [1.5, 3.75]),
        ("states.a.output.prices[index] + states.a.output.total", 5.5),
        ("states.a.output.total > 2.5 ? states.a.output.total * 1.5 : 0.0", 4.5),
    ],
)
def test_a_whole_number_takes_part_as_a_double(text, expected):
    assert value(text, total=3, part=0.5, prices=[1, 2.5]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "states.a.output.total + 'x'",
        "states.a.output.part * 2",
        "string(states.a.output.id) + string(states.a.output.total * 1.5)",
        "double(states.a.output.total / states.a.output.two) * 1.0 + states.a.output.total * 1.5",
        "states.a.output.huge * 1.5",
    ],
)
def test_where_that_could_change_what_else_is_read_it_fails_as_ever(text):
    with pytest.raises(EvaluationError, match="cannot take"):
        value(text, total=3, two=2, part=0.5, id=123456789, huge=2**53 + 1)


@given(st.integers(-1000, 1000), st.floats(-1000, 1000), st.sampled_from("+-*"))
def test_it_is_what_doubles_give(whole, number, sign):
    text = f"states.a.output.n {sign} states.a.output.x"

    assert value(text, n=whole, x=number) == value(text, n=float(whole), x=number)


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.sampled_from("+-*/%"))
def test_two_whole_numbers_stay_whole(one, other, sign):
    assert type(value(f"states.a.output.n {sign} states.a.output.m", n=one, m=other)) is int
