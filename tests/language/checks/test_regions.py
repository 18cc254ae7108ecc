"""Branches and bodies: where transitions may lead, and whose output can be read where."""

import pytest

from tests.language.checks.findings import codes, findings, only

CALL = "service: x, action: y"
UNDO = f"{CALL}, compensation: undo"


def both(left: str = "", right: str = "", end: str = "", more: str = "") -> str:
    """A saga of two branches side by side; `left` and `right` are payloads, `end` is the output."""
    return f"""
name: regions
start: first
states:
  first: {{{UNDO}, next: both}}
  both:
    type: parallel
    branches:
      left:
        start: l1
        states:
          l1: {{{UNDO}, next: l2}}
          l2: {{{UNDO}, payload: {{v: "{left}"}}, next: l_end}}
          l_end: {{type: succeed, output: {{seat: "${{states.l1.output.seat}}", kind: aisle}}}}
      right:
        steps:
          - {{id: r1, {UNDO}, payload: {{v: "{right}"}}}}
    {more}next: last
  last: {{{CALL}, payload: {{v: "{end}"}}, next: done}}
  done: {{type: succeed}}
"""


@pytest.mark.parametrize("read", ["states.first.output.x", "states.l1.output.x"])
def test_inside_a_branch_what_came_before_can_be_read(read):
    assert not codes(both(left=f"${{{read}}}"))


def test_the_other_branch_cannot_be_read():
    found = only(both(right="${states.l1.output.x}"))
    assert (found.code, found.marked) == ("SAGA405", "states.l1.output")
    assert found.message == "'l1' runs beside this, in another branch of 'both': it may not have completed yet"
    assert found.hint == "read it behind 'both', when all branches have ended"


def test_inside_it_the_whole_has_not_completed():
    assert only(both(left="${states.both.output.right}")).code == "SAGA405"


def test_after_the_join_all_branches_and_the_whole_can_be_read():
    assert not codes(both(end="${states.l1.output.x} ${states.r1.output.x} ${states.both.output.left.seat}"))


def test_the_output_of_a_branch_is_known_by_its_fields():
    assert only(both(end="${states.both.output.left.seet}"))[:2] == ("SAGA403", "seet")
    assert only(both(end="${states.both.output.middle}"))[:2] == ("SAGA403", "middle")


def test_of_a_whole_that_can_be_caught_nothing_inside_can_be_read_behind_the_catch():
    found = only(both(end="${states.l1.output.x}", more="catch: [{errors: ['*'], next: last}]\n    "))
    assert found.code == "SAGA405"
    assert found.message == "'l1' has not completed on every path to here: first → both → last does not pass it"


def test_a_transition_cannot_lead_out_of_its_branch():
    found = only(both().replace("next: l_end}", "next: last}"))
    assert (found.code, found.marked) == ("SAGA305", "last")
    assert found.message == "'last' is one of the saga's own states, and this is inside the branch 'left' of 'both'"
    assert found.hint == "end here with a succeed state: what comes behind is said by the 'next' of 'both'"


def test_nor_into_one_nor_from_one_to_the_other():
    found = only(
        both().replace("first: {service: x, action: y, compensation: undo, next: both}", f"first: {{{UNDO}, next: l1}}")
    )
    assert (found.code, found.marked) == ("SAGA305", "l1")
    assert found.hint == "lead to 'both', which begins all that is inside it"
    assert codes(both().replace("next: l_end}", "next: r1}")) == ["SAGA305"]


def test_the_start_of_a_branch_is_one_of_its_states():
    assert ("SAGA305", "r1") in [f[:2] for f in findings(both().replace("start: l1", "start: r1"))]
    found = next(f for f in findings(both().replace("start: l1", "start: l11")) if f.code == "SAGA301")
    assert (found.marked, found.hint) == ("l11", "did you mean 'l1'?")


