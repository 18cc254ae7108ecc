"""What somebody is told who writes his first sagas, and brings the words of other languages along."""

import ast
from pathlib import Path

import pytest

import sagadsl.language
from sagadsl.language.schema import STATE_TYPES, schema
from sagadsl.language.slips import function_meant, key_meant, name_meant, type_meant
from tests.language.checks.findings import findings, only

TASK = "service: s, action: t, kind: read_only"
INPUT = """input:
  type: object
  required: [ward, name, list]
  properties: {ward: {enum: [surgery, er]}, name: {type: string}, list: {type: array, items: {type: string}}}
"""


def states(state: str) -> str:
    return f"name: x\n{INPUT}states:\n  a: {state}\n  done: {{type: succeed}}\n"


def payload(expression: str) -> str:
    return states(f"{{{TASK}, payload: {{x: '${{{expression}}}'}}, next: done}}")


@pytest.mark.parametrize(
    ("state", "marked", "hint"),
    [
        ("{type: choice, choices: [{when: input.ward == 'er', then: done}]}", "then", "did you mean 'next'?"),
        ("{type: choice, choices: [{if: input.ward == 'er', next: done}]}", "if", "did you mean 'when'?"),
        (
            "{type: choice, choices: [{when: input.ward == 'er', next: done}], else: done}",
            "else",
            "did you mean 'default'?",
        ),
        ("{service: s, acton: t, next: done}", "acton", "did you mean 'action'?"),
        ("{service: s, action: t, goto: done}", "goto", "did you mean 'next'?"),
        ("{service: s, action: t, nxt: done}", "nxt", "did you mean 'next'?"),
        ("{service: s, action: t, params: {}, next: done}", "params", "did you mean 'payload'?"),
        ("{type: saga, saga: other, params: {}, next: done}", "params", "did you mean 'input'?"),
        ("{type: end}", "end", "did you mean 'succeed'?"),
        ("{type: success}", "success", "did you mean 'succeed'?"),
        ("{type: loop}", "loop", "did you mean 'map'?"),
        (
            "{service: s, action: t}",
            "a",
            "add: next: …; what ends a saga is a state of its own, as in done: {type: succeed}",
        ),
        ("{type: choice, choices: [{when: input.ward == 'er'}]}", "{when: input.ward == 'er'}", "add: next: …"),
        (
            f"{{{TASK}, catch: [{{errors: NotCovered, next: done}}], next: done}}",
            "NotCovered",
            "write a list: [NotCovered]",
        ),
        (f"{{{TASK}, catch: [{{errors: '*', next: done}}], next: done}}", "'*'", 'write a list: ["*"]'),
        (f"{{{TASK}, retry: {{on: Late}}, next: done}}", "Late", "write a list: [Late]"),
        (f"{{{TASK}, retry: 4, next: done}}", "4", "write retry: {max_attempts: 4}"),
        (f"{{{TASK}, retry: true, next: done}}", "true", ""),
        (f"{{{TASK}, callback: yes, next: done}}", "yes", "write true"),
        (f"{{{TASK}, callback: Off, next: done}}", "Off", "write false"),
        (f"{{{TASK}, callback: 'true', next: done}}", "'true'", "delete the quotes"),
        ("{type: wait, signl: go, timeout: 1h, on_timeout: done, next: done}", "signl", "did you mean 'signal'?"),
        ("{service: “s”, action: t, next: done}", "“s”", "did you mean 's'?"),
        ("{service: my-own service, action: t, next: done}", "my-own service", "did you mean 'my_own_service'?"),
        ("{service: 24, action: t, next: done}", "24", "put it in quotes"),
    ],
)
def test_a_slip_in_the_structure_is_one_finding_with_the_right_word(state, marked, hint):
    found = only(states(state))
    assert (found.marked, found.hint) == (marked, hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("states: [{id: a, service: s, action: t}]", "write states as a map by their names, or call the list 'steps'"),
        ("steps: {a: {service: s, action: t}}", "write steps as a list, each with an id, or call the map 'states'"),
        ("states: {a-b: {type: succeed}}", "did you mean 'a_b'?"),
        ("states: {24: {type: succeed}}", 'put it in quotes if it is meant: "24":'),
        ("locks: 'a-${input.x}'\nstates: {a: {type: succeed}}", 'write a list: ["a-${input.x}"]'),
    ],
)
def test_a_slip_in_the_form_is_told_with_the_right_form(text, hint):
    assert only(f"name: x\n{text}").hint == hint


