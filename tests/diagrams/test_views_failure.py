"""What happens when a step fails, as the real machine does it, on the picture."""

import pytest
from hypothesis import given, settings

from sagadsl import compile_saga
from sagadsl.diagrams.views import can_fail, picture
from sagadsl.language.definition import Catch
from sagadsl.machine.outcomes import outcomes
from tests.machine.build import branch, choice, definition, parallel, succeed, task
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
        assert ("only after something else" in drawn.remarks[0]) == (not told)
        undone = {f"undo-{label.partition('/')[0].partition(':')[0]}" for each in told for label in each.undone}
        assert undone == {name for name in marks(drawn) if name.startswith("undo-")}


def test_what_is_reached_only_through_a_failure_has_a_view_as_well():
    saga = definition(task("a", "done", catch=(Catch(("Lost",), "b"),)), task("b", "done"), succeed("done"))
    drawn = failure(saga, "b")
    assert marks(drawn) == {"state-b": "fails"}
    assert "b is reached only after something else has failed" in drawn.remarks[0]
    assert {"start", "state-a", "state-b"} <= bright(drawn)
