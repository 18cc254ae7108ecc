"""No line through words, no words over words, none cut: measured in the finished pictures, not judged by eye."""

import os
import subprocess
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from sagadsl import compile_saga, load
from sagadsl.diagrams import render
from sagadsl.diagrams.clearing import Frame, Ground, along_the_rim, beside, sampled
from sagadsl.diagrams.dot_places import places
from sagadsl.diagrams.lifecycle_view import picture as lifecycles
from sagadsl.diagrams.model import box_ids
from sagadsl.diagrams.views import can_fail, picture, to_dot
from tests.diagrams import corpus
from tests.diagrams.geometry import Drawing
from tests.diagrams.test_svg import finished
from tests.programs import needed
from tests.strategies import definitions

TANGLED = sorted(Path(__file__).parent.glob("tangled/*.yaml"))
"""Branches in a body in branches, a choice into a parallel with a catch, long conditions, loops, many ways back."""


def drawn(compiled, view, state=None):
    """A picture, laid out by the Graphviz that comes with sagadsl."""
    with patch.dict(os.environ, {"PATH": ""}):
        return Drawing(render(compiled, "svg", view=view, state=state))


def tangled():
    return {path.stem: compile_saga(load(path.read_text(encoding="utf-8"))) for path in TANGLED}


def sagas():
    return {**corpus.sagas(), **tangled()}


@pytest.mark.parametrize("view", ["flow", "machine"])
@pytest.mark.parametrize("name", sagas())
def test_nothing_runs_through_words_and_no_words_lie_on_others(name, view):
    drawing = drawn(sagas()[name], view)

    assert drawing.crossed() == []
    assert drawing.covered() == []
    assert drawing.on_frames() == []
    assert drawing.run_over() == []
    assert drawing.cut_words() == []


@pytest.mark.parametrize("name", [name for name in sagas() if name != "keywords"])
def test_what_happens_when_a_step_fails_is_as_clear(name):
    compiled = sagas()[name]
    for state in can_fail(compiled):
        drawing = drawn(compiled, "failure", state)
        assert drawing.covered() == [], state
        assert drawing.crossed_titles() == [], state
        if name in corpus.sagas():  # elsewhere a dozen ways back may leave the words of an edge no place at all
            assert drawing.crossed() == [], state
        assert drawing.run_over() == [], state
        assert drawing.cut_words() == [], state


@settings(max_examples=40, deadline=None)
@given(definitions(max_blocks=6, depth=3))
def test_whatever_the_saga_its_words_are_clear(definition):
    for view in ("flow", "machine"):
        drawing = drawn(compile_saga(definition), view)
        assert drawing.covered() == []
        assert drawing.crossed_titles() == []
        assert drawing.run_over() == []
        assert drawing.cut_words() == []


@pytest.mark.parametrize("name", sagas())
def test_every_part_has_an_id_of_its_own(name):
    ids = drawn(sagas()[name], "flow").ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", tangled())
def test_what_graphviz_paints_by_itself_is_as_clear(name):
    """A PNG or a PDF: the DOT for them is painted as SVG here, which can be measured."""
    program, compiled = needed("dot"), tangled()[name]
    for view in ("flow", "machine"):
        seen = picture(compiled, view)
        laid_out = graphviz(program, to_dot(seen, rich=True), "json0")
        drawing = Drawing(graphviz(program, to_dot(seen, rich=True, places=places(laid_out, seen)), "svg"))

        assert len(drawing.titles) == len(drawing.boxes) == len(list(box_ids(seen.groups)))
        assert drawing.crossed() == drawing.covered() == drawing.run_over() == []
        bars = [node for node in seen.nodes if node.kind == "point_of_no_return"]
        lines = [edge for edge in drawing.edges if edge not in seen.edge_ids]
        assert len(lines) == 2 * len(bars)


def graphviz(program, source, output):
    command = [program, "-Kdot", f"-T{output}"]
    return subprocess.run(command, input=source.encode(), capture_output=True, check=True, timeout=60).stdout


def crossings(drawing):
    """Pairs of edges that cross, away from a node at which both end."""

    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    def cross(a, b, c, d):
        return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0

    names = list(drawing.edges)
    ways = {name: points[::3] for name, points in drawing.edges.items()}
    return [
        (one, other)
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        if any(cross(*a, *b) for a in pairwise(ways[one]) for b in pairwise(ways[other]))
    ]


def test_in_the_lifecycles_no_two_lines_cross(everything):
    drawing = Drawing(finished(lifecycles(everything)))

    assert len(drawing.edges) > 30
    assert crossings(drawing) == []
    assert drawing.crossed() == drawing.covered() == []


def test_the_measure_sees_what_it_is_to_see():
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg"><g>
    <g id="a" class="node"><path d="M0,0 50,20"/><text font-size="10" x="2" y="12">a title too long for it</text></g>
    <g id="b" class="cluster"><path d="M100,0 150,90"/></g>
    <g id="c" class="edge"><path fill="none" d="M60,-50C60,0 60,0 60,50"/>
    <text font-size="10" x="55" y="5">words</text></g>
    <g id="d" class="edge"><path fill="none" d="M0,80C0,80 130,80 200,80"/>
    <text font-size="10" x="80" y="60">more words</text></g>
    <g class="titles"><text font-size="10" x="110" y="60">title</text></g>
    </g></svg>"""
    drawing = Drawing(svg)

    assert drawing.cut_words() == ["a"]
    assert drawing.crossed() == [("c", "c")]
    assert drawing.covered() == [("d", "0 title")]
    assert drawing.on_frames() == [("d", "b")]


PAPER = Frame(0, 0, 200, 200)
WORDS = Frame(90, 90, 130, 100)


def test_words_move_beside_their_edge_when_a_line_runs_through_them():
    ground, edge = Ground(PAPER), [(100.0, float(y)) for y in range(0, 201, 5)]
    ground.take_curve(edge)
    assert ground.taken(WORDS)

    place = ground.freest(beside(WORDS, edge))

    assert not ground.taken(place)
    assert (place.left, place.width, place.height) == (104, WORDS.width, WORDS.height)
    assert abs((place.top + place.bottom) / 2 - 100) <= 5


def test_words_rather_lie_on_a_line_than_on_words_or_off_the_paper():
    ground = Ground(PAPER)
    on_a_line, on_words, off = (WORDS.moved(*at) for at in ((10, 10), (10, 60), (190, 10)))
    ground.take_curve([(10.0 + step, 15.0) for step in range(30)])
    ground.take(on_words, 100)

    assert ground.freest([off, on_words, on_a_line]) == on_a_line
    assert ground.freest([off, on_words]) == on_words


def test_a_title_that_fits_nowhere_along_the_rim_has_no_place():
    box = Frame(0, 0, 100, 100)
    assert list(along_the_rim(Frame(8, 4, 120, 14), box)) == []
    assert all(box.holds(place) for place in along_the_rim(Frame(8, 4, 40, 14), box))


def test_a_curve_is_sampled_closely_from_end_to_end():
    points = sampled([(0, 0), (100, 0), (0, 100), (100, 100)])

    assert points[0] == (0, 0)
    assert points[-1] == pytest.approx((100, 100))
    assert all(abs(x - u) <= 12 and abs(y - v) <= 12 for (x, y), (u, v) in pairwise(points))
