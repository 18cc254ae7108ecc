"""The picture in DOT, Graphviz's language.

With plain labels every Graphviz reads it, and `svg` dresses what it makes of it; with rich ones an installed Graphviz
paints PNG and PDF from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sagadsl.diagrams import sequence_dot, theme
from sagadsl.diagrams.dot_labels import NEW_LEFT_LINE, NEW_LINE, label, rich_heading, rich_label, with_room
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines, node_size
from sagadsl.diagrams.model import Edge, Group, Node, Picture

if TYPE_CHECKING:
    from graphviz import Digraph

_POINTS = 72.0
LARGE = 120
"""Edges. Beyond, Graphviz is told not to look for the best layout, which may take it minutes; below, to take care."""
_CARE = {"mclimit": "10"}
_HURRY = {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3"}
WIDE = 8
"""Branches side by side, or ways out of a choice; beyond, the picture goes from left to right to stay on a page."""


def to_dot(picture: Picture, *, dots_per_inch: int | None = None, rich: bool = False) -> str:
    """Return the picture as DOT text, the same for the same picture byte for byte.

    Args:
        picture: What to draw.
        dots_per_inch: For pixel images; Graphviz's own default without it.
        rich: Whether names are to be bold and badges framed, which takes a Graphviz that reads HTML-like labels.
    """
    from graphviz import Digraph

    graph = Digraph("saga")
    graph.attr("graph", **_graph_attributes(picture, dots_per_inch, rich=rich))
    graph.attr("node", fontname=theme.FONT, fontsize=f"{theme.LABEL_SIZE:g}")
    graph.attr("edge", fontname=theme.FONT, fontsize=f"{theme.LABEL_SIZE:g}", arrowsize="0.8")
    if picture.sequence is None:
        _fill(graph, picture, rich=rich)
        _connect(graph, picture)
    else:
        sequence_dot.fill(graph, picture)
    return str(graph.source)


def _connect(graph: Digraph, picture: Picture) -> None:
    """Write the edges; those that lead on in reading order are kept straight, those that lead back bend nothing."""
    places = {node.id: place for place, node in enumerate(picture.nodes)}
    bars = {node.id for node in picture.nodes if node.kind == "point_of_no_return"}
    following = _following(picture)
    for edge_id, edge in zip(picture.edge_ids, picture.edges, strict=True):
        attributes = _edge_attributes(edge)
        back = places[edge.target] <= places[edge.source]
        leads_on = following.get(edge.source) == edge.target and not theme.edge_style(edge).from_error
        onward = edge.kind == "next" or leads_on
        attributes["weight"] = "8" if onward and not back else "1"
        if edge.target in bars:
            attributes["arrowhead"] = "none"
        ends = (edge.source, edge.target)
        if edge.kind == "undo":  # the way back goes up the page
            ends, attributes["dir"] = (edge.target, edge.source), "back"
        graph.edge(*ends, id=edge_id, **attributes)


def _following(picture: Picture) -> dict[str, str]:
    """Return the next state in reading order by each state, both by their ids."""
    states = [node.id for node in picture.nodes if node.kind not in ("compensation", "jump")]
    return dict(pairwise(states))


def is_wide(picture: Picture) -> bool:
    """Whether more stands side by side in the picture than a page is wide."""
    ways = Counter(edge.source for edge in picture.edges if edge.kind != "compensation")
    return max(ways.values(), default=0) > WIDE


def _graph_attributes(picture: Picture, dots_per_inch: int | None, *, rich: bool) -> dict[str, Any]:
    heading = heading_lines(picture)
    attributes = {
        "rankdir": "LR" if is_wide(picture) else "TB",
        "nodesep": "0.5",
        "ranksep": "0.5",
        "pad": f"{theme.MARGIN / _POINTS:.3f}",
        "bgcolor": theme.PAPER,
        "fontname": theme.FONT,
        "fontsize": f"{theme.LABEL_SIZE:g}",
        "fontcolor": theme.INK,
        "labelloc": "t",
        "labeljust": "l",
        "label": rich_heading(heading) if rich else label([*(line.text for line in heading), ""], NEW_LEFT_LINE),
    }
    attributes |= _HURRY if len(picture.edges) > LARGE else _CARE
    return attributes if dots_per_inch is None else {**attributes, "dpi": str(dots_per_inch)}


def _node_attributes(node: Node, *, rich: bool, wide: bool) -> dict[str, Any]:
    style, lines = theme.node_style(node), node_lines(node)
    width, height = node_size(node)
    attributes = {
        "label": rich_label(lines, style) if rich else label((line.text for line in lines), NEW_LINE),
        "shape": style.shape,
        "style": style.style,
        "color": style.line,
        "fillcolor": style.fill,
        "fontcolor": style.text,
        "penwidth": f"{style.line_width:g}",
        "peripheries": str(style.outlines),
        "width": f"{width / _POINTS:.2f}",
        "height": f"{height / _POINTS:.2f}",
        "margin": "0.15,0.08",
    }
    if node.kind in _SIZES:
        width, height = _SIZES[node.kind][::-1] if wide and node.kind == "join" else _SIZES[node.kind]
        if rich and node.kind == "point_of_no_return":
            width *= 2  # in an SVG the bar is prolonged to a line
        attributes |= {"width": f"{width:g}", "height": f"{height:g}", "fixedsize": "true"}
    return attributes


_UNSEEN = {"style": "invis", "margin": "0", "label": ""}
_SIZES = {"start": (0.2, 0.2), "join": (0.9, 0.06), "point_of_no_return": (1.7, 0.3)}
"""Width and height in inches of what is no larger for its words."""


def _fill(graph: Digraph, picture: Picture, *, rich: bool) -> None:
    """Put every node into its box, and every undo on the height of its step."""
    wide = is_wide(picture)
    nodes = {node.id: node for node in picture.nodes}
    undos = {edge.source: edge.target for edge in picture.edges if edge.kind == "compensation"}
    in_boxes = {node for group in picture.groups for node in _inside(group)}

    def put(place: Digraph, ids: Iterable[str], groups: Sequence[Group]) -> None:
        for node_id in ids:
            place.node(node_id, id=node_id, **_node_attributes(nodes[node_id], rich=rich, wide=wide))
            if node_id in undos:  # an unseen box keeps everything else from between the two
                pair = place.subgraph(name=f"clusterpair_{node_id}", graph_attr=_UNSEEN)
                with pair as box, box.subgraph(graph_attr={"rank": "same"}) as beside:
                    beside.node(node_id)
                    beside.node(undos[node_id])
        for group in groups[::-1] if wide else groups:  # from left to right, Graphviz begins at the bottom
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
        "label": label([with_room(group.title)] if group.title else [], NEW_LEFT_LINE),
        "style": "rounded,filled",
        "color": theme.GROUP_LINE,
        "fillcolor": theme.GROUP_FILL,
        "fontcolor": theme.MUTED,
        "labeljust": "l",
        "margin": "20",
    }


def _edge_attributes(edge: Edge) -> dict[str, Any]:
    style = theme.edge_style(edge)
    attributes = {
        "color": style.colour,
        "fontcolor": theme.edge_text(edge),
        "style": style.dash,
        "penwidth": f"{style.line_width:g}",
    }
    if lines := edge_lines(edge):
        attributes["label"] = label(map(with_room, lines), NEW_LEFT_LINE)
    if style.from_error:
        attributes |= {"dir": "both", "arrowtail": "odot"}
    return attributes
