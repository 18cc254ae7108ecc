"""The DOT text says to Graphviz what the picture says: Graphviz itself reads it back."""

import json
import xml.etree.ElementTree as ET

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sagadsl.diagrams.dot import to_dot
from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines
from sagadsl.diagrams.model import Edge, Node, Picture
from sagadsl.diagrams.wasm import lay_out

SVG_GROUP, SVG_TEXT = (f"{{http://www.w3.org/2000/svg}}{tag}" for tag in ("g", "text"))
HOSTILE = [
    '"',
    "\\",
    "\\N \\n \\",
    "<b>x</b>",
    "<",
    "&lt; &#60; &",
    "]; x -> y",
    "-->",
    "<script>",
    "שלום 🎉",
    '\\"',
]
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join))


def read_back(dot):
    return json.loads(lay_out(dot, within=60, format="json"))


def words_of(dot):
    """The lines of every label as Graphviz sets them, by id; those of the graph itself are under `graph0`.

    They are read from its SVG: its JSON doubles some backslashes and then forgets what stands behind them.
    """
    groups = [element for element in ET.fromstring(lay_out(dot, within=60)).iter() if element.tag == SVG_GROUP]
    return {group.get("id"): [text.text.strip() for text in group.findall(SVG_TEXT)] for group in groups}


def ends(edge):
    """Where an edge begins and where its arrow points to; Graphviz was told the other way round of ways back."""
    turned = edge.get("dir") == "back" or edge.get("arrowtail") == "normal"
    return (edge["head"], edge["tail"]) if turned else (edge["tail"], edge["head"])


def nodes_of(graph):
    return [thing for thing in graph["objects"] if "nodes" not in thing]


def test_graphviz_reads_back_every_node_and_edge(everything):
    drawn = picture(everything)
    graph = read_back(to_dot(drawn))
    names = {node["_gvid"]: node["name"] for node in nodes_of(graph)}
    assert list(names.values()) == [node.id for node in drawn.nodes]
    assert {(edge["id"], *(names[end] for end in ends(edge))) for edge in graph["edges"]} == {
        (name, edge.source, edge.target) for name, edge in zip(drawn.edge_ids, drawn.edges, strict=True)
    }


def test_graphviz_sets_every_word(everything):
    drawn = picture(everything)
    words = words_of(to_dot(drawn))
    for node in drawn.nodes:
        assert words[node.id] == [line.text for line in node_lines(node)]
    for name, edge in zip(drawn.edge_ids, drawn.edges, strict=True):
        assert words[name] == edge_lines(edge)
    assert words["graph0"] == [line.text for line in heading_lines(drawn)]


def test_an_undo_is_dashed_and_as_high_on_the_page_as_its_step(everything):
    drawn = picture(everything)
    nodes = {node["name"]: node for node in nodes_of(read_back(to_dot(drawn)))}
    undone = [edge for edge in drawn.edges if edge.kind == "compensation"]
    assert len(undone) == 2
    for edge in undone:
        step, mirror = nodes[edge.source], nodes[edge.target]
        assert step["pos"].split(",")[1] == mirror["pos"].split(",")[1]
        assert "dashed" in mirror["style"]


def test_the_flow_goes_down(everything):
    nodes = {
        node["name"]: float(node["pos"].split(",")[1]) for node in nodes_of(read_back(to_dot(picture(everything))))
    }
    main = ["reserve", "check", "charge"], ["ship", "notify", "done"]
    before, after = ([f"state-{name}" for name in part] for part in main)
    heights = [nodes[name] for name in ["start", *before, "pivot-charge", *after]]
    assert heights == sorted(heights, reverse=True)


@settings(max_examples=150, deadline=None)
@given(texts, texts, texts)
@example("<<b>bold</b>>", "<a>", "\\")
@example("node", "&amp;lt;", '"\\"')
def test_no_text_means_anything_to_graphviz(title, label, description):
    drawn = Picture(
        title=title,
        facts=("version 1",),
        description=description,
        nodes=(Node("s0", "task", title, label), Node("s1", "succeed", label)),
        edges=(Edge("s0", "s1", "choice", label),),
    )
    words = words_of(to_dot(drawn))
    assert set(words) == {"graph0", "s0", "s1", "way-s0-s1"}
    assert words["s0"] == [line.text for line in node_lines(drawn.nodes[0])]
    assert words["s1"] == [line.text for line in node_lines(drawn.nodes[1])]
    assert words["way-s0-s1"] == edge_lines(drawn.edges[0])
    assert words["graph0"] == [line.text for line in heading_lines(drawn)]


def test_the_same_picture_is_the_same_text(everything):
    assert to_dot(picture(everything)) == to_dot(picture(everything))
    assert "dpi" not in to_dot(picture(everything))
    assert "dpi=144" in to_dot(picture(everything), dots_per_inch=144)
