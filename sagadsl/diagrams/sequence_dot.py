"""A sequence in DOT: everything has its place already, which Graphviz's layout `nop2` leaves as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagadsl.diagrams import theme
from sagadsl.diagrams.dot_labels import NEW_LEFT_LINE, NEW_LINE, label
from sagadsl.diagrams.sequence_layout import Box, SequenceLayout, Stroke

if TYPE_CHECKING:
    from graphviz import Digraph

    from sagadsl.diagrams.model import Picture

_POINTS = 72.0
_HEAD = 9.0
"""How long the head of an arrow is, in points."""


def fill(graph: Digraph, picture: Picture) -> None:
    """Put a picture of the view `sequence` into a graph."""
    layout = SequenceLayout(picture)
    graph.attr("graph", layout="nop2", outputorder="edgesfirst", label="")
    graph.attr("node", shape="box", fixedsize="true", margin="0")
    for box in layout.boxes:
        graph.node(box.id, id=box.id, **_box(box))
    for place, stroke in enumerate(layout.strokes):
        ends = (f"from {place}", f"to {place}")
        for end, at in zip(ends, (stroke.start, stroke.end), strict=True):
            graph.node(end, pos=_at(*at), shape="point", style="invis", width="0.01", height="0.01")
        graph.edge(*ends, id=stroke.id, **_stroke(stroke))


def _box(box: Box) -> dict[str, Any]:
    return {
        "pos": _at(box.left + box.width / 2, box.top + box.height / 2),
        "width": f"{box.width / _POINTS:.4f}",
        "height": f"{box.height / _POINTS:.4f}",
        "label": label(box.lines, NEW_LINE if box.centred else NEW_LEFT_LINE),
        "fontname": f"{theme.FONT}-Bold" if box.bold else theme.FONT,
        "fontsize": f"{box.size:g}",
        "fontcolor": box.style.text,
        "color": box.style.line,
        "fillcolor": box.style.fill,
        "style": box.style.style,
        "penwidth": f"{box.style.line_width:g}",
    }


def _stroke(stroke: Stroke) -> dict[str, Any]:
    (left, top), (right, bottom) = stroke.start, stroke.end
    head = 0.0 if stroke.plain else _HEAD if right > left else -_HEAD
    end = right - head
    through = [(left + (end - left) * part / 3, top + (bottom - top) * part / 3) for part in range(4)]
    tip = "" if stroke.plain else f"e,{_at(right, bottom)} "
    return {
        "pos": tip + " ".join(_at(*point) for point in through),
        "color": stroke.style.colour,
        "style": stroke.style.dash,
        "penwidth": f"{stroke.style.line_width:g}",
        "arrowhead": "none" if stroke.plain else "normal",
    }


def _at(x: float, y: float) -> str:
    """Return a place as Graphviz has it, where up is more."""
    return f"{x:.2f},{-y:.2f}"
