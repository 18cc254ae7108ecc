"""Conditions that decide nothing, and catches that catch nothing."""

import pytest

from tests.language.checks.findings import codes, findings, only


def choice(when: str, default: str = "done") -> str:
    return f"""
name: choices
input: {{type: object, required: [n], properties: {{n: {{type: integer}}}}}}
states:
  pick: {{type: choice, choices: [{{when: "{when}", next: done}}, {{when: input.n > 5, next: stop}}], default: {default}}}
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
    found = findings(choice(when))[0]
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


# -- what no saga ever comes to ------------------------------------------------------------------------------------


def picking(*arms: str, default: str = "c") -> str:
    listed = ", ".join(f"{{when: {when}, next: {to}}}" for when, to in zip(arms, "abc", strict=False))
    return f"""
name: choices
input: {{type: object, required: [n], properties: {{n: {{type: integer}}}}}}
states:
  pick: {{type: choice, choices: [{listed}], default: {default}}}
  a: {{type: succeed}}
  b: {{type: pass, next: behind}}
  behind: {{type: succeed}}
  c: {{type: succeed}}
"""


def test_an_arm_behind_one_that_is_always_taken_is_never_tried():
    found = [f for f in findings(picking("'true'", "input.n > 1")) if f.code != "SAGA306"]
    assert [(f.code, f.marked) for f in found] == [
        ("SAGA308", "{when: input.n > 1, next: b}"),
        ("SAGA309", "b"),
        ("SAGA309", "c"),
    ]
    assert found[0].message == "this arm is never tried: the condition of arm 1 is always true"
    assert found[1].message == "the state 'b' is never reached: no way that leads to it is ever taken"


def test_a_state_that_only_an_arm_which_is_always_false_leads_to_is_never_reached():
    assert [f.marked for f in findings(picking("input.n > 1", "'false'")) if f.code == "SAGA309"] == ["b"]
    assert "SAGA309" not in codes(picking("input.n > 1", "'false'", default="b").replace("  c: {type: succeed}\n", ""))


def test_only_arms_that_are_always_taken_hide_others():
    assert not codes(picking("input.n > 1", "input.n > 2"))
    assert "SAGA308" not in codes(picking("'false'", "input.n > 2"))


def catching(entries: str) -> str:
    return f"""
name: catches
states:
  a: {{service: x, action: y, kind: read_only, catch: {entries}, next: done}}
  sorry: {{type: pass, next: failed}}
  late: {{type: fail, error: E}}
  failed: {{type: fail, error: E}}
  done: {{type: succeed}}
"""


def test_a_state_that_only_a_catch_which_takes_nothing_leads_to_is_never_reached():
    found = findings(catching("[{errors: ['*'], next: sorry}, {errors: [A, B], next: late}]"))
    assert [(f.code, f.marked) for f in found] == [("SAGA307", "A"), ("SAGA307", "B"), ("SAGA309", "late")]


def test_a_catch_that_takes_one_of_its_codes_leads_on():
    text = catching("[{errors: [A], next: sorry}, {errors: [A, B], next: late}]")
    assert codes(text) == ["SAGA307"]


def test_where_every_error_is_caught_nothing_goes_on_after_a_failure():
    text = """
name: catches
states:
  a: {service: x, action: y, kind: read_only, catch: [{errors: ['*'], next: sorry}], on_failure: continue, next: b}
  b: {type: pass, output: "${states.a.output}", next: done}
  sorry: {type: fail, error: E}
  done: {type: succeed}
"""
    assert not codes(text)
    assert codes(text.replace("'*'", "Late")) == ["SAGA405"]


def choosing(*conditions: str, rest: str = "") -> str:
    arms = ", ".join(f'{{when: "{each}", next: done}}' for each in conditions)
    return f"""
name: n
input:
  type: object
  required: [kind, ok, n]
  properties: {{kind: {{enum: [a, b]}}, ok: {{type: boolean}}, n: {{type: integer}}}}
states:
  pick: {{type: choice, choices: [{arms}]{rest}}}
  done: {{type: succeed}}
"""


def test_a_choice_whose_conditions_leave_a_case_open_is_told_with_that_case():
    found = only(choosing("input.n < 3", "input.n > 3"))

    assert (found.code, found.marked) == ("SAGA310", "pick")
    assert found.message == "'pick' may lead nowhere, which is the error NoChoice: when input.n is 3"
    assert found.hint == "say with 'default' where it leads then"


@pytest.mark.parametrize(
    "conditions",
    [["input.kind == 'a'", "input.kind == 'b'"], ["input.ok", "!input.ok"], ["input.n <= 3", "input.n >= 4"]],
)
def test_conditions_that_cover_all_that_the_schema_lets_in_need_no_default(conditions):
    assert codes(choosing(*conditions)) == []


@pytest.mark.parametrize(
    ("schema", "conditions"),
    [
        ("{type: integer, minimum: 1, maximum: 3}", ["input.it == 1", "input.it == 2", "input.it == 3"]),
        ("{type: integer, exclusiveMinimum: 0, exclusiveMaximum: 2.5}", ["input.it == 1", "input.it == 2"]),
        ("{type: number, exclusiveMinimum: 0}", ["input.it > 0.0"]),
        ("{type: number, minimum: -5, exclusiveMinimum: 0}", ["input.it > 0.0"]),
        ("{type: array, minItems: 1, maxItems: 2}", ["size(input.it) == 1", "size(input.it) == 2"]),
        ("{type: string, minLength: 1}", ["size(input.it) > 0"]),
    ],
)
def test_neither_do_conditions_that_cover_what_lies_within_the_limits_of_the_schema(schema, conditions):
    limited = choosing(*conditions).replace("required: [", "required: [it, ")

    assert codes(limited.replace("{kind:", f"{{it: {schema}, kind:")) == []


def test_a_term_that_is_compared_with_a_text_and_with_true_is_looked_at():
    text = """
name: t
states:
  ask: {service: a, action: b, kind: read_only, next: pick}
  pick:
    type: choice
    choices: [{when: "states.ask.output.k == 'a'", next: done}, {when: "states.ask.output.k == true", next: done}]
  done: {type: succeed}
"""
    assert only(text).message.endswith("when states.ask.output.k is something else")


def test_neither_does_one_with_a_default_nor_one_where_it_is_ignored():
    open_choice = choosing("input.n < 3")
    ignored = open_choice.replace("}]}\n", "}]}  # sagadsl: ignore=SAGA310 others are refused\n")

    assert codes(choosing("input.n < 3", rest=", default: done")) == []
    assert codes(open_choice) == ["SAGA310"]
    assert codes(ignored) == []
