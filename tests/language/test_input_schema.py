"""The JSON Schema of a saga's input: it has to be valid and to stand on its own."""

import pytest

from tests.language.definitions import found, the_problem


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
        ("{properties: {a: {$ref: '#/properties'}}, definitions: {b: {$ref: other}}}", "other", "leads to no schema"),
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
