"""What is in the picture of each construct of the language."""

import pytest

from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.model import Edge
from sagadsl.diagrams.states import TIMES
from sagadsl.language.definition import (
    Catch,
    Choice,
    Choose,
    CompensationPolicy,
    Fail,
    OnFailure,
    Pass,
    Retry,
    Succeed,
)

DONE = Succeed(name="done")


def node(drawn, title):
    (found,) = (node for node in drawn.nodes if node.title == title)
    return found


def ways(drawn, *kinds):
    """Edges as titles, to read them."""
    titles = {node.id: node.title or "start" for node in drawn.nodes}
    return [
        (titles[edge.source], titles[edge.target], edge.label)
        for edge in drawn.edges
        if not kinds or edge.kind in kinds
    ]


def test_states_stand_in_the_order_of_the_text_behind_a_start_marker(make):
    drawn = picture(make.saga(make.task("b", "a"), make.task("a", "done"), DONE))
    assert [n.title for n in drawn.nodes] == ["", "b", "a", "done"]
    assert drawn.nodes[0].kind == "start"
    assert ways(drawn) == [("start", "b", ""), ("b", "a", ""), ("a", "done", "")]


def test_the_start_marker_points_to_the_start_wherever_it_stands(make):
    drawn = picture(make.saga(DONE, make.task("a", "done"), start="a"))
    assert drawn.edges[0] == Edge("start", "state-a", "next")


def test_a_task_says_what_it_calls_and_what_is_unusual_about_it(make):
    step = make.task(
        "a", "done", service="bank", action="pay", kind="retriable", retry=Retry(max_attempts=5), timeout=90.0
    )
    drawn = node(picture(make.saga(step, DONE)), "a")
    assert (drawn.detail, drawn.role) == ("bank.pay", "retriable")
    assert drawn.badges == ("retriable", TIMES + "5", "timeout 1m30s")


def test_an_ordinary_task_has_no_badges(make):
    assert node(picture(make.saga(make.task("a", "done"), DONE)), "a").badges == ()


@pytest.mark.parametrize(
    ("on_failure", "badges"),
    [
        (OnFailure("compensate"), ()),
        (OnFailure("fail"), ("stops if it fails",)),
        (OnFailure("wait_for", "stock"), ("if it fails: waits for stock",)),
        (OnFailure("wait_for", "stock", 3600.0), ("if it fails: waits for stock, 1h",)),
    ],
)
def test_a_task_says_what_its_failure_does(make, on_failure, badges):
    assert node(picture(make.saga(make.task("a", "done", on_failure=on_failure), DONE)), "a").badges == badges


def test_a_failure_that_goes_on_has_its_own_edge(make):
    drawn = picture(make.saga(make.task("a", "done", on_failure=OnFailure("continue")), DONE))
    assert ways(drawn, "on_failure") == [("a", "done", "also if it fails")]
    assert ways(drawn, "next")[1:] == [("a", "done", "")]


def test_an_undo_stands_beside_its_step_and_leads_nowhere(make):
    drawn = picture(
        make.saga(
            make.task("a", "done", compensation=make.undo("free", retry=Retry(max_attempts=2), timeout=5.0)),
            DONE,
        )
    )
    mirror = node(drawn, "shop.free")
    assert mirror.kind == "compensation"
    assert mirror.badges == ("undo", TIMES + "2", "timeout 5s")
    assert drawn.nodes.index(mirror) == drawn.nodes.index(node(drawn, "a")) + 1
    assert ways(drawn, "compensation") == [("a", "shop.free", "")]
    assert all(edge.source != mirror.id for edge in drawn.edges)


def test_the_way_on_from_a_pivot_crosses_the_point_of_no_return(make):
    drawn = picture(
        make.saga(
            make.task("a", "done", kind="pivot", catch=(Catch(("Refused",), "sorry"),)),
            DONE,
            Fail(name="sorry", error="Refused"),
        )
    )
    assert ways(drawn, "next")[1:] == [("a", "point of no return", ""), ("point of no return", "done", "")]
    assert ways(drawn, "catch") == [("a", "sorry", "on Refused")]


def test_catches_tell_their_codes_in_order(make):
    catch = (Catch(("Lost", "Late"), "b"), Catch(("Lost", "*"), "done"))
    drawn = picture(make.saga(make.task("a", "b", catch=catch), make.task("b", "done"), DONE))
    assert ways(drawn, "catch") == [("a", "b", "on Lost, Late"), ("a", "done", "any error")]


def test_a_choice_tells_its_conditions_and_its_default(make):
    choice = Choice(name="which", choices=(Choose("x > 1", "a"), Choose("x > 0", "done")), default="done")
    drawn = picture(make.saga(choice, make.task("a", "which"), DONE))
    assert ways(drawn, "choice") == [("which", "a", "x > 1"), ("which", "done", "x > 0")]
    assert ways(drawn, "default") == [("which", "done", "default")]
    assert node(drawn, "which").badges == ()


def test_a_choice_without_a_default_says_how_it_fails(make):
    drawn = picture(make.saga(Choice(name="which", choices=(Choose("x > 1", "done"),)), DONE))
    assert node(drawn, "which").badges == ("none true: NoChoice",)
    assert ways(drawn, "default") == []


def test_one_whose_conditions_are_complete_says_nothing_of_that(make):
    arms = (Choose("input.x > 1", "done"), Choose("input.x <= 1", "done"))
    drawn = picture(make.saga(Choice(name="which", choices=arms), DONE))
    assert node(drawn, "which").badges == ()


def test_the_remaining_states_have_kinds_of_their_own(make):
    drawn = picture(
        make.saga(
            Pass(name="sums", output={}, next="done"),
            DONE,
            Fail(name="sorry", error="Refused", message="Sorry."),
        )
    )
    assert [n.kind for n in drawn.nodes] == ["start", "pass", "succeed", "fail"]
    assert node(drawn, "sorry").detail == "fails with Refused"
    assert node(drawn, "sorry").note == "Sorry."


def test_the_heading_tells_what_holds_for_the_whole_saga(make):
    drawn = picture(
        make.saga(
            DONE,
            name="trip",
            version="7",
            description="Away.",
            timeout=90.0,
            compensation=CompensationPolicy("parallel", "continue"),
        )
    )
    assert (drawn.title, drawn.description) == ("trip", "Away.")
    assert drawn.facts == (
        "version 7",
        "timeout 1m30s",
        "undone all at once",
        "a failed undo does not stop the others",
    )


def test_ids_are_unique_and_every_edge_joins_two_nodes(everything):
    drawn = picture(everything)
    ids = [n.id for n in drawn.nodes]
    assert len(set(ids)) == len(ids)
    assert {end for edge in drawn.edges for end in (edge.source, edge.target)} == set(ids)
