"""`sagadsl verify` and `sagadsl outcomes`: what an analyst reads, and the exit codes that a build reads."""

import json

import pytest

ORDER = """\
name: order
invariants:
  - {name: shipped_is_paid, when: failed, require: steps.ship.status != 'completed' || steps.pay.status == 'completed'}
states:
  reserve: {service: stock, action: reserve, compensation: release, next: pay}
  pay: {service: bank, action: charge, kind: pivot, compensation: refund, next: ship}
  ship: {service: post, action: ship, kind: retriable, retry: {max_attempts: 2}, next: done}
  done: {type: succeed}
"""

BROKEN = ORDER.replace(
    "steps.ship.status != 'completed' || steps.pay.status == 'completed'", "steps.ship.status == 'completed'"
)


@pytest.fixture
def order(write):
    return write("order.yaml", ORDER)


def test_a_sound_saga_is_verified(sagadsl, order):
    result = sagadsl("verify", order)

    first, second, third = result.out.splitlines()
    assert (result.code, result.err, first) == (0, "", "order 1: verified")
    assert "states" in second
    assert "transitions" in second
    assert third == "  can end as completed, compensated, compensation_failed, failed"


def test_a_broken_promise_is_told_as_a_story(sagadsl, write):
    result = sagadsl("verify", write("order.yaml", BROKEN))

    assert result.code == 1
    assert result.out.splitlines()[0] == "order 1: broken"
    assert result.out.splitlines()[3:] == [
        "  broken: promise shipped_is_paid",
        "    `steps.ship.status == 'completed'` does not hold: ship is failed",
        "     1. The saga starts.",
        "     2. reserve succeeds.",
        "     3. pay succeeds.",
        "     4. ship fails for good.",
    ]


def test_programs_get_json_for_every_file(sagadsl, write, order):
    result = sagadsl("verify", order, write("broken.yaml", BROKEN), "--format", "json")

    good, bad = json.loads(result.out)
    assert result.code == 1
    assert (good["verified"], good["violations"]) == (True, [])
    assert (bad["verified"], bad["violations"][0]["rule"]) == (False, "promise shipped_is_paid")
    assert bad["violations"][0]["story"][-1] == "ship fails for good"


def test_a_walk_that_stops_early_verifies_nothing_and_says_so(sagadsl, order):
    result = sagadsl("verify", order, "--max-states", "5")

    assert result.code == 1
    assert result.out.splitlines()[0] == "order 1: not verified"
    assert "stopped after 5 states" in result.out


def test_cycles_that_were_cut_are_named(sagadsl, write):
    text = "name: turn\nstates:\n  a: {service: s, action: a, kind: read_only, next: pick}\n"
    text += "  pick: {type: choice, choices: [{when: states.a.output.more == true, next: a}], default: end}\n  end: {type: succeed}\n"
    result = sagadsl("verify", write("turn.yaml", text), "--max-visits", "3")

    assert result.code == 0
    assert "cycles were followed until a state had been entered 3 times: a" in result.out


def test_where_only_people_can_lead_back_nothing_is_said_of_cycles(sagadsl, write):
    text = """
name: once
timeout: 1h
max_retries: 2
steps:
  - {id: pay, service: a, action: b, kind: pivot, compensation: c}
  - {id: rest, type: wait, for: 2s}
  - {id: tell, service: a, action: e, kind: retriable}
"""
    result = sagadsl("verify", write("once.yaml", text))

    assert result.code == 0
    assert "cycles" not in result.out
    assert "people had the saga tried again until a state had been entered 2 times: rest" in result.out


def test_branches_that_were_looked_at_two_at_a_time_are_named(sagadsl, write):
    branches = "".join(f"      {n}: {{steps: [{{id: {n}1, service: s, action: a, compensation: u}}]}}\n" for n in "abc")
    text = f"name: wide\nstates:\n  all:\n    type: parallel\n    branches:\n{branches}    next: end\n  end: {{type: succeed}}\n"

    assert "of the branches of all two at a time did everything" in sagadsl("verify", write("wide.yaml", text)).out
    whole = sagadsl("verify", write("wide.yaml", text), "--every-order")
    assert whole.code == 0
    assert "two at a time" not in whole.out


def test_a_saga_that_another_file_runs_may_be_undone_after_its_end(sagadsl, write):
    child = (
        ORDER.replace("name: order", "name: child")
        .replace(", kind: pivot", "")
        .replace("kind: retriable", "kind: read_only")
    )
    child = child[: child.index("invariants")] + child[child.index("states:") :]
    child = child.replace(
        "states:", "invariants: [{name: i, when: compensated, require: steps.ship.status != 'completed'}]\nstates:"
    )
    child, parent = (
        write("child.yaml", child),
        write("parent.yaml", "name: p\nsteps: [{id: c, type: saga, saga: child}]\n"),
    )

    assert sagadsl("verify", child).code == 0
    result = sagadsl("verify", child, parent)
    assert result.code == 1
    assert "The saga that has run this one is undone, and has this one undone." in result.out


