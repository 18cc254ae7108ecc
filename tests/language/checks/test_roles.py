"""What is undone, what is retried, and the point of no return."""

import pytest

from tests.language.checks.findings import codes, findings, only


def saga(*steps: str, more: str = "") -> str:
    """A saga of these steps in a row, the keys of each as flow-style YAML."""
    names = [*(f"s{i}" for i in range(1, len(steps) + 1)), "done"]
    states = [
        f"  {name}: {{service: x, action: y, {step}, next: {names[i + 1]}}}"
        for i, (name, step) in enumerate(zip(names, steps, strict=False))
    ]
    return "\n".join(["name: roles", *([more] if more else []), "states:", *states, "  done: {type: succeed}", ""])


UNDO, PIVOT, READ, PLAIN = "compensation: undo", "kind: pivot, compensation: undo", "kind: read_only", "timeout: 1s"
LONE = "kind: pivot"
ON = "kind: retriable, retry: {max_attempts: 9}"


def test_a_saga_as_it_should_be_has_nothing_to_mend():
    assert not codes(saga(READ, UNDO, PIVOT, ON, PLAIN))


def test_a_compensation_after_the_pivot_would_never_run():
    found = only(saga(UNDO, PIVOT, "compensation: take_back"))
    assert (found.code, found.marked, found.line) == ("SAGA501", "take_back", 5)
    assert found.message == "'s3' can come after the pivot 's2', where nothing is compensated any more"


def test_a_step_that_only_one_path_leads_to_after_the_pivot_counts():
    assert codes("""
name: roles
input: {type: object, required: [paid], properties: {paid: {type: boolean}}}
states:
  ask: {type: choice, choices: [{when: input.paid, next: ship}], default: charge}
  charge: {service: x, action: y, kind: pivot, next: ship}
  ship: {service: x, action: y, compensation: recall, next: done}
  done: {type: succeed}
""") == ["SAGA501"]


def test_the_pivot_itself_may_have_a_compensation_for_when_it_is_in_doubt():
    assert not codes(saga(UNDO, "kind: pivot, compensation: refund", ON))


def test_a_step_before_the_pivot_has_to_say_how_it_is_undone():
    found = only(saga(PLAIN, PIVOT))
    assert (found.code, found.marked, found.line) == ("SAGA502", "s1", 3)
    assert "kind: read_only" in found.hint


def test_without_a_pivot_every_step_counts_as_before_it_but_the_last():
    assert [(f.code, f.marked) for f in findings(saga(UNDO, PLAIN, UNDO))] == [("SAGA502", "s2")]
    assert not codes(saga(UNDO, UNDO, PLAIN))


def test_a_best_effort_step_at_the_end_makes_nobody_turn_back():
    assert not codes(saga(UNDO, PLAIN, f"{PLAIN}, on_failure: continue"))


def test_a_fail_state_or_an_open_choice_behind_a_step_can_make_the_saga_turn_back():
    for tail in ("{type: fail, error: E}", "{type: choice, choices: [{when: 'true', next: done}]}"):
        text = f"name: r\nstates:\n  s1: {{service: x, action: y, next: s2}}\n  s2: {tail}\n  done: {{type: succeed}}\n"
        assert ("SAGA502", "s1") in [(f.code, f.marked) for f in findings(text)]


def test_a_step_whose_every_error_is_caught_cannot_make_the_saga_turn_back():
    assert not codes(saga(PLAIN, f"{PLAIN}, catch: [{{errors: ['*'], next: done}}]"))


def test_after_the_pivot_nobody_asks():
    assert not codes(saga(PIVOT, PLAIN, PLAIN))


@pytest.mark.parametrize(
    "steps", [("kind: compensatable", PIVOT), ("kind: compensatable",), (PIVOT, "kind: compensatable")]
)
def test_compensatable_without_a_compensation_is_a_contradiction(steps):
    found = only(saga(*steps))
    assert (found.code, found.marked) == ("SAGA513", "compensatable")
    assert found.hint == "add a compensation, or 'kind: read_only' if there is nothing to undo"


def test_a_code_that_is_retried_and_excepted_is_told_at_the_code():
    found = only(saga(f"{UNDO}, retry: {{on: [A, B], except: [B]}}"))
    assert (found.code, found.marked) == ("SAGA503", "B")
    assert found.message == "'B' is retried by 'on' and taken away by 'except'"


def test_excepting_every_code_leaves_nothing_to_retry():
    found = only(saga(f"{UNDO}, retry: {{max_attempts: 3, except: ['*']}}"))
    assert (found.code, found.marked) == ("SAGA503", "['*']")


