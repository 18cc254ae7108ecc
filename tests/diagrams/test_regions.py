"""Branches, items, waits and other sagas in the picture."""

import json
from xml.etree import ElementTree

import pytest

from sagadsl.diagrams import render
from sagadsl.diagrams.drawing import picture
from sagadsl.diagrams.wasm import lay_out
from tests.machine.build import branch, definition, map_of, parallel, sub, succeed, task, wait

WAREHOUSE = definition(
    task("reserve", next="both"),
    parallel(
        "both",
        {
            "customs": branch(wait("inspect", signal="inspected", timeout=60.0, next="cleared"), succeed("cleared")),
            "packing": branch(
                map_of("pack", "input.items", branch(task("wrap", next="packed"), succeed("packed")), next="boxed"),
                succeed("boxed"),
            ),
        },
        next="ship",
        kind="pivot",
        catch={"Broken": "sorry"},
    ),
    sub("ship", "shipping", next="cool", version="2"),
    wait("cool", for_=90.0, next="done"),
    task("sorry", next="done", kind="retriable", callback=True),
    succeed("done"),
)
PICTURE = picture(WAREHOUSE)
IDS = {node.title: node.id for node in PICTURE.nodes if node.title}


def titled(node_id):
    return next((node.title or node.kind for node in PICTURE.nodes if node.id == node_id), node_id)


def box(groups, node):
    """The titles of the boxes around a node, from the outermost."""
    for group in groups:
        if IDS.get(node, node) in group.nodes:
            return [group.title]
        inner = box(group.groups, node)
        if inner is not None:
            return [group.title, *inner]
    return None


@pytest.mark.parametrize(
    ("node", "boxes"),
    [
        ("reserve", None),
        ("both", ["both: side by side"]),
        ("inspect", ["both: side by side", "branch customs"]),
        ("wrap", ["both: side by side", "branch packing", "pack: for each item"]),
        ("s.undo_wrap", ["both: side by side", "branch packing", "pack: for each item"]),
        ("boxed", ["both: side by side", "branch packing"]),
        ("point of no return", None),
        ("ship", None),
    ],
)
def test_every_state_stands_in_the_boxes_that_it_is_inside_of(node, boxes):
    assert box(PICTURE.groups, node) == boxes


def test_branches_leave_the_parallel_and_join_before_it_goes_on():
    ways = {(titled(edge.source), titled(edge.target)) for edge in PICTURE.edges if edge.kind == "next"}

    assert {("both", "inspect"), ("both", "pack"), ("cleared", "join"), ("boxed", "join")} <= ways
    assert {("join", "point of no return"), ("point of no return", "ship"), ("pack", "wrap")} <= ways
    assert ("both", "ship") not in ways


def test_what_a_state_waits_for_and_which_saga_it_runs_is_told():
    details = {node.title: node.detail for node in PICTURE.nodes}

    assert details["inspect"] == "waits for inspected, 1m"
    assert details["cool"] == "waits 1m30s"
    assert details["ship"] == "saga shipping 2"
    assert ("saga shipping", "compensation") in {(node.title, node.kind) for node in PICTURE.nodes}


def test_graphviz_reads_the_boxes_as_they_were_meant():
    graph = json.loads(lay_out(render(WAREHOUSE, "dot").decode(), within=60, format="json"))
    names = {thing["_gvid"]: thing["name"] for thing in graph["objects"]}
    clusters = {
        thing["id"]: {names[number] for number in thing["nodes"]}
        for thing in graph["objects"]
        if thing["name"].startswith("cluster_")
    }

    assert len(clusters) == 4
    (outer,) = [nodes for nodes in clusters.values() if IDS["both"] in nodes]
    assert {IDS["inspect"], IDS["wrap"], IDS["boxed"]} <= outer
    assert not {IDS["reserve"], IDS["ship"]} & outer


def test_the_svg_and_the_mermaid_text_have_every_state_once():
    svg = ElementTree.fromstring(render(WAREHOUSE, "svg"))
    words = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    mermaid = render(WAREHOUSE, "mermaid").decode()

    for name in WAREHOUSE.all_states:
        assert words.count(name) == 1
        assert sum(f'state_{name}{opening}"{name}' in mermaid for opening in ("[", "(", "[[", "([", "{{")) == 1
    lines = [line.strip() for line in mermaid.splitlines()]
    assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end") == 4
