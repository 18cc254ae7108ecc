import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagadsl.language import schema as module
from sagadsl.language.quick_schema import accepts
from sagadsl.language.schema import check_structure, schema, structure_problems
from sagadsl.language.source import parse

TASK = "service: s, action: t, next: done"
ENDING = "  done: {type: succeed}\n"


def found(text):
    return check_structure(parse(text, "f"))


def in_states(states):
    return found("name: x\nstates:\n" + states + ENDING)


def the_problem(diagnostics):
    (diagnostic,) = diagnostics
    return diagnostic


def whole_definition():
    """One of everything that the language has."""
    return {
        "sagadsl": "1.0",
        "name": "everything",
        "version": "2",
        "description": "d",
        "labels": {"team": "a"},
        "input": {"type": "object", "properties": {"amount": {"type": "number"}}},
        "output": {"x": 1},
        "timeout": "5m",
        "max_retries": 0,
        "defaults": {"timeout": 5, "retry": {"max_attempts": 2}},
        "compensation": {"order": "parallel", "on_failure": "continue", "timeout": "1s", "retry": {"jitter": "full"}},
        "start": "a",
        "states": {
            "a": {
                "type": "task",
                "description": "d",
                "service": "s",
                "action": "t",
                "payload": ["${input.amount}", None],
                "compensation": {"service": "s", "action": "u", "payload": 1, "timeout": 1, "retry": {}},
                "kind": "pivot",
                "timeout": "1h30m",
                "retry": {
                    "max_attempts": 3,
                    "initial_delay": 0,
                    "multiplier": 1.5,
                    "max_delay": "1d",
                    "jitter": "none",
                    "on": ["Timeout", "*"],
                    "except": ["Declined"],
                },
                "fail_when": [{"when": "output.x", "error": "Declined", "message": "m"}],
                "catch": [{"errors": ["*"], "next": "f"}],
                "on_failure": {"wait_for": "signal", "timeout": "2d"},
                "next": "c",
            },
            "b": {"service": "s", "action": "t", "compensation": "u", "on_failure": "continue", "next": "p"},
            "c": {"type": "choice", "choices": [{"when": "true", "next": "b"}], "default": "p"},
            "p": {"type": "pass", "output": {}, "next": "done"},
            "f": {"type": "fail", "error": "Lost", "message": "m"},
            "done": {"type": "succeed", "output": []},
        },
    }


def test_the_schema_is_one_and_a_definition_with_everything_fits_it():
    Draft7Validator.check_schema(schema())
    assert list(Draft7Validator(schema()).iter_errors(whole_definition())) == []
    assert structure_problems(whole_definition()) == []


def test_every_property_tells_an_editor_what_it_is_for():
    def silent(node, path=()):
        if isinstance(node, dict):
            for key, value in node.get("properties", {}).items():
                target = schema()["definitions"][value["$ref"].split("/")[-1]] if "$ref" in value else value
                if not isinstance(value.get("description", target.get("description")), str):
                    yield (*path, key)
            for key, value in node.items():
                yield from silent(value, (*path, key))
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from silent(value, (*path, index))

    # The conditions on `type` are no keys of their own, nor are those of an example.
    assert [path for path in silent(schema()) if not {"if", "examples"} & set(path)] == []


def test_the_schema_that_is_given_away_can_be_changed_without_harm():
    schema()["properties"].clear()
    assert schema()["properties"]


def test_a_valid_definition_loads_no_jsonschema():
    import subprocess
    import sys

    program = (
        "import sys, json\n"
        "from sagadsl.language.schema import structure_problems\n"
        "assert structure_problems(json.loads(sys.argv[1])) == []\n"
        "assert 'jsonschema' not in sys.modules"
    )
    import json

    subprocess.run([sys.executable, "-c", program, json.dumps(whole_definition())], check=True)


# The author's words


