"""The JSON Schema of a saga's input: it has to be valid and to stand on its own."""

import itertools
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagadsl.language.input_schema import problems
from sagadsl.language.inputs import InputError, prepare_input
from sagadsl.language.load import check, load
from sagadsl.language.plain_schema import is_plain
from tests.language.definitions import found, the_problem

LINE = "name: x\nstates: {a: {type: pass, output: '${input.a0}', next: b}, b: {type: succeed}}\ninput: "


def loaded(schema):
    return load(LINE + json.dumps(schema))


@pytest.mark.parametrize(
    ("schema_text", "pointed_at", "says"),
    [
        ("{type: objct}", "objct", "'objct' is no type"),
        ("{type: string}", "string", "always a map"),
        ("{properties: {a: {type: [string, nll]}}}", "nll", "'nll' is no type"),
        ("{properties: {a: {type: []}}}", "[]", "is not allowed for 'type'"),
        ("{properties: {a: {items: {type: 1}}}}", "1", "is no type"),
        ("{properties: {a: {items: [{}, {minimum: x}]}}}", "x", "'x' is not allowed for 'minimum'"),
        ("{properties: {a: {required: true}}}", "true", "not allowed for 'required'"),
        ("{properties: {a: 3}}", "3", "a number is not allowed for 'a'"),
        ("{properties: {a: {pattern: '('}}}", "'('", "no regular expression"),
        ("{properties: {a: {$ref: 'http://x/y'}}}", "'http://x/y'", "leads to no schema"),
        ("{properties: {a: {$ref: '#/definitions/b'}}}", "'#/definitions/b'", "leads to no schema"),
        ("{properties: {a: {$ref: '#'}}, definitions: {b: {$ref: other}}}", "other", "leads to no schema"),
        ("{properties: {a: {$id: x}}}", "$id", "'$id' has no meaning"),
        (
            "{$schema: 'http://json-schema.org/draft-04/schema#'}",
            "'http://json-schema.org/draft-04/schema#'",
            "only draft-07",
        ),
        ("{$ref: '#'}", "{$ref: '#'}", "back to itself"),
        ("{allOf: [{anyOf: [{$ref: '#/allOf/0'}]}]}", "{anyOf: [{$ref: '#/allOf/0'}]}", "back to itself"),
    ],
)
def test_the_input_has_to_be_a_valid_schema_that_stands_on_its_own(schema_text, pointed_at, says):
    diagnostic = the_problem(found(f"name: x\nstates: {{a: {{type: succeed}}}}\ninput: {schema_text}"))
    assert diagnostic.code == "SAGA212"
    assert says in diagnostic.message
    place = diagnostic.place
    assert f"input: {schema_text}"[place.column - 1 : place.end_column - 1] == pointed_at


@pytest.mark.parametrize(("opening", "closing"), [("{not: ", "}"), ("{items: ", "}"), ("{properties: {a: ", "}}")])
def test_a_schema_as_deep_as_a_text_can_be_is_checked_or_refused(opening, closing):
    depth = 97 // len(closing)
    schema_text = opening * depth + "{type: nope}" + closing * depth
    diagnostic = the_problem(found(f"name: x\nstates: {{a: {{type: succeed}}}}\ninput: {schema_text}"))
    assert "is no type" in diagnostic.message or "too deep" in diagnostic.message


def test_a_schema_that_refers_to_itself_by_way_of_the_data_is_fine():
    tree = "{$schema: 'http://json-schema.org/draft-07/schema#', properties: {tree: {$ref: '#/definitions/tree'}},"
    tree += " definitions: {tree: {properties: {left: {$ref: '#/definitions/tree'}, v: {enum: [1, null]}}}}}"
    assert found(f"name: x\nstates: {{a: {{type: succeed}}}}\ninput: {tree}") == []


SOMEWHERE = {
    "type": "object",
    "zz": {"a": {"type": 3}},
    "default": {"type": 7},
    "examples": [{"type": 9}],
    "const": {"type": 8},
    "enum": [{"type": 6}],
    "$defs": {"text": {"type": "string"}},
    "dependencies": {"a": ["b"], "b": {"required": ["c"]}},
    "properties": {"list": {"items": [{"type": "string"}, True]}, "one": {"items": {"0": {"type": 4}}}},
    "allOf": [{"if": {"required": ["b"]}}],
}


@pytest.mark.parametrize(
    "reference",
    [
        *("#/zz/a", "#/zz", "#/default", "#/examples/0", "#/const", "#/enum/0", "#/properties", "#/dependencies/a"),
        *("#/properties/one/items/0", "#/properties/list/items/2", "#/allOf", "#/type", "#/properties/list/items/00"),
    ],
)
def test_a_reference_leads_to_no_place_where_a_schema_would_go_unchecked(reference):
    schema = {**SOMEWHERE, "definitions": {"a": {"$ref": reference}}}
    diagnostic = the_problem(found(LINE + json.dumps(schema)))
    assert (diagnostic.code, "leads to no schema" in diagnostic.message) == ("SAGA212", True)


