"""Every expression is checked where it stands, against what has happened on every path to it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagadsl.language.load import check
from tests.language.checks.findings import codes, findings, only

INPUT = (
    "input: {type: object, required: [amount, count, name], "
    "properties: {amount: {type: number}, count: {type: integer}, name: {type: string}}}"
)
CALL = "service: x, action: y"
UNDO = f"{CALL}, compensation: undo"
ENDS = "  done: {type: succeed}\n  stopped: {type: fail, error: E}\n"


def saga(states: str, output: str = "") -> str:
    """A saga with typed input, whose last state is entered by a choice as well, so that nothing is unreachable."""
    return f"name: flow\n{INPUT}\n{output}states:\n{states}{ENDS}"


def last_payload(value: str) -> str:
    return f"""
name: flow
{INPUT}
steps:
  - {{id: first, {UNDO}}}
  - {{id: last, {CALL}, payload: {{v: {value}}}}}
"""


def test_a_misspelt_field_is_told_at_the_very_characters():
    found = only(last_payload('"to ${input.nam}!"'))
    assert found[:2] == ("SAGA403", "nam")
    assert found.hint == "did you mean 'name'?"


def test_a_number_and_an_integer_do_not_mix_and_the_hint_says_what_to_write():
    found = only(last_payload('"${input.amount > 1000}"'))
    assert found == (
        "SAGA404",
        ">",
        6,
        "'>' cannot compare a number with an integer",
        "amount is a number: write 1000.0",
    )


def test_characters_are_found_behind_escapes_and_in_folded_text():
    text = last_payload("placeholder").replace("{v: placeholder}", '{v: "\\u00e9\\n \\"x\\" ${inpt.name}"}')
    assert only(text)[:2] == ("SAGA402", "inpt.name")
    folded = f"""
name: flow
{INPUT}
states:
  last:
    service: x
    action: y
    payload:
      v: >-
        one ${{input.name}}
        two ${{input.nme}}
    next: done
  done: {{type: succeed}}
"""
    assert only(folded)[:3] == ("SAGA403", "nme", 11)


def test_a_template_that_is_never_closed_or_empty_is_told_where_it_opens():
    assert only(last_payload('"a ${input.name"'))[:2] == ("SAGA406", "${input.name")
    assert only(last_payload('"a ${ } b"'))[:2] == ("SAGA406", "${ }")
    assert not codes(last_payload('"a $${input.name"'))


def test_every_wrong_expression_of_a_text_is_told():
    found = findings(last_payload('["${input.a}", {deep: "${input.b} and ${input.c}"}]'))
    assert [f.marked for f in found] == ["a", "b", "c"]


PLACES = {
    "payload": "payload: {{v: '${{{e}}}'}}",
    "compensation": "compensation: {{action: undo, payload: {{v: '${{{e}}}'}}}}",
    "fail_when": "fail_when: [{{when: '{e} == 1', error: E}}]",
}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_of_a_task_is_checked(place):
    text = saga(f"  only: {{{CALL}, {PLACES[place].format(e='inpt.name')}, next: done}}\n").replace(
        ENDS, "  done: {type: succeed}\n"
    )
    assert [f[:2] for f in findings(text)] == [("SAGA402", "inpt.name")]


def test_conditions_pass_outputs_end_outputs_and_the_sagas_output_are_checked():
    text = f"""
name: flow
{INPUT}
output: {{o: "${{input.o1}}"}}
states:
  pick: {{type: choice, choices: [{{when: input.o2 == 1, next: calc}}], default: other}}
  calc: {{type: pass, output: {{o: "${{input.o3}}"}}, next: done}}
  other: {{type: succeed, output: {{o: "${{input.o4}}"}}}}
  done: {{type: succeed}}
