"""The Mermaid text: its structure, and that no word in it is read as anything but a word."""

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st

from sagadsl.diagrams.aliases import aliases
from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.labels import edge_lines, marked_text, node_lines
from sagadsl.diagrams.mermaid import MOST_EDGES, to_mermaid
from sagadsl.diagrams.model import Edge, Group, Node, Picture
from sagadsl.diagrams.sequence_model import Fragment, Lifeline, Message, Remark, Section, Sequence

NODE = re.compile(r'    (\w+)([\[({]+)"([^"]*)"([\])}]+):::(\w+)')
EDGE = re.compile(r'    (\w+) (-->|-\.->)(?:\|"([^"]*)"\|)? (\w+)')
HARMLESS = re.compile(r"(?:[\w ,]|#\d+;|<br/>)*")


def shown(label):
    """The lines that Mermaid shows for a label."""
    lines = html.unescape(re.sub(r"#(\d+);", r"&#\1;", label or "").replace("<br/>", "\n")).split("\n")
    return [line for line in lines if line.strip()]


def aliases_of(drawn):
    return aliases(node.id for node in drawn.nodes)


def parts(text):
    lines = text.splitlines()
    nodes = [match.groups() for line in lines if (match := NODE.fullmatch(line))]
    edges = [match.groups() for line in lines if (match := EDGE.fullmatch(line))]
    return nodes, edges


def test_every_node_and_edge_is_there_with_its_words(everything):
    drawn = picture(everything)
    names = aliases_of(drawn)
    nodes, edges = parts(to_mermaid(drawn))
    assert [(name, shown(label)) for name, _, label, _, _ in nodes] == [
        (names[node.id], [line.text for line in node_lines(node)]) for node in drawn.nodes
    ]
    assert [(source, target, shown(label)) for source, _, label, target in edges] == [
        (names[edge.source], names[edge.target], edge_lines(edge)) for edge in drawn.edges
    ]


def test_undo_and_continue_are_the_dashed_ways(everything):
    drawn = picture(everything)
    _, edges = parts(to_mermaid(drawn))
    dashed = {(source, target) for source, arrow, _, target in edges if arrow == "-.->"}
    names = aliases_of(drawn)
    assert dashed == {
        (names[e.source], names[e.target]) for e in drawn.edges if e.kind in ("compensation", "on_failure")
    }


def test_every_class_that_is_used_is_defined_and_every_edge_has_its_colour(everything):
    text = to_mermaid(picture(everything))
    nodes, edges = parts(text)
    assert {name for *_, name in nodes} == set(re.findall(r"classDef (\w+) fill", text))
    coloured = [int(number) for numbers in re.findall(r"linkStyle ([\d,]+) ", text) for number in numbers.split(",")]
    assert sorted(coloured) == list(range(len(edges)))


def test_the_saga_is_named_and_described(everything):
    lines = to_mermaid(picture(everything)).splitlines()
    assert lines[:4] == ["---", 'title: "everything"', "---", "flowchart TD"]
    assert lines[4] == "    accDescr: Reserve, charge #38; ship#46;"


@given(st.text(), st.text())
@example('end"] --> x', "%%{init: {}}%%")
@example("<script>alert(1)</script>", "`**bold**`")
@example("---", "1. x #quot; #35; ;")
def test_no_text_means_anything_to_mermaid(title, label):
    drawn = Picture(
        title=title,
        facts=(),
        description=label,
        nodes=(Node("s0", "task", title, label), Node("s1", "fail", label)),
        edges=(Edge("s0", "s1", "catch", label),),
    )
    text = to_mermaid(drawn)
    nodes, edges = parts(text)
    assert (len(nodes), len(edges)) == (2, 1)
    assert all(HARMLESS.fullmatch(words) for words in (nodes[0][2], nodes[1][2], edges[0][2] or ""))
    assert shown(edges[0][2]) == edge_lines(drawn.edges[0])
    assert len(text.splitlines()) == 10 + ("accDescr" in text)


@given(st.text())
@example("end")
@example('x"; participant y')
@example("%%{init: {}}%%")
@example("<script>alert(1)</script>")
def test_no_text_means_anything_in_a_sequence(text):
    message, remark = Message("saga", "service", text, "call"), Remark(text)
    lifelines = (Lifeline("saga", text, "saga"), Lifeline("service", text, "service"))
    sequence = Sequence(lifelines, (Fragment("alt", (Section(text, (message,)), Section(text, (remark,)))),))
    lines = to_mermaid(Picture("t", (), "", (), (), view="sequence", sequence=sequence)).splitlines()

    assert [line.split()[0] for line in lines[3:]] == [
        "sequenceDiagram", "participant", "participant", "alt", "saga->>service:", "else", "Note", "end",
    ]  # fmt: skip
    assert all(HARMLESS.fullmatch(line.split(None, 1)[1]) for line in (lines[6], lines[8]) if " " in line.strip())
    assert shown(lines[7].partition(": ")[2]) == marked_text(message)


def test_a_chart_that_is_too_large_for_mermaid_says_so():
    ways = tuple(Edge("a", "b", "choice", "x" * 90) for _ in range(MOST_EDGES + 1))
    nodes = (Node("a", "choice", "a"), Node("b", "succeed", "b"))
    small, large = (to_mermaid(Picture("t", (), "", nodes, edges)).splitlines() for edges in (ways[:-1], ways))

    edges, letters = (line for line in large[:6] if line.startswith("%%"))
    assert edges == "%% 501 edges; Mermaid draws 500 unless its page raises maxEdges"
    assert re.fullmatch(r"%% \d{5} letters; Mermaid draws 50000 unless its page raises maxTextSize", letters)
    assert not any("maxEdges" in line for line in small)
    assert any("maxTextSize" in line for line in small)


def test_boxes_have_their_titles_beside_the_way_into_them_and_go_down_the_page():
    box = Group("g", "branch x", ("a", "b"))
    nodes = (Node("a", "task", "a"), Node("b", "succeed", "b"))
    lines = [line.strip() for line in to_mermaid(Picture("t", (), "", nodes, (), (box,))).splitlines()]

    (title,) = (line for line in lines if line.startswith("subgraph "))
    assert title.endswith('branch x"]')
    assert title.count("#160;") > 2 * len("branch x")
    assert lines[lines.index(title) + 1] == "direction TB"
