"""The two ways in which an input is held to its schema, the quick one and that of jsonschema, agree."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sagadsl.language.inputs import InputError, _the_long_way
from sagadsl.language.quick_input import UnsureError, taker

NAMES = st.sampled_from("abc")
NUMBERS = st.integers(-2, 3) | st.sampled_from([0.5, 2.0, 2**53 + 1, 2**63 - 1])
TEXTS = st.sampled_from(["", "a", "ab", "abc", "é", "𝄞", "\0", "\ud800", "A-1"])


def of_kind(kind, **keywords):
    optional = {name: st.none() | strategy for name, strategy in keywords.items()}
    return st.builds(
        lambda typed, title, **given: {
            **({"type": kind} if typed else {}),
            **({"title": "Duration"} if title else {}),
            **{name: value for name, value in given.items() if value is not None},
        },
        st.sampled_from([True, True, True, False]),
        st.booleans(),
        **optional,
    )


limits = dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), NUMBERS)
sizes = st.integers(0, 2)
leaves = (
    of_kind("number", **limits)
    | of_kind("integer", **limits)
    | of_kind("string", minLength=sizes, maxLength=sizes, pattern=st.sampled_from(["^[A-Z]", "b$", "^a*$"]))
    | of_kind("string", enum=st.lists(TEXTS | NUMBERS | st.booleans(), min_size=1, max_size=3))
    | of_kind("boolean")
    | st.sampled_from([True, False, {}, {"type": "null"}, {"type": ["integer", "null"]}, {"const": 1}])
    | st.sampled_from([{"not": {"type": "string"}}, {"anyOf": [{"type": "number"}, {"type": "string"}]}])
)


def nested(inner):
    return of_kind("array", items=inner, minItems=sizes, maxItems=sizes) | maps(inner)


def maps(inner):
    return of_kind(
        "object",
        properties=st.dictionaries(NAMES, inner, max_size=3),
        required=st.lists(NAMES, max_size=2, unique=True),
        additionalProperties=inner,
        minProperties=sizes,
        maxProperties=sizes,
    )


SCHEMAS = maps(st.recursive(leaves, nested, max_leaves=5))
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats() | st.integers() | TEXTS
VALUES = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.tuples(inner)
            | st.dictionaries(NAMES | TEXTS | st.just(1), inner, max_size=3)
        ),
        max_leaves=5,
    ),
)


@given(SCHEMAS, VALUES)
@example({"properties": {"a": {"type": "number"}}}, {"a": 3})
@example({"properties": {"a": {"enum": ["1", 1]}}}, {"a": True})
@example({"properties": {"a": {"type": "string", "maxLength": 1}}}, {"a": "𝄞"})
@example({"properties": {"a": {"pattern": "b$"}}}, {"a": "b\n"})
def test_what_the_quick_way_takes_the_long_way_takes_as_the_very_same(schema, value):
    take = taker(schema)
    try:
        quick = None if take is None else take(value)
    except UnsureError:
        quick = None
    if quick is not None:
        assert repr(quick) == repr(_the_long_way(schema, value))


@pytest.mark.parametrize(
    ("schema", "value", "result"),
    [
        (None, {"a": [1, 2.5, True, None, {"é": "ü"}, (3,)]}, {"a": [1, 2.5, True, None, {"é": "ü"}, [3]]}),
        ({"type": "object"}, {}, {}),
        (
            {
                "description": "An order.",
                "required": ["items"],
                "properties": {
                    "items": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "object", "properties": {"price": {"type": "number", "minimum": 0}}},
                    },
                    "currency": {"enum": ["USD", "EUR"]},
                    "sku": {"type": "string", "pattern": "^[A-Z]+$"},
                    "gift": {"type": "boolean"},
                    "count": {"type": "integer", "maximum": 9},
                },
            },
            {"items": [{"price": 3}], "currency": "EUR", "sku": "AB", "gift": True, "count": 9, "note": "x"},
            {"items": [{"price": 3.0}], "currency": "EUR", "sku": "AB", "gift": True, "count": 9, "note": "x"},
        ),
    ],
)
def test_what_most_schemas_are_made_of_is_taken_quickly(schema, value, result):
    taken = taker(schema)(value)
    assert repr(taken) == repr(result)
    assert taken is not value


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#/definitions/x"}, {"allOf": [{}]}, {"patternProperties": {"a": {}}}, {"dependencies": {"a": ["b"]}}],
)
def test_a_schema_that_says_more_is_left_to_the_long_way(schema):
    assert taker(schema) is None
    assert taker({"properties": {"a": schema}}) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**63, "\0", "\ud800", {"\0": 1}, {1: 2}, b"x", {1, 2}])
def test_what_is_no_json_data_is_left_to_the_long_way_which_says_so(value):
    with pytest.raises(UnsureError):
        taker(None)({"a": value})
    with pytest.raises(InputError):
        _the_long_way(None, {"a": value})


def test_data_without_end_is_left_to_the_long_way():
    endless = {}
    endless["again"] = endless
    with pytest.raises(UnsureError):
        taker(None)(endless)


def test_data_is_taken_as_deep_as_the_long_way_takes_it():
    def deep(levels):
        value = 1
        for _ in range(levels):
            value = {"a": value}
        return value

    for schema in (None, {"properties": {"a": {"properties": {"a": {}}, "type": "object"}}}):
        assert taker(schema)(deep(100)) == _the_long_way(schema, deep(100)) == deep(100)
        with pytest.raises(UnsureError):
            taker(schema)(deep(101))