@pytest.mark.parametrize(
    ("expression", "marked", "hint"),
    [
        ("len(input.list)", "len", "write size(…)"),
        ("input.list.length()", "length", "write size(…)"),
        ("input.list.length", ".length", "write size(…)"),
        ("input.name.size", ".size", "write size(…)"),
        ("input.list.name", ".name", "take an element of it first, as in list[0]"),
        ("input.name.upper()", "upper", "there is nothing for that in an expression: let a service do it"),
        ("now()", "now", "the one time there is to read is saga.started_at"),
        ("round(input.list)", "round", "int(…) cuts a number off behind the point"),
        ("startswith(input.name)", "startswith", "did you mean 'startsWith'?"),
        ("input.ward == “er”", "“", "write straight quotes, ' or \""),
        ('input.ward == "surgry"', '"surgry"', "did you mean 'surgery'?"),
    ],
)
def test_a_slip_in_an_expression_is_told_with_what_cel_has(expression, marked, hint):
    found = only(payload(expression))
    assert (found.marked, found.hint) == (marked, hint)


def test_the_names_that_hold_in_the_body_of_a_map_are_among_those_that_may_be_meant():
    text = """
name: m
input: {type: object, required: [rooms], properties: {rooms: {type: array}}}
steps:
  - id: all
    type: map
    items: input.rooms
    as: romm
    steps: [{id: x, service: s, action: a, kind: read_only, payload: {p: "${room.a}", i: "${indx}", n: "${zz.a}"}}]
"""
    assert [each.hint for each in findings(text)] == [
        "did you mean 'romm'?",
        "did you mean 'index'?",
        "the names are input, saga, states.NAME.output, romm and index",
    ]


def test_fail_when_reads_the_answer_as_output():
    text = states(f"{{{TASK}, fail_when: [{{when: WHEN, error: No}}], next: done}}")
    assert only(text.replace("WHEN", "answer == 'no'")).hint == "did you mean output.answer?"
    assert only(text.replace("WHEN", "output.answer == refused")).hint == "text has to stand in quotes: 'refused'"


def test_an_invariant_reads_the_status_of_a_step():
    text = f"name: x\ninvariants: [{{name: i, when: completed, require: a == 'completed'}}]\nsteps: [{{id: a, {TASK}}}]"
    assert only(text).hint == "write steps.a.status"


def test_two_slips_are_two_findings():
    assert [f.marked for f in findings(states("{servce: s, acton: t, next: done}"))] == ["servce", "acton"]
    assert [f.code for f in findings(states("{acton: t, next: done}"))] == ["SAGA202", "SAGA201"]


def known_keys(node):
    if isinstance(node, dict):
        yield from node.get("properties", {})
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from known_keys(inner)


def test_the_words_that_are_guessed_are_words_of_the_language():
    keys = set(known_keys(schema()))
    for word in ("then", "if", "else", "undo", "params", "result", "codes", "on_error", "retries", "foreach", "id"):
        assert key_meant(word, keys) in keys
    for word in ("end", "throw", "activity", "switch", "sleep", "fork", "child", "set", "for_each"):
        assert type_meant(word, STATE_TYPES) in STATE_TYPES


def test_of_words_that_mean_nothing_nothing_is_guessed():
    assert key_meant("xyzzy", ["next", "when"]) is None
    assert key_meant("then", ["service"]) is None
    assert type_meant("xyzzy", STATE_TYPES) is None
    assert type_meant("if", ["task", "pass"]) is None
    assert function_meant("xyzzy") == ""
    assert [name_meant(text) for text in ("7up", "-", "", "“”", "é", "a" * 65, "a, b")] == [None] * 6 + ["a_b"]


# -- how hints are written -----------------------------------------------------------------------------------------


def hints() -> list[str]:
    """The text of every hint in the sources that stands there as one."""
    found = []
    for path in Path(sagadsl.language.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                found.append(node.value)
            if isinstance(node, ast.Assign) and any(
                isinstance(to, ast.Name) and to.id == "hint" for to in node.targets
            ):
                found.append(node.value)
    texts = [part for node in found for part in ast.walk(node) if isinstance(part, ast.Constant | ast.JoinedStr)]
    inside = {part for node in texts if isinstance(node, ast.JoinedStr) for part in ast.walk(node) if part is not node}
    return [ast.unparse(node).lstrip("f").strip("\"'") for node in texts if node not in inside]


def test_hints_begin_small_and_end_without_a_full_stop():
    found = hints()
    assert len(found) > 60
    assert [text for text in found if text[:1].isupper() or (text.endswith(".") and not text.endswith("..."))] == []