"""
    assert [f[:2] for f in findings(text)] == [("SAGA403", f"o{i}") for i in (1, 2, 3, 4)]


def test_a_condition_has_to_be_true_or_false():
    text = saga("  pick: {type: choice, choices: [{when: input.amount + 1.0, next: done}], default: stopped}\n")
    found = only(text)
    assert found[:2] == ("SAGA407", "input.amount + 1.0")
    assert found.message == "this condition gives a number, not true or false"


def test_a_condition_in_a_template_is_told_to_leave_it_out():
    found = only(
        saga("  pick: {type: choice, choices: [{when: '${input.amount > 1.0}', next: done}], default: stopped}\n")
    )
    assert found[:2] == ("SAGA401", "$")
    assert "leave out '${'" in found.hint


BRANCH = f"""  ask: {{type: choice, choices: [{{when: input.count > 1, next: check}}], default: reserve}}
  reserve: {{{UNDO}, next: check}}
  check: {{{CALL}, kind: read_only, catch: [{{errors: [E], next: stopped}}], PAYLOAD, next: done}}
"""


def test_an_output_that_some_path_misses_is_told_with_that_path():
    found = only(saga(BRANCH.replace("PAYLOAD", 'payload: {v: "${states.reserve.output.id}"}')))
    assert found[:2] == ("SAGA405", "states.reserve.output")
    assert found.message == "'reserve' has not completed on every path to here: ask → check does not pass it"


def test_a_guard_does_not_make_up_for_an_output_that_may_be_missing():
    assert codes(saga(BRANCH.replace("PAYLOAD", 'payload: {v: "${has(states.reserve.output.id)}"}'))) == ["SAGA405"]


CATCH = f"""  reserve: {{{UNDO}, catch: [{{errors: [Sold], next: sorry}}], next: done}}
  sorry: {{{CALL}, payload: {{v: "${{EXPRESSION}}"}}, next: stopped}}
"""


def test_behind_a_catch_the_failed_state_has_no_output():
    found = next(
        f for f in findings(saga(CATCH.replace("EXPRESSION", "states.reserve.output.id"))) if f.code != "SAGA502"
    )
    assert found.code == "SAGA405"
    assert found.message == "'reserve' has no output on every path to here: on reserve → sorry it has failed"


def test_behind_a_catch_the_error_can_be_read_and_is_typed():
    assert "SAGA402" not in codes(saga(CATCH.replace("EXPRESSION", "error.code + error.message + error.state")))
    assert "SAGA403" in codes(saga(CATCH.replace("EXPRESSION", "error.cause")))


def test_elsewhere_there_is_no_error():
    found = only(last_payload('"${error.code}"'))
    assert found[:2] == ("SAGA402", "error.code")


def test_where_a_catch_and_a_plain_path_meet_there_is_no_error():
    text = saga(f"""  reserve: {{{UNDO}, catch: [{{errors: [Sold], next: tell}}], next: tell}}
  tell: {{{CALL}, payload: {{v: "${{error.code}}"}}, next: pick}}
  pick: {{type: choice, choices: [{{when: input.count > 1, next: done}}], default: stopped}}
""")
    assert "SAGA402" in codes(text)


def test_a_compensation_reads_its_own_output_and_the_error_but_not_what_comes_later():
    def undo(expression: str) -> str:
        return f"""
name: flow
states:
  first: {{{UNDO}, next: own}}
  own: {{{CALL}, compensation: {{action: undo, payload: {{v: "${{{expression}}}"}}}}, next: later}}
  later: {{{UNDO}, next: done}}
  done: {{type: succeed}}
"""

    assert not codes(undo("states.own.output"))
    assert not codes(undo("states.first.output.id"))
    assert not codes(undo("error.code"))
    assert only(undo("states.later.output.id")).code == "SAGA405"


def test_a_payload_cannot_read_its_own_output():
    found = only(last_payload('"${states.last.output.id}"'))
    assert found.message == "'last' has not completed yet: it cannot read its own output"


def test_fail_when_reads_the_answer_as_output_and_nobody_else_does():
    declined = "fail_when: [{when: output.ok == false, error: E}], catch: [{errors: [E], next: stopped}]"
    assert not codes(saga(f"  only: {{{CALL}, {declined}, next: done}}\n"))
    assert only(last_payload('"${output.ok}"')).message == "'output' can only be read in fail_when"


def test_an_unknown_state_is_told_with_the_one_that_was_meant():
    found = only(last_payload('"${states.frist.output.id}"'))
    assert (found.code, found.marked, found.hint) == ("SAGA402", "states.frist.output", "did you mean 'first'?")


def test_a_choice_has_no_output():
    text = saga(f"""  pick: {{type: choice, choices: [{{when: input.count > 1, next: last}}], default: stopped}}
  last: {{{CALL}, payload: {{v: "${{states.pick.output}}"}}, next: done}}