def test_a_contradiction_in_the_defaults_is_told_once_and_there():
    found = only(saga(UNDO, UNDO, UNDO, more="defaults: {retry: {on: [A], except: [A]}}"))
    assert (found.code, found.marked, found.line) == ("SAGA503", "A", 2)


def test_a_contradiction_in_the_retry_of_a_compensation_is_told_there():
    found = only(saga("compensation: {action: undo, retry: {on: [Gone], except: [Gone]}}"))
    assert (found.code, found.marked) == ("SAGA503", "Gone")


@pytest.mark.parametrize("retry", ["{on: [A], except: [B]}", "{on: ['*'], except: [B]}", "{on: [A]}", "{except: [A]}"])
def test_lists_that_leave_something_to_retry_are_fine(retry):
    assert not codes(saga(f"{UNDO}, retry: {retry}"))


def test_compensating_after_the_pivot_is_impossible():
    found = only(saga(PIVOT, f"{ON}, on_failure: compensate"))
    assert (found.code, found.marked) == ("SAGA504", "compensate")


def test_the_pivot_itself_and_what_comes_before_may_compensate():
    assert not codes(saga(f"{UNDO}, on_failure: compensate", f"{PIVOT}, on_failure: compensate"))


def test_a_retriable_step_before_the_pivot_is_an_error():
    found = only(saga(ON, PIVOT))
    assert (found.code, found.marked) == ("SAGA505", "retriable")
    assert "before a pivot has completed" in found.message


def test_a_retriable_step_needs_a_pivot_somewhere():
    found = only(saga(ON))
    assert found.code == "SAGA505"
    assert "no pivot" in found.message


def test_a_retriable_step_that_a_catch_of_the_pivot_reaches_runs_before_it_has_completed():
    assert codes(saga(f"{PIVOT}, catch: [{{errors: [E], next: s2}}]", ON)) == ["SAGA505"]


def test_a_retriable_step_that_is_never_retried_is_told():
    found = only(saga(PIVOT, "kind: retriable"))
    assert (found.code, found.marked, found.line) == ("SAGA507", "retriable", 4)
    assert codes(saga(PIVOT, "kind: retriable, retry: {max_attempts: 1}")) == ["SAGA507"]
    assert not codes(saga(PIVOT, "kind: retriable", more="defaults: {retry: {max_attempts: 2}}"))


def test_a_second_pivot_on_one_path_is_told():
    found = only(saga(LONE, LONE))
    assert (found.code, found.marked, found.line) == ("SAGA509", "pivot", 4)
    assert found.message == "'s2' can come after the pivot 's1', from which on nothing is undone anyway"


def test_pivots_on_different_paths_and_a_pivot_that_is_repeated_are_fine():
    forked = """
name: roles
states:
  ask: {type: choice, choices: [{when: saga.id == 'x', next: card}], default: transfer}
  card: {service: x, action: y, kind: pivot, next: done}
  transfer: {service: x, action: y, kind: pivot, next: again}
  again: {type: choice, choices: [{when: saga.id == 'y', next: transfer}], default: done}
  done: {type: succeed}
"""
    assert not codes(forked)


def beside(left: str, right: str, more: str = "") -> str:
    return f"""
name: roles
states:
  both:
    type: parallel
    branches:
      left: {{steps: [{{id: l, service: x, action: y, {left}}}]}}
      right: {{steps: [{{id: r, service: x, action: y, {right}}}]}}
    {more}next: done
  done: {{type: succeed}}
"""


def test_a_pivot_beside_a_branch_that_can_fail_could_not_be_undone():
    found = only(beside(PIVOT, UNDO))
    assert (found.code, found.marked, found.line) == ("SAGA508", "pivot", 7)
    assert found.message == (
        "'l' is a pivot, and the branch 'right' can still fail at 'r': what it did could not be undone any more"
    )
    assert found.hint == "move the pivot behind 'both'"


@pytest.mark.parametrize(
    ("right", "more"),
    [
        ("kind: read_only, on_failure: continue", ""),
        (UNDO, "on_failure: continue\n    "),
        (UNDO, "catch: [{errors: ['*'], next: done}]\n    "),
    ],
)
def test_a_pivot_beside_what_cannot_turn_the_saga_back_is_fine(right, more):
    assert not codes(beside(PIVOT, right, more))