@pytest.mark.parametrize(
    ("state", "code", "column", "says", "hint"),
    [
        (
            "{servce: s, action: t, next: done, service: s}",
            "SAGA201",
            7,
            "unknown key 'servce' in state 'a'",
            "'service'",
        ),
        (f"{{{TASK}, zzz: 1}}", "SAGA201", 42, "unknown key 'zzz'", "the keys known here are"),
        ("{action: t, next: done}", "SAGA202", 3, "state 'a' lacks the key 'service'", "add: service"),
        ("{type: fail}", "SAGA202", 3, "lacks the key 'error'", ""),
        (f"{{{TASK}, retry: 3}}", "SAGA203", 49, "a map was expected for 'retry', but this is a number", ""),
        (f"{{{TASK}, catch: {{}}}}", "SAGA203", 49, "a list was expected for 'catch', but this is a map", ""),
        (f"{{{TASK}, description: 1}}", "SAGA203", 55, "text was expected", "put it in quotes"),
        (f"{{{TASK}, description: }}", "SAGA203", 55, "but this is empty", "give it a value"),
        (
            f"{{{TASK}, retry: {{max_attempts: '3'}}}}",
            "SAGA203",
            64,
            "a whole number was expected",
            "delete the quotes",
        ),
        (f"{{{TASK}, retry: {{max_attempts: true}}}}", "SAGA203", 64, "but this is true", ""),
        (f"{{{TASK}, retry: {{max_attempts: 0}}}}", "SAGA204", 64, "at least 1", ""),
        (f"{{{TASK}, retry: {{on: []}}}}", "SAGA204", 54, "'on' is empty", ""),
        (f"{{{TASK}, kind: pivott}}", "SAGA204", 48, "expected one of compensatable, pivot", "'pivot'"),
        (f"{{{TASK}, on_failure: stop}}", "SAGA204", 54, "expected one of compensate, fail, continue", ""),
        (f"{{{TASK}, on_failure: {{wait_for: 1}}}}", "SAGA203", 65, "text was expected for 'wait_for'", ""),
        ("{type: wait}", "SAGA205", 13, "'wait', expected one of task, choice, pass, succeed, fail", ""),
        ("{type: fial}", "SAGA205", 13, "unknown state type 'fial'", "'fail'"),
        ("{type: [x]}", "SAGA205", 13, "unknown state type a list", ""),
        ("{service: my-service, action: t, next: done}", "SAGA207", 16, "'my-service' is not a valid name", "letters"),
        (f"{{{TASK}, timeout: 10x}}", "SAGA208", 51, "'10x' is not a duration", "1h30m"),
        (f"{{{TASK}, timeout: 1m1h}}", "SAGA208", 51, "write 1h1m", ""),
        (f"{{{TASK}, timeout: 0}}", "SAGA208", 51, "longer than 0", ""),
        (f"{{{TASK}, timeout: 0ms}}", "SAGA208", 51, "longer than 0", ""),
        (f"{{{TASK}, timeout: 999999d}}", "SAGA208", 51, "100 years", ""),
        (f"{{{TASK}, timeout: []}}", "SAGA208", 51, "a duration was expected", ""),
        ("[]", "SAGA203", 6, "a state is a map of keys, but this is a list", ""),
        ("{type: choice, choices: [{when: '', next: done}]}", "SAGA204", 38, "the text for 'when' is empty", ""),
        ("{type: choice, choices: [{when: x}]}", "SAGA202", 31, "entry 1 of 'choices' lacks the key 'next'", ""),
    ],
)
def test_a_mistake_in_a_state_is_told_in_words_at_its_place(state, code, column, says, hint):
    diagnostic = the_problem(in_states(f"  a: {state}\n"))
    assert (diagnostic.code, diagnostic.place.line, diagnostic.place.column) == (code, 3, column)
    assert says in diagnostic.message
    assert hint in diagnostic.hint


