"""An expression that only names a field is read directly; CEL itself would say the same."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagadsl.language.expressions import Environment, EvaluationError, Expression

ENVIRONMENT = Environment(["a"], item_names=["item"], signal_names=["go"])
NAMES = ["x", "y", "size", "a"]
INT64 = 2**63

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-INT64, INT64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)
data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "no name"]), inner, max_size=3)
    ),
    max_leaves=12,
)
scopes = st.dictionaries(st.sampled_from(["input", "states.a.output", "error", "item", "signals.go"]), data, max_size=4)
paths = st.lists(st.sampled_from(NAMES), max_size=4)


def by_cel(direct):
    """The same expression, evaluated by CEL."""
    return Expression(direct.text, direct._program, direct.names, None)


def told(expression, scope):
    """Its value, or why it has none."""
    try:
        value = expression.evaluate(scope)
    except EvaluationError as error:
        return str(error), error.expression, error.reason
    return json.dumps(value, sort_keys=True)


@given(st.sampled_from(["input", "states.a.output", "error", "item", "signals.go"]), paths, scopes)
@example("input", ["x"], {})
@example("input", ["x", "y"], {"input": {"x": {"y": 1}}})
@example("input", ["x", "y"], {"input": {"x": [1]}})
@example("input", [], {"input": {"y": 1, "x": {"a": -0.0}}})
@example("error", ["x"], {"error": "text"})
def test_a_direct_read_has_the_value_or_the_words_that_cel_has(variable, path, scope):
    direct = ENVIRONMENT.expression(".".join([variable, *path]))

    assert direct._plain is not None
    assert told(direct, scope) == told(by_cel(direct), scope)


@pytest.mark.parametrize("text", ["input.x", "states.a.output.x", "item"])
def test_what_is_read_directly_can_be_changed_without_changing_the_saga(text):
    scope = {"input": {"x": {"deep": [1]}}, "states.a.output": {"x": {"deep": [1]}}, "item": {"deep": [1]}}

    value = ENVIRONMENT.expression(text).evaluate(scope)
    value["deep"].append(2)

    assert ENVIRONMENT.expression(text).evaluate(scope) == {"deep": [1]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_cannot_hold_are_refused_in_the_same_words(value):
    direct = ENVIRONMENT.expression("input.x")

    assert told(direct, {"input": {"x": value}}) == told(by_cel(direct), {"input": {"x": value}})
    assert "infinite or undefined" in told(direct, {"input": {"x": value}})[0]
