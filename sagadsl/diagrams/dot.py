"""The picture in DOT, Graphviz's language.

With plain labels every Graphviz reads it, and `svg` dresses what it makes of it; with rich ones an installed Graphviz
paints PNG and PDF from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from sagadsl.diagrams import dot_places, sequence_dot, theme
from sagadsl.diagrams.directions import back_edges
from sagadsl.diagrams.dot_labels import (
    NEW_LEFT_LINE,
    NEW_LINE,
    label,
    rich_heading,
    rich_label,
    with_room,
    with_room_beside,
)
from sagadsl.diagrams.labels import edge_lines, heading_lines, node_lines, node_size
from sagadsl.diagrams.model import Edge, Group, Node, Picture
from sagadsl.diagrams.text import clean

if TYPE_CHECKING:
    from graphviz import Digraph

Known: TypeAlias = Mapping[str, Mapping[str, str]]
"""More attributes, by the id of what they are of: where it is, once that is known."""
_POINTS = 72.0
LARGE = 120
"""Edges. Beyond, Graphviz is told not to look for the best layout, which may take it minutes; below, to take care."""
_CARE = {"mclimit": "10"}
_HURRY = {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3"}
WIDE = 8
"""Branches side by side, or ways out of a choice; beyond, the picture goes from left to right to stay on a page."""


def to_dot(
    picture: Picture, *, dots_per_inch: int | None = None, rich: bool = False, places: dot_places.Places | None = None
) -> str:
    """Return the picture as DOT text, the same for the same picture byte for byte.

    Args:
        picture: What to draw.
        dots_per_inch: For pixel images; Graphviz's own default without it.
        rich: Whether names are to be bold and badges framed, which takes a Graphviz that reads HTML-like labels.
        places: Where everything is to be painted; Graphviz finds out itself without them.
    """
    from graphviz import Digraph

    graph = Digraph("saga")
    graph.attr("graph", **_graph_attributes(picture, dots_per_inch, rich=rich))
    graph.attr("node", fontname=theme.FONT, fontsize=f"{theme.LABEL_SIZE:g}")
    graph.attr("edge", fontname=theme.FONT, fontsize=f"{theme.LABEL_SIZE:g}", arrowsize="0.8")
    if picture.sequence is None:
        known = {} if places is None else places.parts
        _fill(graph, picture, known, rich=rich)
        _connect(graph, picture, known)
        if places is not None:
            dot_places.paint_in_place(graph, places)
    else:
        sequence_dot.fill(graph, picture)
    return str(graph.source)


def _connect(graph: Digraph, picture: Picture, known: Known) -> None:
    """Write the edges; those that lead on in reading order are kept straight, those that lead back go up the page."""
    bars = {node.id for node in picture.nodes if node.kind == "point_of_no_return"}
    weights, ways_back = _weights(picture), back_edges(picture)
    arcs, side = _arcs(picture, ways_back), "s" if is_wide(picture) else "w"  # on the other one stands an undo
    for place, (edge_id, edge) in enumerate(zip(picture.edge_ids, picture.edges, strict=True)):
        attributes = _edge_attributes(edge, known.get(edge_id, {}))
        back = place in ways_back
        attributes["weight"] = "1" if back else str(weights[place])
        if edge.target in bars:
            attributes["arrowhead"] = "none"
        if place in arcs:  # lest it lies on the way there
            attributes |= {"tailport": side, "headport": side}
        if back or edge.kind == "undo":  # for Graphviz, which has every edge lead down the page, it begins at its end
            graph.edge(edge.target, edge.source, id=edge_id, **_turned(attributes))
        else:
            graph.edge(edge.source, edge.target, id=edge_id, **attributes)


def _arcs(picture: Picture, ways_back: frozenset[int]) -> frozenset[int]:
    """Return which edges lead straight back from where another one leads."""
    if picture.view == "lifecycle":
        return frozenset()
    ends = {(edge.source, edge.target) for edge in picture.edges if edge.source != edge.target}
    return frozenset(place for place in ways_back if (picture.edges[place].target, picture.edges[place].source) in ends)


def _turned(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of an edge for one that is written from its end to its beginning."""
    if attributes.get("dir") == "both":
        return attributes | {"arrowtail": "normal", "arrowhead": attributes["arrowtail"]}
    return attributes | {"dir": "back"}


