"""A transition leads somewhere, a state can be reached, and every path can end."""

from tests.language.checks.findings import codes, findings, only

TASK = "service: bank, action: charge, compensation: refund"


def test_a_transition_to_no_state_is_told_at_the_name_with_the_state_that_was_meant():
    found = only(f"""
name: pay
states:
  charge: {{{TASK}, next: finnish}}
  finish: {{type: succeed}}
""")
    assert found[:4] == ("SAGA301", "finnish", 4, "there is no state 'finnish'")
    assert found.hint == "did you mean 'finish'?"


def test_every_place_that_names_a_state_is_looked_at():
    found = findings(f"""
name: pay
start: nowhere1
states:
  pick:
    type: choice
    choices:
      - {{when: "true", next: charge}}
      - {{when: "true", next: nowhere2}}
    default: nowhere3
  charge: {{{TASK}, catch: [{{errors: [A], next: charge}}, {{errors: [B], next: nowhere4}}], next: nowhere5}}
""")
    dangling = [f.marked for f in found if f.code == "SAGA301"]
    assert dangling == ["nowhere1", "nowhere2", "nowhere3", "nowhere4", "nowhere5"]


def test_where_nothing_comes_near_a_few_states_are_listed():
    found = only(
        f"name: pay\nstates:\n  b: {{{TASK}, catch: [{{errors: [E], next: xyzzy}}], next: a}}\n  a: {{type: succeed}}\n"
    )
    assert (found.code, found.marked, found.hint) == ("SAGA301", "xyzzy", "the states are a and b")


def test_continuing_to_a_missing_state_is_told_once():
    text = f"name: pay\nstates:\n  b: {{{TASK}, on_failure: continue, next: nowhere}}\n  a: {{type: succeed}}\n"
    assert [f.marked for f in findings(text) if f.code == "SAGA301"] == ["nowhere"]


def test_a_state_that_no_path_reaches_is_told_at_its_name():
    found = only(f"""
name: pay
states:
  charge: {{{TASK}, next: done}}
  forgotten: {{{TASK}, next: done}}
  done: {{type: succeed}}
""")
    assert found[:4] == ("SAGA302", "forgotten", 5, "the state 'forgotten' cannot be reached")


def test_a_state_that_only_a_catch_reaches_is_reached():
    assert not codes(f"""
name: pay
states:
  charge: {{{TASK}, catch: [{{errors: [Declined], next: sorry}}], next: done}}
  sorry: {{type: fail, error: Declined}}
  done: {{type: succeed}}
""")


def test_one_slip_of_the_pen_does_not_make_all_that_follows_unreachable():
    assert codes(f"""
name: pay
states:
  charge: {{{TASK}, next: chek}}
  check: {{{TASK}, next: done}}
  done: {{type: succeed}}
""") == ["SAGA301"]


def test_a_round_that_nothing_leaves_is_told_once_and_shown():
    found = only(
        f"""
name: poll
states:
  begin: {{{TASK}, next: ask}}
  ask: {{{TASK}, next: sleep}}
  sleep: {{{TASK}, next: ask}}
""".replace("compensation: refund", "kind: read_only")
    )
    assert found[:3] == ("SAGA303", "ask", 5)
    assert found.message == "from 'ask' no end can be reached: ask → sleep → ask goes round for ever"


def test_a_long_round_is_shown_shortened():
    steps = "".join(f"  s{i}: {{{TASK}, next: s{(i + 1) % 20}}}\n" for i in range(20))
    text = f"name: poll\nstates:\n{steps}"
    message = next(f.message for f in findings(text) if f.code == "SAGA303")
    assert "s0 → s1 → s2 → s3 → … → s17 → s18 → s19 → s0" in message


def test_a_round_that_a_catch_can_leave_is_allowed():
    assert not codes(
        f"""
name: poll
states:
  ask: {{{TASK}, catch: [{{errors: [Ready], next: done}}], next: ask}}
  done: {{type: succeed}}
""".replace("compensation: refund", "kind: read_only")
    )


def test_a_round_of_choices_and_passes_alone_is_an_error_though_it_could_be_left():
    found = only("""
name: spin
input: {type: object, required: [ready], properties: {ready: {type: boolean}}}
states:
  decide:
    type: choice
    choices: [{when: input.ready, next: done}]
    default: again
  again: {type: pass, output: {}, next: decide}
  done: {type: succeed}
""")
    assert found[:3] == ("SAGA304", "decide", 5)
    assert "decide → again → decide" in found.message


def test_a_task_in_the_round_can_change_the_decision():
    assert not codes("""
name: poll
states:
  ask: {service: bank, action: ready, kind: read_only, next: decide}
  decide:
    type: choice
    choices: [{when: states.ask.output.ready, next: done}]
    default: ask
  done: {type: succeed}
""")


def test_a_choice_that_chooses_itself_is_a_round_of_its_own():
    assert "SAGA304" in codes("""
name: spin
states:
  decide: {type: choice, choices: [{when: "true", next: done}], default: decide}
  done: {type: succeed}
""")


def test_in_the_straight_line_form_a_place_is_the_id():
    found = findings("""
name: pay
steps:
  - {id: charge, service: bank, action: charge, compensation: refund, catch: [{errors: [E], next: chrge}]}
  - {id: ship, service: post, action: send}
""")
    assert [f[:2] for f in found] == [("SAGA301", "chrge")]


def test_where_a_way_leads_into_a_body_it_is_told_and_no_state_that_may_have_been_meant():
    text = """
name: g
states:
  a: {type: pass, next: inner}
  b: {type: pass, next: all}
  all:
    type: map
    items: "[1]"
    steps: [{id: inner, service: s, action: t, kind: read_only}]
    next: done
  done: {type: succeed}
"""
    assert codes(text) == ["SAGA305"]
