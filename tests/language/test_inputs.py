import copy
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.definition import Definition, Succeed
from sagadsl.language.inputs import InputError, prepare_input


def definition(schema):
    return Definition(name="x", states={"a": Succeed(name="a")}, start="a", input_schema=schema)


def prepared(schema, value):
    return prepare_input(definition(schema), value)


def problems(schema, value):
    with pytest.raises(InputError) as caught:
        prepared(schema, value)
    return [str(problem) for problem in caught.value.problems]


def same(left, right):
    return left == right and type(left) is type(right)


ORDER = {
    "type": "object",
    "required": ["amount", "items"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "currency": {"enum": ["USD", "EUR"]},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string", "pattern": "^[A-Z]+$"}, "quantity": {"type": "integer"}},
            },
        },
    },
}


def test_an_input_that_fits_is_copied():
    value = {"amount": 1.5, "items": [{"sku": "A", "quantity": 2}]}
    result = prepared(ORDER, value)
    assert result == value
    assert result is not value
    assert result["items"][0] is not value["items"][0]


def test_every_departure_is_told_with_its_path():
    value = {"amount": 0, "currency": "YEN", "items": [{"sku": "a"}, {"quantity": "2"}, {}], "odd key": 1}
    assert sorted(problems(ORDER, value)) == [
        "input.amount: 0 is not more than 0",
        "input.currency: 'YEN' is not one of 'USD', 'EUR'",
        "input.items[0].sku: 'a' does not match the pattern '^[A-Z]+$'",
        "input.items[1].quantity: a whole number was expected, but this is '2'",
        "input.items[1].sku: is missing",
        "input.items[2].sku: is missing",
        "input['odd key']: is unknown to the input schema",
    ]


def test_several_missing_keys_are_told_once_each():
    assert problems(ORDER, {}) == ["input.amount: is missing", "input.items: is missing"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "input: a map was expected, but this is empty"),
        ([], "input: a map was expected, but this is a list"),
        ("x", "input: a map was expected, but this is text"),
        ({"a": math.nan}, "input.a: infinity and not-a-number"),
        ({"a": [1, math.inf]}, "input.a[1]: infinity"),
        ({"a": 2**63}, "input.a: the whole number does not fit into 64 bits"),
        ({"a": {1, 2}}, "input.a: a value of the type set is no JSON data"),
        ({"a": b"x"}, "input.a: a value of the type bytes"),
        ({1: "x"}, "input: the key 1 is not text"),
        ({"a": "\ud800"}, "input.a: the text holds half a character"),
        ({"\ud800": 1}, "input: a key holds half a character"),
        ({"a": ["b\0c"]}, "input.a[0]: the text holds the character NUL"),
        ({"a": {"b\0": 1}}, "input.a: a key holds the character NUL"),
    ],
)
def test_what_is_no_map_of_json_data_is_refused(value, says):
    (problem,) = problems(None, value)
    assert problem.startswith(says)


def test_a_whole_number_that_came_as_a_float_fits_into_64_bits_too():
    assert problems({"properties": {"a": {"type": "integer"}}}, {"a": 1e300}) == [
        "input.a: the whole number does not fit into 64 bits"
    ]


def test_data_without_end_is_refused():
    endless = {}
    endless["again"] = endless
    (problem,) = problems(None, endless)
    assert "100 levels" in problem


def test_deep_data_is_held_to_a_schema_that_refers_to_itself_or_refused():
    step = {"allOf": [{"allOf": [{"allOf": [{"$ref": "#/definitions/tree"}]}]}]}
    schema = {"$ref": "#/definitions/tree", "definitions": {"tree": {"type": "object", "additionalProperties": step}}}
    deep = {}
    for _ in range(95):
        deep = {"a": deep}
    result, refusal = outcome(schema, deep)
    assert result == deep if refusal is None else "too deep" in str(refusal)


def test_without_a_schema_any_map_will_do_as_it_is():
    value = {"a": [1, 2.0, True, None, "x", (3,)]}
    assert prepared(None, value) == {"a": [1, 2.0, True, None, "x", [3]]}