@pytest.mark.parametrize(
    ("text", "code", "where", "says"),
    [
        ("[]", "SAGA203", (1, 1), "a definition is a map"),
        ("just text", "SAGA203", (1, 1), "but this is text"),
        ("name: x", "SAGA206", (1, 1), "neither 'states' nor 'steps'"),
        (
            "name: x\nsteps: [{id: a, service: s, action: t}]\nstates: {a: {type: succeed}}",
            "SAGA206",
            (3, 1),
            "not both",
        ),
        ("states: {a: {type: succeed}}", "SAGA202", (1, 1), "lacks the key 'name'"),
        ("name: x\nstates: {}", "SAGA204", (2, 9), "'states' is empty"),
        ("name: x\nsteps: []", "SAGA204", (2, 8), "'steps' is empty"),
        ("name: x\nstates: {a b: {type: succeed}}", "SAGA207", (2, 10), "'a b' is not a valid name"),
        ('name: "x\\n"\nstates: {a: {type: succeed}}', "SAGA207", (1, 7), "not a valid name"),
        (f"name: {'x' * 65}\nstates: {{a: {{type: succeed}}}}", "SAGA207", (1, 7), "not a valid name"),
        ("sagadsl: 1.0\nname: x\nstates: {a: {type: succeed}}", "SAGA209", (1, 10), "1.0 is no language version"),
        ("sagadsl: '7'\nname: x\nstates: {a: {type: succeed}}", "SAGA209", (1, 10), "'7' is no language version"),
        ("name: x\nsteps: [{id: a, service: s, action: t, next: b}]", "SAGA210", (2, 40), "a step has no 'next'"),
        ("name: x\nsteps: [{id: a, type: choice}]", "SAGA205", (2, 23), "expected one of task, pass"),
        ("name: x\nsteps: [null]", "SAGA203", (2, 9), "a step is a map"),
        ("name: x\nsteps: [{id: a, type: pass}, {id: a, type: pass}]", "SAGA211", (2, 35), "step 1 has the id 'a'"),
    ],
)
def test_a_mistake_at_the_top_is_told_in_words_at_its_place(text, code, where, says):
    diagnostic = the_problem(found(text))
    assert (diagnostic.code, diagnostic.place.line, diagnostic.place.column) == (code, *where)
    assert says in diagnostic.message


def test_all_mistakes_are_told_at_once():
    states = "  a: {servce: s, action: 'b c', timeout: x, retry: {jitter: 1}}\n  b: {type: pass}\n"
    codes = [diagnostic.code for diagnostic in in_states(states)]
    assert codes == ["SAGA202", "SAGA202", "SAGA201", "SAGA207", "SAGA208", "SAGA204", "SAGA202"]


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


# The two readings of the schema agree


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | st.sampled_from(["", "1s", "task"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "next", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@st.composite
def mutations(draw):
    """A definition with everything, in which a few values have been replaced, removed or added."""
    data = whole_definition()
    for _ in range(draw(st.integers(0, 3))):
        node, key = data, draw(st.sampled_from(sorted(data)))
        while draw(st.booleans()) and isinstance(node[key], dict | list) and node[key]:
            node = node[key]
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace":
            node[key] = draw(JSON)
        elif action == "remove" and isinstance(node, dict) and len(data) > 1:
            del node[key]
        elif isinstance(node, dict):
            node[draw(st.sampled_from(["steps", "next", "timeout", "b c", "type"]))] = draw(JSON)
    return data


def states_in(data):
    return data["states"].values() if isinstance(data.get("states"), dict) else []


@given(mutations())
def test_what_the_quick_reading_accepts_jsonschema_accepts_as_well(data):
    for part, part_schema in module._parts().items():
        for value in (data, *states_in(data)):
            if accepts(part_schema, value):
                assert module._validator(part).is_valid(value)


@given(mutations())
def test_whatever_jsonschema_refuses_is_told_in_words(data):
    before = copy.deepcopy(data)
    problems = structure_problems(data)
    if not Draft7Validator(schema()).is_valid(data):
        assert problems
    assert data == before
    for problem in problems:
        assert not any(word in problem.message for word in ("None", "dict", "schemas", "Traceback", "{'", "['"))
