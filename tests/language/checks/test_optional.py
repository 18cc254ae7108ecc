"""Fields that may be missing, and constants that a value never is."""

import pytest

from tests.language.checks.findings import codes, findings, only

SCHEMA = """
  type: object
  required: [tier, level, card, list, open]
  properties:
    tier: {type: string, enum: [gold, silver]}
    level: {type: integer, enum: [1, 2]}
    fixed: {const: yes it is}
    note: {type: string}
    code: {type: string, default: none}
    card: {type: object, required: [number], properties: {number: {type: string}, name: {type: string}}}
    extra: {type: object, required: [a], properties: {a: {type: string}, b: {type: string}}}
    list: {type: array, items: {type: object, properties: {q: {type: integer}}}}
    open: {type: object, properties: {k: {type: string}, "a-b": {type: string}}, additionalProperties: true}
"""


def saga(expression: str) -> str:
    return f"""
name: optional
input:{SCHEMA}
states:
  calc:
    type: pass
    output:
      v: |-
        ${{{expression}}}
    next: done
  done: {{type: succeed}}
"""


@pytest.mark.parametrize(
    "expression",
    [
        "input.note",
        "input.code",  # a default is a description: nobody fills it in
        "input.card.name",
        "input.extra.a",
        "input.list[0].q",
        "input.open.k",
        "has(input.extra.b)",
        "has(input.note) ? input.code : input.note",
        "has(input.note) || input.note == ''",
        "!has(input.note) && input.note == ''",
        "has(input.extra) ? input.extra.b : ''",
        "[1].exists(x, input.note == '')",
        "{'a': has(input.note) ? 1 : 2, 'b': input.note}",
    ],
)
def test_a_field_that_may_be_missing_is_told_where_nothing_guards_it(expression):
    assert codes(saga(expression)) == ["SAGA408"] * (2 if "input.code : input.note" in expression else 1)


@pytest.mark.parametrize(
    "expression",
    [
        "input.card.number",
        "input",
        "has(input.note) ? input.note : ''",
        "!has(input.note) ? '' : input.note",
        "has(input.note) && input.note == ''",
        "input.note == '' && has(input.note)",
        "!has(input.note) || input.note == ''",
        "(has(input.note) && has(input.code)) ? input.note + input.code : ''",
        "!(has(input.note) && has(input.code)) || input.note == input.code",
        "!(!has(input.note) || !has(input.code)) ? input.note + input.code : ''",
        "has(input.extra) && has(input.extra.b) ? input.extra.b : ''",
        "has(input.extra) ? input.extra.a : ''",
        "has(input.note) ? size(input.note + 'x') : 0",
        "string(has(input.note) ? input.note : '')",
        "[has(input.note) ? input.note : '']",
        "{'a': has(input.note) ? input.note : '', 'b': 1}",
        "has(input.note) ? [1].exists(x, input.note == string(x)) : false",
        "input.list.map(x, 1)",
        "has(input.open.k) ? input.open.k : ''",
        "'k' in input.open ? input.open.k : ''",
        "input.open.unknown",
        "'a-b' in input.open && input.open['a-b'] == ''",
    ],
)
def test_a_field_that_is_always_there_or_guarded_is_fine(expression):
    assert not codes(saga(expression))


def test_the_hint_says_how_to_guard_it():
    found = only(saga("input.card.name + 'x'"))
    assert (found.marked, found.message) == ("input.card.name", "input.card.name may be missing")
    assert found.hint == (
        "guard it: has(input.card.name) ? input.card.name : …, or list 'name' under 'required' in its schema"
    )


@pytest.mark.parametrize(
    ("expression", "marked"),
    [
        ("input.tier == 'glod'", "'glod'"),
        ("'bronze' != input.tier", "'bronze'"),
        ("input.tier in ['gold', 'bronze', 'silver']", "'bronze'"),
        ("input.level == 3", "3"),
        ("(input.level > 0) && input.tier == 'x' ? 1 : 2", "'x'"),
        ("has(input.fixed) && input.fixed == 'no'", "'no'"),
    ],
)
def test_a_comparison_with_what_a_value_never_is_is_told(expression, marked):
    assert only(saga(expression))[:2] == ("SAGA409", marked)


def test_it_says_what_the_value_is():
    assert only(saga("input.tier == 'glod'")).hint == "did you mean 'gold'?"
    found = only(saga("input.tier == 'xyzzy'"))
    assert (found.message, found.hint) == ("input.tier is never 'xyzzy'", "it is 'gold' or 'silver'")


