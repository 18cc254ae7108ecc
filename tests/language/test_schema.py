"""The shape of a definition, and the words in which an author is told what departs from it."""

import pytest
from jsonschema import Draft7Validator

from sagadsl.language.schema import STEP_TYPES, schema, structure_problems
from tests.language.definitions import TASK, found, in_states, straight_line, the_problem, whole_definition


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


def test_a_step_is_a_state_with_an_id_and_without_next():
    definitions = schema()["definitions"]
    for name in STEP_TYPES:
        state, step = definitions[name], definitions[f"{name}_step"]
        keys = list(step["properties"])
        assert keys == ["id", *[key for key in state["properties"] if key != "next"]]
        assert all(step["properties"][key] == state["properties"][key] for key in keys[1:])
        assert step["required"] == ["id", *[key for key in state["required"] if key != "next"]]
        assert [step.get(key) for key in ("oneOf", "dependencies")] == [
            state.get(key) for key in ("oneOf", "dependencies")
        ]


def test_a_straight_line_of_every_type_fits_the_schema():
    definition = {"name": "x", "steps": straight_line("a")}
    assert list(Draft7Validator(schema()).iter_errors(definition)) == []
    assert structure_problems(definition) == []


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
        (
            "{type: loop}",
            "SAGA205",
            13,
            "'loop', expected one of task, choice, parallel, map, wait, saga, pass, succeed, fail",
            "",
        ),
        ("{type: fial}", "SAGA205", 13, "unknown state type 'fial'", "'fail'"),
        ("{type: [x]}", "SAGA205", 13, "unknown state type a list", ""),
        (
            "{service: my-service, action: t, next: done}",
            "SAGA207",
            16,
            "'my-service' is not a valid name",
            "'my_service'",
        ),
        ("{service: 7up, action: t, next: done}", "SAGA207", 16, "'7up' is not a valid name", "letters, digits"),
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
        (
            "name: x\nsteps: [{id: a, type: choice}]",
            "SAGA205",
            (2, 23),
            "expected one of task, parallel, map, wait, saga, pass",
        ),
        ("name: x\nsteps: [null]", "SAGA203", (2, 9), "a step is a map"),
        (
            "name: x\nsteps: [{id: a, type: pass}, {id: a, type: pass}]",
            "SAGA211",
            (2, 35),
            "there is a state 'a' already, in line 2",
        ),
    ],
)
def test_a_mistake_at_the_top_is_told_in_words_at_its_place(text, code, where, says):
    diagnostic = the_problem(found(text))
    assert (diagnostic.code, diagnostic.place.line, diagnostic.place.column) == (code, *where)
    assert says in diagnostic.message


def test_all_mistakes_are_told_at_once():
    states = "  a: {servce: s, action: 'b c', timeout: x, retry: {jitter: 1}}\n  b: {type: pass}\n"
    codes = [diagnostic.code for diagnostic in in_states(states)]
    assert codes == ["SAGA202", "SAGA201", "SAGA207", "SAGA208", "SAGA204", "SAGA202"]


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        *(("timeout", value, False) for value in (0, "0s", "0h0m0.000s", 3_155_760_001, "", "1m1h")),
        *(("timeout", value, True) for value in (1, "0.001s", "0h1m", 3_155_760_000, "10d")),
        *(("initial_delay", value, False) for value in (-1, 3_155_760_001, "soon")),
        *(("initial_delay", value, True) for value in (0, "0s", 3_155_760_000)),
    ],
)
def test_an_editor_that_knows_only_the_schema_says_of_durations_what_we_say(key, value, fits):
    inner = {key: value} if key == "timeout" else {"retry": {key: value}}
    definition = {
        "name": "x",
        "states": {"a": {"service": "s", "action": "t", "next": "b", **inner}, "b": {"type": "succeed"}},
    }
    assert Draft7Validator(schema()).is_valid(definition) is fits
    assert (structure_problems(definition) == []) is fits
