"""States with more to them: waits, other sagas, branches and bodies, however deep they stand."""

import pytest

from sagadsl.language.schema import MAX_REGIONS, structure_problems
from tests.language.definitions import TASK, found, in_states, the_problem

IN_A_REGION = """\
name: x
states:
  p:
    type: parallel
    branches:
      left:
        states:
          m:
            type: map
            items: input.items
            steps:
              - STEP
            next: l
          l: {type: succeed}
      right: {steps: [{id: r, type: pass}]}
    next: done
  done: {type: succeed}
"""


@pytest.mark.parametrize(
    ("state", "code", "at", "says", "hint"),
    [
        ("{type: wait, next: done}", "SAGA213", "a", "does not say what it waits for", "'for' a duration"),
        (
            "{type: wait, for: 1s, signal: x, next: done}",
            "SAGA213",
            "signal",
            "exactly one of for, until and signal",
            "keep",
        ),
        ("{type: wait, for: 1x, next: done}", "SAGA208", "1x", "not a duration", ""),
        (
            "{type: wait, for: 1s, timeout: 1s, next: done}",
            "SAGA214",
            "timeout",
            "'timeout' means nothing in state 'a'",
            "signal",
        ),
        (
            "{type: wait, signal: s, on_timeout: done, next: done}",
            "SAGA214",
            "on_timeout",
            "without 'timeout'",
            "timeout: …",
        ),
        ("{type: wait, signal: 's 1', next: done}", "SAGA207", "'s 1'", "not a valid name", ""),
        ("{type: wait, for: 1s}", "SAGA202", "a", "lacks the key 'next'", ""),
        ("{type: wait, fro: 1s, for: 1s, next: done}", "SAGA201", "fro", "unknown key 'fro' in state 'a'", "'for'"),
        ("{type: saga, next: done}", "SAGA202", "a", "state 'a' lacks the key 'saga'", ""),
        ("{type: saga, saga: o, version: 2, next: done}", "SAGA203", "2", "text was expected", "quotes"),
        (
            "{type: saga, saga: o, compensation: undo, next: done}",
            "SAGA203",
            "undo",
            "a map was expected for 'compensation'",
            "write {service: …, action: undo}",
        ),
        (
            "{type: saga, saga: o, compensation: {action: u}, next: done}",
            "SAGA202",
            "compensation",
            "lacks the key 'service'",
            "",
        ),
        ("{type: parallel, branches: {}, next: done}", "SAGA204", "{}", "'branches' is empty", ""),
        ("{type: parallel, branches: {b: {}}, next: done}", "SAGA206", "b", "branch 'b' has neither 'states' nor", ""),
        (
            "{type: parallel, branches: {b c: {steps: [{id: x, type: pass}]}}, next: done}",
            "SAGA207",
            "b c",
            "'b c'",
            "",
        ),
        ("{type: parallel, branches: {b: 1}, next: done}", "SAGA203", "1", "a map was expected for 'b'", ""),
        ("{type: map, items: i, next: done}", "SAGA206", "a", "the map 'a' has neither 'states' nor 'steps'", ""),
        (
            "{type: map, items: i, steps: [{id: x, type: pass}], max_failures: -1, next: done}",
            "SAGA204",
            "-1",
            "at least 0",
            "",
        ),
        (
            "{type: map, items: i, steps: [{id: x, type: pass, next: a}], next: done}",
            "SAGA210",
            "next",
            "a step has no 'next'",
            "",
        ),
        (
            "{type: map, items: i, steps: [{id: x, type: fail}], next: done}",
            "SAGA205",
            "fail",
            "type 'fail'",
            "use 'states'",
        ),
        (f"{{{TASK}, callback: 'yes'}}", "SAGA203", "'yes'", "true or false was expected for 'callback'", ""),
        (f"{{{TASK}, compensation: {{}}}}", "SAGA202", "compensation", "'compensation' lacks the key 'action'", ""),
    ],
)
def test_a_mistake_in_a_state_with_more_to_it_is_told_by_its_type(state, code, at, says, hint):
    line = f"  a: {state}\n"
    diagnostic = the_problem(in_states(line))
    assert (diagnostic.code, diagnostic.place.line) == (code, 3)
    assert line[diagnostic.place.column - 1 : diagnostic.place.end_column - 1] == at
    assert says in diagnostic.message
    assert hint in diagnostic.hint


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        ("{id: s, servce: a, service: a, action: b}", "SAGA201", "unknown key 'servce' in step 's'"),
        ("{id: s, type: wait}", "SAGA213", "does not say what it waits for"),
        ("{id: s, type: wiat, for: 1s}", "SAGA205", "unknown state type 'wiat'"),
        ("{id: r, type: pass}", "SAGA211", "there is a state 'r' already, in line 12"),
        ("{id: p, type: pass}", "SAGA211", "there is a state 'p' already, in line 3"),
    ],
)
def test_a_mistake_is_told_in_the_same_words_however_deep_it_stands(step, code, says):
    diagnostic = the_problem(found(IN_A_REGION.replace("STEP", step)))
    assert diagnostic.code == code
    assert says in diagnostic.message


def test_a_name_is_taken_by_the_first_in_the_text_and_told_at_the_second():
    diagnostic = the_problem(found(IN_A_REGION.replace("STEP", "{id: r, type: pass}")))
    assert (diagnostic.place.line, diagnostic.place.column) == (15, 28)


@pytest.mark.parametrize(
    ("key", "code", "says"),
    [
        ("key: 5", "SAGA203", "text was expected for 'key'"),
        ("key: ''", "SAGA204", "the text for 'key' is empty"),
        ("locks: a", "SAGA203", "a list was expected for 'locks'"),
        ("locks: [1]", "SAGA203", "text was expected for 'locks'"),
        ("sensitive: [input..card]", "SAGA221", "'input..card' is not the way to a value"),
        ("sensitive: ['${input.card}']", "SAGA221", "not the way to a value"),
        ("invariants: [{name: a, require: x}]", "SAGA202", "entry 1 of 'invariants' lacks the key 'when'"),
        ("invariants: [{name: a, when: done, require: x}]", "SAGA204", "expected one of completed, compensated"),
    ],
)
def test_a_mistake_in_a_key_of_the_whole_saga_is_told_there(key, code, says):
    diagnostic = the_problem(found(f"name: x\n{key}\nstates: {{a: {{type: succeed}}}}"))
    assert (diagnostic.code, diagnostic.place.line) == (code, 2)
    assert says in diagnostic.message


def nested(depth):
    steps = [{"id": "s", "type": "pass"}]
    for level in range(depth):
        steps = [{"id": f"m{level}", "type": "map", "items": "input.items", "steps": steps}]
    return {"name": "x", "steps": steps}


def test_regions_stand_in_each_other_only_so_deep():
    assert structure_problems(nested(MAX_REGIONS)) == []
    (problem,) = structure_problems(nested(MAX_REGIONS + 1))
    assert problem.code == "SAGA215"
    assert problem.path == ("steps", 0) * (MAX_REGIONS + 1)