@pytest.mark.parametrize(
    "expression",
    [
        "input.tier == 'gold'",
        "input.tier == 'g' + 'old'",
        "'x' + input.tier == 'xgold'",
        "'xgold' == 'x' + input.tier",
        "'goldx' == input.tier + 'x'",
        "input.tier in ['gold']",
        "input.tier in input.list.map(x, 'y')",
        "input.card.number == 'glod'",
        "input.level == 2 || 1 == input.level",
        "input.tier.startsWith('x') == true",
    ],
)
def test_a_comparison_that_can_hold_is_fine(expression):
    assert not codes(saga(expression))


# -- keys, locks, invariants --------------------------------------------------------------------------------------


def with_keys(keys: str) -> str:
    return f"""
name: keyed
input: {{type: object, required: [id], properties: {{id: {{type: string}}}}}}
{keys}
states:
  first: {{service: x, action: y, compensation: u, next: pick}}
  pick: {{type: choice, choices: [{{when: input.id == 'x', next: done}}], default: done}}
  done: {{type: succeed}}
"""


@pytest.mark.parametrize(
    "keys",
    [
        'key: "${input.id}/${saga.version}"',
        'locks: ["stock/${input.id}", plain]',
        "invariants: [{name: a, when: completed, require: steps.first.status == 'completed'}]",
        "invariants: [{name: a, when: compensated, require: \"steps.first.status in ['compensated', 'skipped']\"}]",
    ],
)
def test_keys_locks_and_invariants_read_what_there_is(keys):
    assert not codes(with_keys(keys))


@pytest.mark.parametrize(
    ("keys", "code", "marked"),
    [
        ('locks: [a, "x/${states.first.output.id}"]', "SAGA410", "states.first.output.id"),
        ('key: "${states.first.output.id}"', "SAGA410", "states.first.output.id"),
        ('key: "${error.code}"', "SAGA410", "error.code"),
        ('key: "${input.idd}"', "SAGA403", "idd"),
        ("invariants: [{name: a, when: completed, require: steps.frst.status == 'completed'}]", "SAGA403", "frst"),
        ("invariants: [{name: a, when: completed, require: steps.pick.status == 'completed'}]", "SAGA403", "pick"),
        ("invariants: [{name: a, when: completed, require: steps.first.state == 'completed'}]", "SAGA403", "state"),
        ("invariants: [{name: a, when: completed, require: steps.first.status == 'done'}]", "SAGA409", "'done'"),
        ("invariants: [{name: a, when: completed, require: steps.first.status}]", "SAGA407", "steps.first.status"),
        ("invariants: [{name: a, when: completed, require: states.first.output.x == 1}]", "SAGA402", "states.first.output.x"),
        ('output: {v: "${steps.first.status}"}', "SAGA402", "steps.first.status"),
    ],
)  # fmt: skip
def test_and_nothing_else(keys, code, marked):
    assert only(with_keys(keys))[:2] == (code, marked)


def test_a_pass_state_says_itself_what_it_gives():
    text = """
name: typed
input: {type: object, required: [n], properties: {n: {type: integer}}}
states:
  calc: {type: pass, output: {n: "${input.n}", t: "n is ${input.n}", l: [1, 2], c: "${input.n + 1}"}, next: done}
  done: {type: succeed, output: {v: "${READ}"}}
"""

    def found(read: str):
        return [f[:2] for f in findings(text.replace("READ", read))]

    assert found("states.calc.output.n + 1") == []
    assert found("states.calc.output.l[0] + states.calc.output.c") == []
    assert found("states.calc.output.m") == [("SAGA403", "m")]
    assert found("states.calc.output.t + 1") == [("SAGA404", "+")]


def test_outputs_made_of_outputs_in_a_cycle_end():
    assert not codes("""
name: ring
states:
  first: {service: x, action: y, kind: read_only, next: a}
  a: {type: pass, output: {v: "${states.first.output}"}, next: b}
  b: {type: pass, output: {v: "${states.a.output.v.x}"}, next: call}
  call: {service: x, action: y, kind: read_only, payload: {v: "${states.b.output.v}"}, next: pick}
  pick: {type: choice, choices: [{when: states.call.output.again == true, next: a}], default: done}
  done: {type: succeed}
""")