@pytest.mark.parametrize(
    "reference",
    [
        *("#/$defs/text", "#/dependencies/b", "#/properties/list", "#/properties/list/items/0"),
        *("#/properties/list/items/1", "#/properties/one/items", "#/allOf/0/if", "#/properties/l%69st"),
    ],
)
def test_a_reference_leads_wherever_a_schema_stands(reference):
    assert found(LINE + json.dumps({**SOMEWHERE, "definitions": {"a": {"$ref": reference}}})) == []


def test_what_only_a_reference_can_reach_is_checked_as_well():
    text = LINE + json.dumps({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "nope"}}})
    assert the_problem(found(text)).message == (
        "the input schema: 'nope' is no type, expected array, boolean, integer, null, number, object or string"
    )


@pytest.mark.parametrize("pattern", ["[[:alpha:]]", "[a--b]", "[a&&b]"])
def test_a_pattern_that_is_not_what_it_seems_is_told_and_not_warned_of(pattern):
    text = f"name: x\nstates: {{a: {{type: succeed}}}}\ninput: {{properties: {{a: {{pattern: '{pattern}'}}}}}}"
    diagnostic = the_problem(found(text))
    assert diagnostic.message == f"the input schema: '{pattern}' is no regular expression"
    assert diagnostic.hint == "inside […], write ranges such as a-z for [:alpha:], and \\[ for a bracket"


def chain(length, link):
    """Schemas that refer to each other: `link` makes one of a reference to the next."""
    names = [f"d{i}" for i in range(length)]
    definitions = {name: link({"$ref": f"#/definitions/{after}"}) for name, after in itertools.pairwise(names)}
    return {"properties": {"a0": {"$ref": "#/definitions/d0"}}, "definitions": {**definitions, names[-1]: {}}}


def test_schemas_that_lead_to_schemas_for_one_value_come_to_an_end():
    text = LINE + json.dumps(chain(600, lambda further: further))
    diagnostic = the_problem(found(text))
    assert "more than 50 schemas lead to each other" in diagnostic.message
    assert "required" in str(
        loaded({"required": ["a0"], **chain(20, lambda further: {"allOf": [further]})}).input_schema
    )


@pytest.mark.parametrize(
    "link",
    [
        lambda further: {"type": "object", "properties": {"a": further}},
        lambda further: {"type": "array", "items": further},
        lambda further: {"allOf": [{"not": {"properties": {"a": further}}}]},
        lambda further: {"properties": {"a": further, "b": further, "c": {"items": further}}},
    ],
)
def test_a_schema_of_any_depth_is_loaded_and_checks_input(link):
    definition = loaded({"required": ["a0"], **chain(300, link)})
    value = 1
    for _ in range(90):
        value = {"a": value}
    for given_input in ({"a0": value}, {"a0": [[[]]]}, {}):
        with suppress(InputError):
            assert prepare_input(definition, given_input) == given_input


names = st.sampled_from(["a0", "b", "c"])
references = st.sampled_from(["#", "#/properties/a0", "#/definitions/b", "#/definitions/c/items", "#/allOf/0", "#/b/c"])
schemas = st.recursive(
    st.one_of(
        st.booleans(),
        st.builds(lambda to: {"$ref": to}, references),
        st.builds(lambda kind: {"type": kind}, st.sampled_from(["string", "integer", "object", "nope", ["null"]])),
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array"]),
            "properties": st.dictionaries(names, inner, max_size=3),
            "definitions": st.dictionaries(names, inner, max_size=3),
            "items": st.one_of(inner, st.lists(inner, max_size=2)),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "(", "[[b]]"]), inner, max_size=1),
            "required": st.lists(names, max_size=2),
        },
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(schemas.filter(lambda schema: isinstance(schema, dict)))
def test_any_schema_is_told_what_is_wrong_with_it_or_checks_any_input(schema):
    definition, diagnostics = check(LINE + json.dumps(schema), "f")
    assert (definition is None) == any(each.severity == "error" for each in diagnostics)
    if definition is not None:
        with suppress(InputError):
            assert prepare_input(definition, {"a0": {"b": [1.0, {}]}}) == {"a0": {"b": [1.0, {}]}}


@settings(max_examples=60, deadline=None)
@given(schemas)
def test_a_plain_schema_has_nothing_that_anybody_would_object_to(schema):
    if is_plain(schema):
        Draft7Validator.check_schema(schema)
        if isinstance(schema, dict):
            assert list(problems(schema, ("payload",), "the schema")) == []
            assert not {"$ref", "$id", "patternProperties", "allOf"} & schema.keys()