def _weights(picture: Picture) -> list[int]:
    """Return how straight each edge is to be.

    In the lifecycles, where no way is the usual one, what leads off from their beginnings goes round all the rest.
    """
    if picture.view == "lifecycle":
        first = {edge.target for edge in picture.edges if edge.kind == "opens"}
        return [3 if edge.source in first else 1 for edge in picture.edges]
    following = _following(picture)
    joins = {node.id for node in picture.nodes if node.kind == "join"}  # many ways meet there, so none is straight
    return [8 if edge.target not in joins and _leads_on(edge, following) else 1 for edge in picture.edges]


def _leads_on(edge: Edge, following: Mapping[str, str]) -> bool:
    leads_on = following.get(edge.source) == edge.target and not theme.edge_style(edge).from_error
    return edge.kind == "next" or leads_on


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
        if rich and node.title:
            width *= _BOLD_ROOM
        attributes |= {"width": f"{width:g}", "height": f"{height:g}", "fixedsize": "true"}
    return attributes


_UNSEEN = {"style": "invis", "margin": "0", "label": ""}
_BOLD_ROOM = 1.25
"""Graphviz paints with the letters that it finds, and they may be wide ones."""
_SIZES = {"start": (0.2, 0.2), "join": (0.9, 0.06), "point_of_no_return": (1.7, 0.3)}
"""Width and height in inches of what is no larger for its words."""


def _fill(graph: Digraph, picture: Picture, known: Known, *, rich: bool) -> None:
    """Put every node into its box, and every undo on the height of its step."""
    wide = is_wide(picture)
    nodes = {node.id: node for node in picture.nodes}
    undos = {edge.source: edge.target for edge in picture.edges if edge.kind == "compensation"}
    in_boxes = {node for group in picture.groups for node in _inside(group)}

    def put(place: Digraph, ids: Iterable[str], groups: Sequence[Group]) -> None:
        for node_id in ids:
            attributes = _node_attributes(nodes[node_id], rich=rich, wide=wide)
            place.node(node_id, id=node_id, **{**attributes, **known.get(node_id, {})})
            if node_id in undos:  # an unseen box keeps everything else from between the two
                pair = place.subgraph(name=f"clusterpair_{node_id}", graph_attr={**_UNSEEN, "id": f"pair-{node_id}"})
                with pair as box, box.subgraph(graph_attr={"rank": "same"}) as beside:
                    beside.node(node_id)
                    beside.node(undos[node_id])
        for group in groups[::-1] if wide else groups:  # from left to right, Graphviz begins at the bottom
            with place.subgraph(name=f"cluster_{group.id}") as box:
                box.attr("graph", id=group.id, **_box_attributes(group, known.get(group.id, {})))
                put(box, group.nodes, group.groups)

    put(graph, (node_id for node_id in nodes if node_id not in in_boxes), picture.groups)


def _inside(group: Group) -> Iterable[str]:
    yield from group.nodes
    for inner in group.groups:
        yield from _inside(inner)


def _box_attributes(group: Group, known: Mapping[str, str]) -> dict[str, Any]:
    title = clean(group.title) if known else with_room_beside(group.title)
    return {
        "label": label([title] if group.title else [], NEW_LEFT_LINE),
        "style": "rounded,filled",
        "color": theme.GROUP_LINE,
        "fillcolor": theme.GROUP_FILL,
        "fontcolor": theme.MUTED,
        "labeljust": "l",
        "margin": "20",
        **({"fontname": f"{theme.FONT}-Bold", **known} if known else {}),
    }


def _edge_attributes(edge: Edge, known: Mapping[str, str]) -> dict[str, Any]:
    style = theme.edge_style(edge)
    attributes = {
        "color": style.colour,
        "fontcolor": theme.edge_text(edge),
        "style": style.dash,
        "penwidth": f"{style.line_width:g}",
    }
    if lines := edge_lines(edge):
        attributes["label"] = label(lines if known else map(with_room, lines), NEW_LEFT_LINE)
    if style.from_error:
        attributes |= {"dir": "both", "arrowtail": "odot"}
    return {**attributes, **known}