def test_numbers_become_what_the_schema_names():
    schema = {
        "properties": {
            "n": {"type": "number"},
            "i": {"type": "integer"},
            "maybe": {"type": ["number", "null"]},
            "list": {"items": {"$ref": "#/definitions/price"}},
            "pair": {"items": [{"type": "number"}, {"type": "integer"}], "additionalItems": {"type": "number"}},
            "both": {"allOf": [{"minimum": 0}, {"type": "number"}]},
            "tree": {"$ref": "#/definitions/tree"},
            "any": {},
        },
        "additionalProperties": {"type": "number"},
        "definitions": {
            "price": {"type": "number"},
            "tree": {"properties": {"v": {"type": "number"}, "left": {"$ref": "#/definitions/tree"}}},
        },
    }
    value = {
        "n": 2,
        "i": 2.0,
        "maybe": 3,
        "list": [1, 2],
        "pair": [1, 2.0, 3],
        "both": 4,
        "tree": {"v": 1, "left": {"v": 2}},
        "any": 5,
        "other": 6,
    }
    before = copy.deepcopy(value)

    result = prepared(schema, value)

    assert same(result["n"], 2.0)
    assert same(result["i"], 2)
    assert same(result["maybe"], 3.0)
    assert [type(item) for item in result["list"]] == [float, float]
    assert [type(item) for item in result["pair"]] == [float, int, float]
    assert same(result["both"], 4.0)
    assert same(result["tree"]["left"]["v"], 2.0)
    assert same(result["any"], 5)
    assert same(result["other"], 6.0)
    assert value == before
    assert type(value["n"]) is int


json_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
schemas = st.recursive(
    st.sampled_from([{}, True, {"type": "number"}, {"type": "integer"}, {"type": ["integer", "number"]}])
    | st.just({"$ref": "#/definitions/d"}),
    lambda inner: st.builds(lambda s: {"items": s}, inner)
    | st.builds(lambda a, b: {"properties": {"a": a}, "additionalProperties": b}, inner, inner)
    | st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner),
    max_leaves=6,
)  # fmt: skip


@given(schemas, st.dictionaries(st.sampled_from("abc"), json_data))
def test_converting_changes_no_value_and_a_second_time_nothing_at_all(inner, value):
    schema = {"properties": {"a": inner}, "definitions": {"d": {"type": "integer"}}}
    before = copy.deepcopy(value)
    result, refusal = outcome(schema, value)
    assert value == before
    if refusal is None:
        assert result == value or any(abs(n) > 2**53 for n in numbers(value))
        assert repr(prepared(schema, result)) == repr(result)
    else:
        assert refusal.problems


def outcome(schema, value):
    try:
        return prepared(schema, value), None
    except InputError as error:
        return None, error


anything = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


def numbers(value):
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers(item)]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [value] if isinstance(value, int | float) else []


@given(anything)
def test_any_value_at_all_is_taken_or_refused(value):
    result, refusal = outcome(None, value)
    assert isinstance(result, dict) if refusal is None else str(refusal)


def test_numbers_under_patterns_and_under_other_keys_are_converted_too():
    schema = {
        "properties": {"a": {"type": "integer"}},
        "patternProperties": {"^n_": {"type": "number"}, "^x": {"items": {"type": "integer"}}},
        "additionalProperties": {"type": "integer"},
    }
    result = prepared(schema, {"a": 2.0, "n_a": 3, "xs": [4.0], "other": 5.0})
    assert same(result["a"], 2)
    assert same(result["n_a"], 3.0)
    assert same(result["xs"][0], 4)
    assert same(result["other"], 5)


def test_a_key_of_its_own_is_held_to_the_patterns_as_well():
    schema = {"properties": {"n": {"minimum": 0}}, "patternProperties": {"n": {"type": "number"}}}
    assert same(prepared(schema, {"n": 3})["n"], 3.0)


def test_nothing_is_ever_fetched_to_check_an_input(monkeypatch):
    import urllib.request

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_: pytest.fail("something was fetched"))
    with pytest.raises(Exception, match="Unresolvable"):
        prepared({"properties": {"a": {"$ref": "http://127.0.0.1:1/schema"}}}, {"a": 1})