""")
    assert only(text).message == "'pick' is a choice state and has no output"


def test_the_sagas_output_reads_what_every_end_has_passed():
    def output(name: str) -> str:
        return saga(
            f"""  first: {{{UNDO}, next: pick}}
  pick: {{type: choice, choices: [{{when: input.count > 1, next: done}}], default: extra}}
  extra: {{{UNDO}, next: check}}
  check: {{type: choice, choices: [{{when: input.count > 1, next: done}}], default: stopped}}
""",
            f'output: {{v: "${{states.{name}.output.id}}"}}\n',
        )

    assert not codes(output("first"))
    found = only(output("extra"))
    assert (found.code, found.line) == ("SAGA405", 3)
    assert "first → pick → done does not pass it" in found.message


def test_an_end_with_an_output_of_its_own_does_not_need_the_sagas():
    text = f"""
name: flow
{INPUT}
output: {{v: "${{states.extra.output.id}}"}}
states:
  pick: {{type: choice, choices: [{{when: input.count > 1, next: early}}], default: extra}}
  extra: {{{CALL}, next: done}}
  early: {{type: succeed, output: {{v: none}}}}
  done: {{type: succeed}}
"""
    assert not codes(text)


def test_in_an_unreachable_state_only_that_is_told():
    text = f"""
name: flow
states:
  first: {{{CALL}, next: done}}
  lost: {{{CALL}, payload: {{v: "${{states.first.output.id}} ${{error.code}}"}}, next: done}}
  done: {{type: succeed}}
"""
    assert codes(text) == ["SAGA302"]


# -- the input's schema ------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["a_b", "aB", "in", "M1", "null", "content-type", "1st", "é", "x y", "", "input", "_", "saga", "__class__"]
)
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {},
            True,
            {"type": "number"},
            {"type": ["string", "null"]},
            {"$ref": "#"},
            {"$ref": "#/properties/a_b"},
            {"enum": [1, "a"]},
            {"oneOf": [{}]},
        ]
    ),
    lambda inner: (
        st.builds(lambda p: {"type": "object", "properties": p}, st.dictionaries(NAMES, inner, max_size=5))
        | st.builds(lambda i: {"type": "array", "items": i}, inner)
        | st.builds(
            lambda p, a: {"properties": p, "additionalProperties": a}, st.dictionaries(NAMES, inner, max_size=2), inner
        )
    ),
    max_leaves=12,
)


@given(schema=SCHEMAS)
def test_every_schema_makes_types_that_cel_takes_silently(schema):
    import json

    text = json.dumps(
        {"name": "x", "input": schema, "steps": [{"id": "a", "service": "x", "action": "y", "payload": "${input}"}]}
    )
    with tempfile.TemporaryFile() as log, _standard_error(log):
        _, diagnostics = check(text, "x")
        log.seek(0)
        assert log.read() == b""
    assert [d for d in diagnostics if d.code.startswith("SAGA4")] == []


class _standard_error:  # noqa: N801  # reads as a function: C++ writes past `sys.stderr`
    def __init__(self, file):
        self.file = file

    def __enter__(self):
        import os

        self.saved = os.dup(2)
        os.dup2(self.file.fileno(), 2)

    def __exit__(self, *_):
        import os

        os.dup2(self.saved, 2)
        os.close(self.saved)


FILES = sorted((Path(__file__).parents[3] / "definitions").glob("*.yaml"))
DEFINITIONS = [path for path in FILES if not path.stem.endswith(".scenarios")]


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_the_definitions_of_the_project_are_clean(path):
    definition, diagnostics = check(path.read_text(encoding="utf-8"), str(path))
    assert (definition is not None, diagnostics) == (True, [])
