"""The finished SVG: readable by everybody, the same every time, with no word cut and none obeyed."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sagadsl.diagrams.dot import to_dot
from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines
from sagadsl.diagrams.model import Edge, Node, Picture
from sagadsl.diagrams.palette import COLOURS
from sagadsl.diagrams.sequence_model import Fragment, Lifeline, Message, Remark, Section, Sequence
from sagadsl.diagrams.svg import SVG, dress
from sagadsl.diagrams.text import clean, measure
from sagadsl.diagrams.wasm import lay_out
from tests.diagrams.test_regions import WAREHOUSE
from tests.machine.build import branch, definition, parallel, succeed
from tests.machine.build import task as step

OURS = {
    f"{{{SVG}}}{tag}"
    for tag in ("svg", "g", "title", "desc", "rect", "text", "path", "polygon", "ellipse", "polyline", "style")
}
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


def finished(drawn):
    return dress(lay_out(to_dot(drawn), within=60), drawn)


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
    paper = next(element for element in root if element.tag not in (svg("title"), svg("desc"), svg("style")))
    assert (paper.tag, paper.get("fill")) == (svg("rect"), "#ffffff")
    assert float(paper.get("rx")) > 0
    width, height = (float(number) for number in root.get("viewBox").split()[2:])
    assert (float(paper.get("width")), float(paper.get("height"))) == (width - 1, height - 1)


def test_every_word_is_there(root, drawn):
    groups = parts(root)
    for node in drawn.nodes:
        expected = [word for line in node_lines(node) for word in (line.badges or (line.text,))]
        assert words(groups[node.id]) == expected
    for name, edge in zip(drawn.edge_ids, drawn.edges, strict=True):
        assert words(groups[name]) == edge_lines(edge)
    assert words(root.find(svg("g"))) == [line.text for line in heading_lines(drawn)]


def test_pointing_at_a_part_tells_what_it_is(root):
    titles = {name: group.find(svg("title")).text for name, group in parts(root).items()}
    assert titles["state-sorry"].splitlines()[0] == "sorry: Nobody approved."
    assert titles["way-start-state-reserve"] == "start → reserve"
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
    assert words(groups["way-s0-s1"]) == edge_lines(edges[1])
    assert words(root.find(svg("g"))) == [line.text for line in heading_lines(drawn)]
    assert (root.find(svg("title")).text or "") == clean(title)


def test_colours_follow_the_page_and_stay_light_where_css_is_not_known(root):
    sheet = root.find(svg("style")).text
    used = {element.get(part) for element in root.iter() for part in ("fill", "stroke")} - {None, "none"}
    assert used <= {colour.light for colour in COLOURS.values()}
    for name, colour in COLOURS.items():
        assert (f"--sagadsl-{name}:{colour.dark};" in sheet) == (colour.light in used)
        assert (f'[fill="{colour.light}"]' in sheet) <= (colour.light in used)
    assert "@media screen and (prefers-color-scheme:dark)" in sheet
    assert root.get("class") == "sagadsl"


def test_the_point_of_no_return_is_a_line_across_the_picture(root):
    bar = parts(root)["pivot-charge"]
    left, y, right, same = map(float, NUMBERS.findall(bar.find(svg("path")).get("d")))
    assert y == same
    corners = [float(number) for number in NUMBERS.findall(bar.find(svg("polygon")).get("points"))]
    bar_left, bar_right = min(corners[::2]), max(corners[::2])
    assert left <= bar_left
    assert right >= bar_right
    assert right - left > 1.5 * (bar_right - bar_left)


def test_the_line_stops_before_what_stands_beside_it(make):
    bar, beside = (
        Node("pivot-x", "point_of_no_return", "point of no return", state="x"),
        Node("s1", "task", "beside", state="s1"),
    )
    start = Node("start", "start")
    edges = (Edge("start", "pivot-x", "next"), Edge("start", "s1", "next"))
    groups = parts(ET.fromstring(finished(Picture("x", (), "", (start, bar, beside), edges))))
    _, y, right, _ = map(float, NUMBERS.findall(groups["pivot-x"].find(svg("path")).get("d")))
    left_of_node, top, _, bottom = frame(groups["s1"])
    assert top < y < bottom
    assert right < left_of_node


def test_titles_of_boxes_are_painted_above_the_lines_into_them():
    root = ET.fromstring(finished(picture(WAREHOUSE)))
    last = list(root.find(svg("g")))[-1]
    assert last.get("class") == "titles"
    assert {element.text for element in last} == {
        "both: side by side", "branch customs", "branch packing", "pack: for each item",
    }  # fmt: skip
    assert "clusterpair" not in ET.tostring(root, encoding="unicode")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "&lt;", "]]> <!--", "🎉 שלום", 'x"', "\\N"])
def test_a_sequence_shows_hostile_words_and_obeys_none(text):
    lifelines = (Lifeline("saga", text, "saga"), Lifeline("service", text, "service"))
    items = (Fragment("alt", (Section(text, (Message("saga", "service", text, "call", "s"), Remark(text))),)),)
    drawn = Picture(text, (), text, (), (), view="sequence", sequence=Sequence(lifelines, items))
    root = ET.fromstring(finished(drawn))
    shown = [element.text for element in root.iter(svg("text"))]
    assert {element.tag for element in root.iter()} <= OURS
    assert shown.count(clean(text)) == 6
    assert f"[{clean(text)}]" in shown
    assert parts(root)["state-s"].find(svg("title")).text == clean(text)


def test_pointing_at_a_step_tells_its_payload_and_retries(root):
    lines = parts(root)["undo-reserve"].find(svg("title")).text.splitlines()
    assert "payload: the step's input and output" in lines
    assert any(line.startswith("retry: up to 4 attempts") for line in lines)


def test_a_picture_that_goes_from_left_to_right_has_its_branches_in_order_and_an_upright_line():
    inside = {f"b{i}": branch(step(f"s{i}", f"e{i}"), succeed(f"e{i}")) for i in range(10)}
    saga = definition(parallel("both", inside, "pay"), step("pay", "done", kind="pivot"), succeed("done"))
    groups = parts(ET.fromstring(finished(picture(saga))))
    tops = [frame(groups[f"state-s{i}"])[1] for i in range(10)]
    assert tops == sorted(tops)

    x, top, same, bottom = map(float, NUMBERS.findall(groups["pivot-pay"].find(svg("path")).get("d")))
    assert x == same
    assert top < tops[0] + 100
    assert bottom > tops[-1]
    assert frame(groups["state-pay"])[2] < x < frame(groups["state-done"])[0]
