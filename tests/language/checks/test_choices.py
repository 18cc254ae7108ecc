"""Conditions that decide nothing, and catches that catch nothing."""

import pytest

from tests.language.checks.findings import codes, findings, only


def choice(when: str) -> str:
    return f"""
name: choices
input: {{type: object, required: [n], properties: {{n: {{type: integer}}}}}}
states:
  pick: {{type: choice, choices: [{{when: "{when}", next: done}}], default: stop}}
  done: {{type: succeed}}
  stop: {{type: fail, error: E}}
"""


@pytest.mark.parametrize(
    ("when", "value", "hint"),
    [
        ("true", "true", "lead there with 'default'"),
        ("1 + 1 == 3", "false", "delete this arm"),
        ("[1, 2].all(x, x > 0)", "true", "lead there with 'default'"),
    ],
)
def test_a_condition_that_reads_nothing_is_told_with_what_it_always_is(when, value, hint):
    found = only(choice(when))
    assert found == ("SAGA306", f'"{when}"', 5, f"this condition reads nothing: it is always {value}", hint)


@pytest.mark.parametrize("when", ["input.n > 1", "saga.name == 'choices'", "[1, 2].exists(x, x == input.n)"])
def test_a_condition_that_reads_something_is_not_constant(when):
    assert not codes(choice(when))


@pytest.mark.parametrize("when", ["1", "1 / 0 == 1", "nothing"])
def test_of_a_wrong_condition_only_that_is_told(when):
    assert "SAGA306" not in codes(choice(when))


def caught(*entries: str) -> str:
    listed = ", ".join(f"{{errors: [{codes}], next: sorry}}" for codes in entries)
    return f"""
name: catches
states:
  a: {{service: x, action: y, kind: read_only, catch: [{listed}], next: done}}
  sorry: {{type: fail, error: E}}
  done: {{type: succeed}}
"""


@pytest.mark.parametrize(
    ("entries", "marked"),
    [(("A, B", "B, C"), ["B"]), (("'*'", "A"), ["A"]), (("'*'", "'*'"), ["'*'"]), (("A", "B", "A, B"), ["A", "B"])],
)
def test_a_code_that_an_earlier_entry_takes_is_never_caught(entries, marked):
    found = findings(caught(*entries))
    assert [(f.code, f.marked) for f in found] == [("SAGA307", each) for each in marked]


def test_it_says_which_entry_takes_it():
    assert only(caught("A", "B", "B")).message == "'B' is never caught here: it is taken by entry 2 of this catch"


def test_what_is_caught_before_all_the_rest_is_fine():
    assert not codes(caught("A", "B, C", "'*'"))


def test_the_catch_of_a_parallel_state_is_looked_at_as_well():
    text = """
name: catches
states:
  both:
    type: parallel
    branches: {one: {steps: [{id: a, service: x, action: y, compensation: u}]}}
    catch: [{errors: ['*'], next: sorry}, {errors: [Late], next: sorry}]
    next: done
  sorry: {type: fail, error: E}
  done: {type: succeed}
"""
    assert only(text)[:2] == ("SAGA307", "Late")
