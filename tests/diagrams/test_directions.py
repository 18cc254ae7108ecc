"""Ways lead down the page, but those that lead back to where one has been."""

from graphlib import TopologicalSorter

from hypothesis import given, settings

from sagadsl import compile_saga
from sagadsl.diagrams.directions import back_edges
from sagadsl.diagrams.model import Edge, Node, Picture
from sagadsl.diagrams.views import picture
from tests.diagrams.test_clear import drawn, tangled
from tests.strategies import definitions


def of(*ways, view="flow"):
    names = dict.fromkeys(name for way in ways for name in way[:2])
    nodes = tuple(Node(name, "task", name) for name in names)
    return Picture("x", (), "", nodes, tuple(Edge(*way) for way in ways), view=view)


def led_back(drawing):
    return {(drawing.edges[place].source, drawing.edges[place].target) for place in back_edges(drawing)}


@settings(max_examples=60, deadline=None)
@given(definitions(max_blocks=6, depth=2))
def test_without_the_ways_back_nothing_leads_round_in_a_circle(definition):
    for view in ("flow", "machine", "lifecycle"):
        drawing = picture(compile_saga(definition), view)
        back = back_edges(drawing)
        onward = [edge for place, edge in enumerate(drawing.edges) if place not in back and edge.kind != "undo"]
        order = TopologicalSorter()
        for edge in onward:
            order.add(edge.target, edge.source)
        order.prepare()  # which raises CycleError


def test_a_handler_that_goes_back_stands_below_what_it_handles():
    ways = ("a", "b", "next"), ("b", "c", "next"), ("b", "later", "catch"), ("later", "a", "next")
    assert led_back(of(*ways)) == {("later", "a")}


def test_what_usually_happens_is_followed_before_what_fails():
    ways = ("a", "c", "catch"), ("a", "b", "next"), ("b", "c", "next"), ("c", "b", "next")
    assert led_back(of(*ways)) == {("c", "b")}


def test_in_the_lifecycles_a_detour_stands_on_the_way_back():
    ways = (
        ("run", "fail", "trigger"),
        ("fail", "retry", "trigger"),
        ("retry", "fail", "trigger"),
        ("retry", "run", "trigger"),
    )
    assert led_back(of(*ways)) == {("retry", "fail"), ("retry", "run")}
    assert led_back(of(*ways, view="lifecycle")) == {("fail", "retry"), ("retry", "run")}


def test_a_way_back_lies_apart_from_the_way_there():
    edges = drawn(tangled()["loops"], "flow").edges
    there, back = edges["way-state-ship-state-ask_address"], edges["way-state-ask_address-state-ship"]

    (x, y), inner = there[len(there) // 2], back[len(back) // 4 : -len(back) // 4]
    assert min((x - u) ** 2 + (y - v) ** 2 for u, v in inner) > 10**2
