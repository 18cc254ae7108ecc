"""How the picture looks: colours, shapes and sizes, as tables that every writer reads.

The colours are Okabe and Ito's, which colour-blind readers can tell apart, darkened where text is set
in them. None of them carries a meaning alone: roles have badges, undo is dashed, ends have their own shapes.
Sizes are points.
"""

from __future__ import annotations

from dataclasses import dataclass

from sagadsl.diagrams.model import Edge, Node

INK, MUTED, PAPER = "#1f2933", "#52606d", "#ffffff"
BLUE, GREEN, VERMILION, PURPLE, OCHRE, GREY = "#0072b2", "#007a5a", "#b84a00", "#9b4a80", "#8a6a00", "#66727f"

FONT = "Helvetica"
"""For the layout: one of the few names whose letters Graphviz can measure without having the font."""
FONTS = "Helvetica,Arial,sans-serif"
"""For the page that shows it."""
LABEL_SIZE = 11.0
"""Of every word while Graphviz lays the picture out, and of the labels of edges."""
BADGE_PADDING, BADGE_GAP, BADGE_HEIGHT = 5.0, 4.0, 14.0
HEADING_RISE = 5.0
STRONG_BADGES = frozenset({"pivot", "retriable", "read-only", "undo"})
NODE_PADDING = 14.0
NODE_WIDTH = 130.0
EDGE_INDENT = 6.0
MARGIN = 24.0

TITLE_LETTERS, DETAIL_LETTERS, EDGE_LETTERS, PROSE_LETTERS = 30, 36, 30, 84
"""The longest lines, in average letters."""


@dataclass(frozen=True, slots=True)
class Type:
    """How one part of a label is set: the size of its letters and the height of its lines."""

    size: float
    height: float
    bold: bool = False


TYPES = {
    "heading": Type(17.0, 17.0, bold=True),
    "remark": Type(11.0, 11.0),
    "title": Type(13.0, 16.0, bold=True),
    "detail": Type(10.5, 14.5),
    "badges": Type(9.0, 18.0, bold=True),
}


@dataclass(frozen=True, slots=True)
class NodeStyle:
    """How one kind of node is drawn.

    Args:
        line: Colour of its outline, and of its badges.
        fill: Colour inside.
        text: Colour of its words.
        shape: Graphviz's name of the shape.
        style: Graphviz's style of outline and filling.
        line_width: In points.
        room: How many times as wide and as high as its words the shape must be to hold them.
    """

    line: str
    fill: str
    text: str = INK
    shape: str = "box"
    style: str = "rounded,filled"
    line_width: float = 1.4
    room: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """How one kind of edge is drawn; `dash` is `solid`, `dashed` or `dotted`."""

    colour: str
    dash: str = "solid"
    line_width: float = 1.3
    from_error: bool = False


_NODES = {
    "start": NodeStyle(INK, INK, shape="circle", style="filled"),
    "task": NodeStyle(GREY, "#f7f8fa"),
    "choice": NodeStyle(OCHRE, "#fdf6dd", shape="hexagon", style="filled", room=(1.35, 1.1)),
    "pass": NodeStyle(GREY, "#f7f8fa", style="filled"),
    "wait": NodeStyle(OCHRE, "#fdf6dd", style="rounded,filled"),
    "saga": NodeStyle(BLUE, "#eaf4fa", style="rounded,filled", line_width=3.2),
    "parallel": NodeStyle(INK, "#eef1f4", style="filled"),
    "map": NodeStyle(INK, "#eef1f4", style="filled"),
    "join": NodeStyle(INK, INK, style="filled"),
    "succeed": NodeStyle(GREEN, GREEN, text=PAPER, shape="ellipse", style="filled", room=(1.3, 1.3)),
    "fail": NodeStyle(VERMILION, VERMILION, text=PAPER, shape="octagon", style="filled", room=(1.2, 1.2)),
    "compensation": NodeStyle(PURPLE, PAPER, text=PURPLE, style="rounded,filled,dashed"),
    "point_of_no_return": NodeStyle(VERMILION, VERMILION, text=PAPER, style="filled"),
}

_ROLES = {
    "compensatable": NodeStyle(BLUE, "#eaf4fa"),
    "pivot": NodeStyle(VERMILION, "#fdefe4", line_width=2.6),
    "retriable": NodeStyle(GREEN, "#e6f5f0"),
    "read_only": NodeStyle(GREY, "#f7f8fa"),
}

_EDGES = {
    "next": EdgeStyle(INK),
    "choice": EdgeStyle(INK),
    "default": EdgeStyle(INK),
    "catch": EdgeStyle(VERMILION, from_error=True),
    "time_out": EdgeStyle(OCHRE, dash="dashed"),
    "on_failure": EdgeStyle(VERMILION, dash="dotted", from_error=True),
    "compensation": EdgeStyle(PURPLE, dash="dashed"),
}


GROUP_LINE, GROUP_FILL = "#aab4be", "#fafbfc"
"""Of the boxes around branches and bodies."""


def node_style(node: Node) -> NodeStyle:
    """Return how this node is drawn."""
    return _NODES[node.kind] if node.role is None else _ROLES[node.role]


def edge_style(edge: Edge) -> EdgeStyle:
    """Return how this edge is drawn."""
    return _EDGES[edge.kind]