def test_a_slip_in_a_branch_is_guessed_among_its_own_states():
    found = only(both().replace("next: l_end}", "next: lend}"))
    assert (found.code, found.hint) == ("SAGA301", "did you mean 'l_end'?")


def test_a_state_of_a_branch_that_nothing_leads_to_is_told():
    found = findings(both().replace("next: l2}", "next: l_end}"))
    assert ("SAGA302", "l2") in [f[:2] for f in found]
    assert next(f for f in found if f.code == "SAGA302").hint == "lead to it from another state of 'both', or delete it"


def test_of_an_unreachable_whole_its_states_are_not_told_one_by_one():
    assert codes(both().replace("next: both}", "next: last}")) == ["SAGA302"]


def test_a_branch_that_goes_round_for_ever_is_told():
    found = [f for f in findings(both().replace("next: l_end}", "next: l1}")) if f.code == "SAGA303"]
    assert [f.marked for f in found] == ["l1"]


@pytest.mark.parametrize(
    "way_out", ["catch: [{errors: [E], next: done}]", "on_failure: continue, catch: [{errors: ['*'], next: done}]"]
)
def test_a_cycle_may_be_left_by_a_catch(way_out):
    text = f"name: c\nstates:\n  a: {{{UNDO}, {way_out}, next: a}}\n  done: {{type: succeed}}\n"
    assert "SAGA303" not in codes(text)


def test_a_cycle_may_be_left_by_a_wait_that_is_given_up():
    text = f"""
name: c
states:
  a: {{{UNDO}, next: ask}}
  ask: {{type: wait, signal: again, timeout: 1h, next: a, on_timeout: done}}
  done: {{type: succeed}}
"""
    assert not codes(text)
    assert "SAGA303" in codes(text.replace(", on_timeout: done", ""))


# -- maps ---------------------------------------------------------------------------------------------------------

SCHEMA = """
  type: object
  required: [orders, any]
  properties:
    any: {}
    orders: {type: array, items: {type: object, required: [sku], properties: {sku: {type: string}, qty: {type: integer}}}}
"""


def each(body: str, *, items: str = "input.orders", as_: str = "order", end: str = "") -> str:
    return f"""
name: maps
input:{SCHEMA}
states:
  each:
    type: map
    items: {items}
    as: {as_}
    steps:
      - {{id: pack, {UNDO}, payload: {{v: "${{{body}}}"}}}}
    next: done
  done: {{type: succeed, output: {{v: "{end}"}}}}
"""


@pytest.mark.parametrize(
    "read", ["order.sku", "index + 1", "has(order.qty) ? order.qty : 1", "order.sku + string(index)", "order"]
)
def test_the_body_reads_the_element_and_its_place(read):
    assert not codes(each(read))


@pytest.mark.parametrize(
    ("read", "code", "marked"),
    [
        ("order.skuu", "SAGA403", "skuu"),
        ("order.qty", "SAGA408", "order.qty"),
        ("order.sku + 1", "SAGA404", "+"),
        ("index + 'a'", "SAGA404", "+"),
        ("item.sku", "SAGA402", "item.sku"),
    ],
)
def test_what_the_list_says_of_its_elements_is_held_against_the_body(read, code, marked):
    assert only(each(read))[:2] == (code, marked)


def test_an_element_of_a_computed_list_is_known_too():
    assert not codes(each("order.sku", items="\"input.orders.filter(o, o.sku != '')\""))
    assert only(each("order.skuu", items="\"input.orders.filter(o, o.sku != '')\"")).code == "SAGA403"
    assert not codes(each("order.whatever", items="input.any"))


def test_items_have_to_be_a_list():
    found = only(each("index", items="input.orders[0]"))
    assert (found.code, found.marked) == ("SAGA404", "input.orders[0]")
    assert found.message == "'items' has to be a list, not an object"


def test_outside_the_body_there_is_no_element_and_no_place():
    found = only(each("index", end="${order.sku}"))
    assert found[:2] == ("SAGA402", "order.sku")
    assert found.message == "'order' can only be read inside the body of 'each'"
    assert only(each("index", end="${index}")).message == "'index' can only be read inside the body of a map"


