"""What happens when a step fails, as the real machine does it, on the picture."""

import pytest
from hypothesis import given, settings

from sagadsl import compile_saga
from sagadsl.diagrams.failure_view import picture as failure_picture
from sagadsl.diagrams.failure_view import pictures
from sagadsl.diagrams.views import can_fail, picture
from sagadsl.language.definition import Catch, Fail
from sagadsl.machine.outcomes import outcomes
from tests.machine.build import branch, choice, definition, map_of, parallel, succeed, task
from tests.strategies import definitions

ORDER = definition(
    task("reserve", "pay"),
    task("pay", "ship", kind="pivot", catch=()),
    task("ship", "done", kind="retriable"),
    succeed("done"),
)


def failure(saga, state):
    return picture(compile_saga(saga), "failure", state=state)


def marks(drawn):
    return {node.id: node.marks[0].words for node in drawn.nodes if node.marks}


def path(drawn):
    """The way back; it may begin on the line that leads from the step to its undo."""
    ways = {"undo": "usual", "compensation": "strong"}
    return {(edge.source, edge.target, edge.label) for edge in drawn.edges if ways.get(edge.kind) == edge.emphasis}


def strong(drawn):
    return {(edge.source, edge.target) for edge in drawn.edges if edge.emphasis == "strong"}


def bright(drawn):
    return {node.id for node in drawn.nodes if node.emphasis != "faded"}


def test_the_undo_path_is_numbered_and_each_way_of_failing_has_its_letter():
    drawn = failure(ORDER, "pay")

    assert marks(drawn) == {"state-pay": "fails", "undo-reserve": "A1 · B2", "undo-pay": "B1"}
    assert drawn.remarks == (
        "A: pay fails: undone: 1 reserve; the saga ends compensated",
        "B: pay times out: undone: 1 pay, 2 reserve; the saga ends compensated",
    )
    assert path(drawn) == {
        ("state-pay", "undo-reserve", "A"),
        ("undo-reserve", "ends-compensated", "A B"),
        ("state-pay", "undo-pay", "B"),
        ("undo-pay", "undo-reserve", "B"),
    }


def test_the_way_to_the_step_stands_out_and_the_rest_stands_back():
    drawn = failure(ORDER, "pay")
    strong = {(edge.source, edge.target) for edge in drawn.edges if edge.emphasis == "strong" and edge.kind == "next"}

    assert strong == {("start", "state-reserve"), ("state-reserve", "state-pay")}
    assert not bright(drawn) & {"pivot-pay", "state-ship", "state-done"}
    assert {"start", "state-reserve", "state-pay", "ends-compensated"} <= bright(drawn)


def test_after_the_pivot_nothing_is_undone():
    drawn = failure(ORDER, "ship")

    assert marks(drawn) == {"state-ship": "fails"}
    assert path(drawn) == {("state-ship", "ends-failed", "")}
    assert [remark.partition(": ")[2] for remark in drawn.remarks] == ["the saga ends failed"]


def test_a_caught_failure_goes_on_where_the_catch_says():
    saga = definition(
        parallel("both", {"a": branch(task("one", "one_end"), succeed("one_end"))}, "done", catch={"Lost": "instead"}),
        task("instead", "done"),
        succeed("done"),
    )
    drawn = failure(saga, "one")
    assert any(remark.endswith("goes on at instead") for remark in drawn.remarks)
    assert "state-instead" in bright(drawn)
    (way,) = [edge for edge in drawn.edges if edge.kind == "catch"]
    assert (way.source, way.target, way.emphasis) == ("state-both", "state-instead", "strong")


def test_what_is_done_only_on_some_paths_is_in_brackets():
    saga = definition(
        choice("which", {"input.big == true": "extra"}, "last"),
        task("extra", "last"),
        task("last", "done"),
        succeed("done"),
    )
    drawn = failure(saga, "last")
    assert "(" in marks(drawn)["undo-extra"]
    assert "(extra)" in drawn.remarks[0]


def test_all_at_once_has_no_order():
    saga = definition(task("a", "b"), task("b", "c"), task("c", "done"), succeed("done"))
    at_once = failure(saga.vary(order="parallel"), "c")
    assert marks(at_once)["undo-a"] == marks(at_once)["undo-b"]
    assert "at once" in at_once.remarks[0]


def test_beside_other_branches_those_are_done_and_undone():
    saga = definition(
        parallel(
            "both",
            {
                "left": branch(task("l1", "l_end"), succeed("l_end")),
                "right": branch(task("r1", "r2"), task("r2", "r_end"), succeed("r_end")),
            },
            "done",
        ),
        succeed("done"),
    )
    drawn = failure(saga, "r2")
    assert {"state-l1", "state-r1", "undo-l1", "undo-r1"} <= bright(drawn)
    assert "state-done" not in bright(drawn)