def test_what_the_catalogue_knows_is_used(sagadsl, write):
    text = "name: known\nsteps:\n  - {id: a, service: s, action: a, compensation: u}\n"
    text += '  - {id: b, service: s, action: b, kind: read_only, payload: {x: "${states.a.output.x}"}}\n'
    file = write("known.yaml", text)
    schema = "{type: object, required: [x], properties: {x: {type: string}}}"
    catalogue = write("services.yaml", f"services: {{s: {{actions: {{a: {{output: {schema}}}}}}}}}\n")

    without, known = sagadsl("verify", file), sagadsl("verify", file, "--catalogue", catalogue)

    assert (without.code, known.code) == (0, 0)
    assert without.out != known.out
    assert sagadsl("verify", file, "--catalogue", "nowhere.yaml").code == 2
    broken = sagadsl("verify", file, "--catalogue", write("bad.yaml", "service: {}\n"))
    assert broken.code == 1
    assert "bad.yaml:1:1: error" in broken.err


def test_definitions_with_errors_and_paths_that_are_not_there_are_told(sagadsl, write):
    wrong = sagadsl("verify", write("wrong.yaml", ORDER.replace("next: pay", "next: pray")))

    assert wrong.code == 1
    assert "wrong.yaml" in wrong.err
    assert sagadsl("verify", "nowhere.yaml").code == 2
    assert sagadsl("verify", write("x.yaml", ORDER), "--max-states", "0").code == 2


def test_outcomes_are_a_table_of_eighty_columns(sagadsl, order):
    result = sagadsl("outcomes", order)

    lines = [line.rstrip() for line in result.out.splitlines()]
    assert (result.code, result.err) == (0, "")
    assert [cell.strip() for cell in lines[0].split("  ") if cell] == ["step", "what happens", "is undone", "and then"]
    assert any(line.split() == ["reserve", "fails", "nothing", "compensated"] for line in lines)
    assert any(line.split() == ["ship", "fails", "or", "times", "out", "nothing", "failed"] for line in lines)
    assert max(map(len, result.out.splitlines())) <= 80


def test_where_no_step_can_fail_outcomes_say_so(sagadsl, write):
    nap = write("nap.yaml", "name: nap\nstates:\n  nap: {type: wait, for: 2h, next: done}\n  done: {type: succeed}\n")

    said = "no step of nap can fail: none calls a service, runs a saga or waits for a signal\n"
    assert sagadsl("outcomes", nap).out == said
    assert sagadsl("outcomes", nap, "--format", "json").out == "[]\n"


def test_outcomes_for_documents_and_programs(sagadsl, order):
    markdown = sagadsl("outcomes", order, "--format", "markdown").out.splitlines()
    data = json.loads(sagadsl("outcomes", order, "--format", "json").out)

    assert markdown[:3] == [
        "| step | what happens | is undone | and then |",
        "| --- | --- | --- | --- |",
        "| reserve | fails | nothing | compensated |",
    ]
    assert {row["state"] for row in data} == {"reserve", "pay", "ship"}


EXPORT = """\
name: export
states:
  pack: {service: house, action: pack, compensation: unpack, next: declare}
  declare:
    {service: customs, action: declare, kind: read_only, catch: [{errors: [Embargo], next: embargoed}], next: done}
  embargoed: {type: fail, error: Embargoed}
  done: {type: succeed}
"""


def test_outcomes_tell_where_a_caught_error_leads_although_the_saga_fails_there(sagadsl, write):
    result = sagadsl("outcomes", write("export.yaml", EXPORT), "--format", "markdown")

    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.out.splitlines()]
    assert ["declare", "fails with Embargo", "pack", "goes on at embargoed: compensated"] in rows
    assert ["embargoed", "is reached", "pack", "compensated"] in rows


def test_outcomes_know_the_errors_of_the_catalogue(sagadsl, write):
    text = EXPORT.replace("errors: [Embargo], next: embargoed", "errors: ['*'], next: why").replace(
        "  embargoed:",
        "  why: {type: choice, choices: [{when: error.code == 'Embargo', next: embargoed}], default: done}\n  embargoed:",
    )
    file = write("export.yaml", text)
    services = write("services.yaml", "services: {customs: {actions: {declare: {errors: [Embargo, Strike]}}}}\n")

    result = sagadsl("outcomes", file, "--catalogue", services, "--format", "json")

    ends = {row["how"]: (row["goes_on"], row["ends"]) for row in json.loads(result.out) if row["state"] == "declare"}
    assert ends["fails with Embargo"] == ("embargoed", "compensated")
    assert sagadsl("outcomes", file, "--catalogue", "nowhere.yaml").code == 2
    assert sagadsl("outcomes", file, "--catalogue", write("bad.yaml", "service: {}\n")).code == 1


def test_outcomes_of_a_definition_with_errors(sagadsl, write):
    assert sagadsl("outcomes", write("wrong.yaml", ORDER.replace("next: pay", "next: pray"))).code == 1
    assert sagadsl("outcomes", "nowhere.yaml").code == 2


PARENT = """\
name: parent
states:
  bill: {type: saga, saga: billing, next: ship}
  ship: {service: post, action: ship, kind: pivot, next: done}
  done: {type: succeed}
"""
BILLING = "name: billing\nsteps: [{id: charge, service: bank, action: charge, kind: pivot}]\n"


@pytest.mark.parametrize(
    "command", [("verify", "parent.yaml", "billing.yaml"), ("outcomes", "parent.yaml", "--saga", "billing.yaml")]
)
def test_nothing_is_promised_of_an_undo_that_another_saga_given_with_it_refuses(sagadsl, write, command):
    files = {"parent.yaml": write("parent.yaml", PARENT), "billing.yaml": write("billing.yaml", BILLING)}

    result = sagadsl(*(files.get(word, word) for word in command))

    assert (result.code, result.out) == (1, "")
    assert "'bill' cannot be undone: the saga 'billing' has passed its pivot 'charge' by then [SAGA515]" in result.err