def test_outside_the_body_its_states_have_no_output_but_the_map_has_a_list():
    found = only(each("index", end="${states.pack.output.x}"))
    assert found.code == "SAGA405"
    assert found.message == "'pack' is run once for each item of 'each': out here it has no output of its own"
    assert found.hint == "read states.each.output, the list of what the body gives"
    assert not codes(each("index", end="${states.each.output}"))
    assert only(each("index", end="${states.each.output.x}")).code == "SAGA403"


@pytest.mark.parametrize("name", ["input", "states", "index", "steps", "for"])
def test_a_name_that_means_something_cannot_be_that_of_the_element(name):
    found = findings(each("1", as_=name))
    assert ("SAGA416", name) in [f[:2] for f in found]


def nested(inner: str) -> str:
    return f"""
name: nested
states:
  outer:
    type: map
    items: "[[1], [2]]"
    start: inner
    states:
      inner:
        type: map
        items: item
        {inner}steps: [{{id: a, {UNDO}}}]
        next: o_end
      o_end: {{type: succeed}}
    next: done
  done: {{type: succeed}}
"""


def test_an_inner_element_that_hides_the_outer_one_is_told():
    found = only(nested(""))
    assert (found.code, found.marked) == ("SAGA417", "inner")
    assert found.message == "inside 'inner', 'item' is its own item, and no longer that of 'outer'"
    assert only(nested("as: item\n        "))[:2] == ("SAGA417", "item")
    assert not codes(nested("as: part\n        "))


# -- signals and waits --------------------------------------------------------------------------------------------


def waiting(read: str, wait: str = "signal: go, timeout: 1h") -> str:
    return f"""
name: waiting
input: {{type: object, required: [fast, when], properties: {{fast: {{type: boolean}}, when: {{type: string}}}}}}
states:
  pick: {{type: choice, choices: [{{when: input.fast, next: early}}], default: ask}}
  early: {{{CALL}, kind: read_only, next: late}}
  ask: {{type: wait, {wait}, next: after}}
  after: {{{UNDO}, payload: {{v: "{read}"}}, next: late}}
  late: {{type: succeed, output: {{v: LATE}}}}
"""


@pytest.mark.parametrize("read", ["signals.go.name", "states.ask.output.name", "has(signals.go.name)"])
def test_behind_a_wait_its_signal_can_be_read(read):
    assert not codes(waiting(f"${{{read}}}"))


def test_a_signal_that_some_path_does_not_wait_for_is_told_with_the_path():
    found = only(waiting("").replace("LATE", '"${signals.go.name}"'))
    assert (found.code, found.marked) == ("SAGA405", "signals.go")
    assert found.message == ("the signal 'go' has not been received on every path to here: not on pick → early → late")


def test_a_signal_that_nothing_waits_for_is_told_with_the_one_that_was_meant():
    assert only(waiting("${signals.goo.name}"))[:2] == ("SAGA402", "signals.goo")
    assert only(waiting("${signals.goo.name}")).hint == "did you mean 'go'?"


def test_a_wait_for_a_time_has_no_output():
    found = only(waiting("${states.ask.output}", "for: 1h"))
    assert (found.code, found.hint) == ("SAGA402", "only a wait for a signal has one")


@pytest.mark.parametrize("until", ["input.when", "timestamp(input.when)", "saga.started_at + duration('1h')"])
def test_until_is_a_timestamp_or_its_text(until):
    assert not codes(waiting("", f"until: {until!r}".replace("'", '"') if "'" not in until else f'until: "{until}"'))


def test_until_nothing_else():
    found = only(waiting("", "until: input.fast"))
    assert (found.code, found.marked) == ("SAGA404", "input.fast")
    assert found.message == "'until' has to be a timestamp, not true or false"