@pytest.mark.parametrize("state", ["reserve", "pay", "ship"])
def test_the_numbers_are_those_of_the_table(state):
    drawn = failure(ORDER, state)
    for outcome in (each for each in outcomes(compile_saga(ORDER)) if each.state == state):
        for label in outcome.undone:
            assert marks(drawn)[f"undo-{label}"]
        assert {f"undo-{label}" for label in outcome.undone} <= bright(drawn)


@settings(max_examples=15, deadline=None)
@given(definitions())
def test_every_state_that_the_machine_says_can_fail_has_a_view_that_says_the_same(saga):
    compiled = compile_saga(saga)
    known = outcomes(compiled)
    assert {outcome.state for outcome in known} <= set(can_fail(compiled))
    for state in can_fail(compiled):
        drawn = failure(saga, state)
        told = [outcome for outcome in known if outcome.state == state]
        assert len(drawn.remarks) == max(len(told), 1)
        assert ("no way to" in drawn.remarks[0]) == (not told)
        undone = {f"undo-{label.partition('/')[0].partition(':')[0]}" for each in told for label in each.undone}
        assert undone == {name for name in marks(drawn) if name.startswith("undo-")}


def test_what_is_reached_only_through_a_failure_is_led_to_by_it():
    saga = definition(
        task("a", "b"), task("b", "done", catch=(Catch(("Lost",), "c"),)), task("c", "done"), succeed("done")
    )
    drawn = failure(saga, "c")

    assert marks(drawn)["undo-a"] == "A1 · B2"
    assert {"start", "state-a", "state-b", "state-c"} <= bright(drawn)
    assert {("start", "state-a"), ("state-a", "state-b"), ("state-b", "state-c")} <= strong(drawn)


EMBARGO = definition(
    parallel(
        "prepare",
        {
            "papers": branch(task("declare", "declared"), succeed("declared")),
            "parcels": branch(task("pack", "packed"), succeed("packed")),
        },
        "done",
        catch={"Embargo": "embargoed"},
    ),
    Fail(name="embargoed", error="Embargoed"),
    succeed("done"),
)


def test_a_catch_that_leads_to_a_fail_state_is_taken_and_the_undo_begins_there():
    drawn = failure(EMBARGO, "declare")

    assert drawn.remarks[0] == (
        "A: declare fails with Embargo: goes on at embargoed; undone: 1 pack; the saga ends compensated"
    )
    assert ("state-prepare", "state-embargoed") in strong(drawn)
    assert {"state-embargoed"} <= bright(drawn)
    assert ("state-embargoed", "undo-pack", "A") in path(drawn)


def test_a_fail_state_behind_a_catch_shows_what_had_been_done_before_it():
    drawn = failure(EMBARGO, "embargoed")

    (told,) = drawn.remarks
    assert told.startswith("embargoed is reached: undone, what was done last first: ")
    assert marks(drawn).keys() == {"undo-declare", "undo-pack", "state-embargoed"}
    assert {"state-prepare", "state-declare", "state-pack", "state-embargoed"} <= bright(drawn)
    assert ("state-prepare", "state-embargoed") in strong(drawn)


def test_a_step_inside_a_map_that_was_done_before_a_caught_failure_stands_out_with_the_map():
    inside = {
        "one": branch(task("declare", "declared"), succeed("declared")),
        "many": branch(
            map_of("all", "input.items", branch(task("pack", "packed"), succeed("packed")), next="fin"), succeed("fin")
        ),
    }
    saga = definition(
        parallel("both", inside, "done", catch={"Embargo": "stop"}), Fail(name="stop", error="Stop"), succeed("done")
    )
    drawn = failure(saga, "stop")

    assert {"state-both", "state-all", "state-pack", "undo-pack"} <= bright(drawn)
    assert ("state-all", "state-pack") in strong(drawn)


def test_what_a_catch_comes_by_on_its_way_stands_out_as_well():
    saga = definition(
        task("a", "done", catch=(Catch(("*",), "pick"),)),
        choice("pick", {"error.code == 'Lost'": "find"}, "done"),
        task("find", "done"),
        succeed("done"),
    )
    drawn = failure(saga, "a")

    assert {("state-a", "state-pick"), ("state-pick", "state-find")} <= strong(drawn)


def test_all_pictures_at_once_are_the_pictures_one_by_one():
    compiled = compile_saga(EMBARGO)
    assert pictures(compiled) == {state: failure_picture(compiled, state) for state in can_fail(compiled)}