def test_a_pivot_in_the_body_of_a_map_stands_beside_the_other_items():
    text = """
name: roles
states:
  each:
    type: map
    items: "[1, 2]"
    steps: [{id: pay, service: x, action: y, kind: pivot}]
    next: done
  done: {type: succeed}
"""
    assert only(text).message.startswith("'pay' is a pivot, and another item of 'each' can still fail at 'pay'")
    assert not codes(text.replace("items:", "kind: pivot\n    items:").replace(", kind: pivot}", ", compensation: u}"))


def test_a_whole_can_be_the_pivot():
    whole = beside(UNDO, UNDO, "kind: pivot\n    ").replace("next: done", "next: ship")
    after = "  ship: {service: x, action: y, compensation: recall, next: done}\n"
    assert codes(whole + after) == ["SAGA501"]
    assert not codes(whole + after.replace("compensation: recall", ON))


def test_a_step_of_a_branch_is_asked_how_it_is_undone_when_another_branch_can_fail():
    assert [f[:2] for f in findings(beside(PLAIN, UNDO))] == [("SAGA502", "l")]
    assert not codes(beside(PLAIN, UNDO, "on_failure: continue\n    "))


def test_a_compensation_that_reads_its_own_output_guards_it():
    def undo(expression: str) -> str:
        payload = f'{{v: "${{{expression}}}"}}'
        return saga(f"compensation: {{action: undo, payload: {payload}}}", UNDO)

    found = only(undo("states.s1.output.id"))
    assert (found.code, found.marked) == ("SAGA506", "states.s1.output.id")
    assert found.message == "'s1' may be undone without having an output: it can have timed out"
    assert found.hint == "guard it: has(states.s1.output.id) ? states.s1.output.id : …"
    assert not codes(undo("has(states.s1.output.id) ? states.s1.output.id : ''"))
    assert not codes(undo("states.s1.output"))


# -- compensations that never run, and one that is missing ---------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "line", "why"),
    [
        ((UNDO, f"{READ}, compensation: take_back"), 4, "'s2' is read_only, and changes nothing"),
        ((PIVOT, f"{READ}, compensation: take_back"), 4, "'s2' is read_only, and changes nothing"),
        ((PIVOT, f"{ON}, compensation: take_back"), 4, "'s2' only runs after the pivot, where nothing is compensated"),
    ],
)
def test_a_compensation_that_never_runs_is_told(steps, line, why):
    found = only(saga(*steps))
    assert (found.code, found.marked, found.line) == ("SAGA512", "take_back", line)
    assert why in found.message


def test_a_second_pivot_is_never_undone():
    found = findings(saga(PIVOT, "kind: pivot, compensation: take_back"))
    assert [(f.code, f.marked) for f in found] == [("SAGA509", "pivot"), ("SAGA512", "take_back")]


def test_a_pivot_that_is_not_behind_another_on_every_path_can_be_undone():
    found = findings("""
name: roles
input: {type: object, required: [paid], properties: {paid: {type: boolean}}}
states:
  ask: {type: choice, choices: [{when: input.paid, next: second}], default: first}
  first: {service: x, action: y, kind: pivot, compensation: undo, next: second}
  second: {service: x, action: y, kind: pivot, compensation: undo, next: done}
  done: {type: succeed}
""")
    assert [f.code for f in found] == ["SAGA509"]


def test_if_a_pivot_is_in_doubt_all_before_it_is_undone_and_nothing_undoes_the_pivot():
    found = only(saga(UNDO, LONE, ON))
    assert (found.code, found.marked) == ("SAGA514", "pivot")
    assert found.message == "if the pivot 's2' times out, it may have happened, and all before it is undone"
    assert "on_failure: fail" in found.hint


@pytest.mark.parametrize(
    "steps",
    [
        (LONE, ON),  # there is nothing to undo
        (READ, LONE, ON),
        (UNDO, PIVOT, ON),
        (UNDO, f"{LONE}, on_failure: fail", ON),
        (UNDO, f"{LONE}, on_failure: {{wait_for: go}}", ON),
        (UNDO, f"{LONE}, catch: [{{errors: [Timeout], next: done}}]", ON),
        (UNDO, f"{LONE}, catch: [{{errors: ['*'], next: done}}]", ON),
    ],
)
def test_a_pivot_that_does_not_turn_the_saga_back_in_doubt_is_fine(steps):
    assert not codes(saga(*steps))


@pytest.mark.parametrize("more", ["on_failure: compensate", "on_failure: {wait_for: go, timeout: 1d}"])
def test_a_pivot_that_turns_the_saga_back_in_doubt_needs_a_compensation(more):
    assert codes(saga(UNDO, f"{LONE}, {more}", ON)) == ["SAGA514"]
    assert not codes(saga(UNDO, f"{PIVOT}, {more}", ON))
