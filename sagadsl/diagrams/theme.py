"""How the picture looks: colours, shapes and sizes, as tables that every writer reads.

What a colour says is also said by a badge, a shape, a sign or the style of a line. Sizes are points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sagadsl.diagrams.model import Edge, MarkKind, Node
from sagadsl.diagrams.palette import light
from sagadsl.diagrams.sequence_model import Message, Remark

INK, MUTED, FADED, PAPER, HAIRLINE = map(light, ("ink", "muted", "faded", "paper", "hairline"))
BLUE, GREEN, VERMILION, PURPLE, OCHRE, GREY = map(light, ("blue", "green", "vermilion", "purple", "ochre", "grey"))
BLUE_FILL, GREEN_FILL, VERMILION_FILL = map(light, ("blue_fill", "green_fill", "vermilion_fill"))
PURPLE_FILL, OCHRE_FILL, GREY_FILL, INSIDE_FILL = map(light, ("purple_fill", "ochre_fill", "grey_fill", "inside_fill"))
GROUP_LINE, GROUP_FILL, FRAME = map(light, ("group_line", "group_fill", "frame"))

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

TITLE_LETTERS, DETAIL_LETTERS, EDGE_LETTERS, PROSE_LETTERS, MESSAGE_LETTERS = 30, 36, 30, 84, 42
"""The longest lines, in average letters."""
TITLE_LINES, DETAIL_LINES, EDGE_LINES, PROSE_LINES = 3, 3, 4, 4
"""The most lines; what does not fit ends in an ellipsis, and stands in the tooltip."""


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
    "mark": Type(10.5, 18.0, bold=True),
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
        outlines: How many outlines it has.
    """

    line: str
    fill: str
    text: str = INK
    shape: str = "box"
    style: str = "rounded,filled"
    line_width: float = 1.4
    room: tuple[float, float] = (1.0, 1.0)
    outlines: int = 1


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """How one kind of edge is drawn; `dash` is `solid`, `dashed` or `dotted`."""

    colour: str
    dash: str = "solid"
    line_width: float = 1.3
    from_error: bool = False


NODES: Mapping[str, NodeStyle] = {
    "start": NodeStyle(INK, INK, shape="circle", style="filled"),
    "task": NodeStyle(GREY, GREY_FILL),
    "choice": NodeStyle(OCHRE, OCHRE_FILL, shape="hexagon", style="filled", room=(1.35, 1.1)),
    "pass": NodeStyle(GREY, GREY_FILL, style="filled"),
    "wait": NodeStyle(OCHRE, OCHRE_FILL),
    "saga": NodeStyle(BLUE, BLUE_FILL, line_width=3.2),
    "parallel": NodeStyle(INK, INSIDE_FILL, style="filled"),
    "map": NodeStyle(INK, INSIDE_FILL, style="filled"),
    "join": NodeStyle(INK, INK, style="filled"),
    "succeed": NodeStyle(GREEN, GREEN, text=PAPER, shape="ellipse", style="filled", room=(1.3, 1.3)),
    "fail": NodeStyle(VERMILION, VERMILION, text=PAPER, shape="octagon", style="filled", room=(1.2, 1.2)),
    "compensation": NodeStyle(PURPLE, PAPER, text=PURPLE, style="rounded,filled,dashed"),
    "point_of_no_return": NodeStyle(VERMILION, VERMILION, text=PAPER, style="filled"),
    "plain": NodeStyle(GREY, GREY_FILL),
    "plain_final": NodeStyle(INK, GREY_FILL, outlines=2),
    "status": NodeStyle(BLUE, BLUE_FILL),
    "status_final": NodeStyle(GREEN, GREEN_FILL, outlines=2),
    "jump": NodeStyle(GREY, PAPER, text=MUTED, shape="cds", style="filled", room=(1.15, 1.0)),
    "verdict": NodeStyle(INK, INSIDE_FILL, shape="ellipse", style="filled", room=(1.3, 1.3)),
}

ROLES: Mapping[str, NodeStyle] = {
    "compensatable": NodeStyle(BLUE, BLUE_FILL),
    "pivot": NodeStyle(VERMILION, VERMILION_FILL, line_width=2.6),
    "retriable": NodeStyle(GREEN, GREEN_FILL),
    "read_only": NodeStyle(GREY, GREY_FILL),
}

EDGES: Mapping[str, EdgeStyle] = {
    "next": EdgeStyle(INK),
    "choice": EdgeStyle(INK),
    "default": EdgeStyle(INK),
    "trigger": EdgeStyle(INK),
    "opens": EdgeStyle(GREY, dash="dotted"),
    "catch": EdgeStyle(VERMILION, from_error=True),
    "time_out": EdgeStyle(OCHRE, dash="dashed"),
    "on_failure": EdgeStyle(VERMILION, dash="dotted", from_error=True),
    "compensation": EdgeStyle(PURPLE, dash="dashed"),
    "undo": EdgeStyle(PURPLE, dash="dashed", line_width=2.4),
}


MESSAGES: Mapping[str, EdgeStyle] = {
    "call": EdgeStyle(INK),
    "reply": EdgeStyle(INK, dash="dashed"),
    "signal": EdgeStyle(OCHRE, line_width=1.8),
    "undo": EdgeStyle(PURPLE, dash="dashed"),
}
LIFELINES: Mapping[str, NodeStyle] = {
    "saga": NodeStyle(INK, INSIDE_FILL, line_width=2.0),
    "service": NodeStyle(BLUE, BLUE_FILL),
    "other_saga": NodeStyle(BLUE, BLUE_FILL, line_width=3.2),
    "outside": NodeStyle(OCHRE, OCHRE_FILL, style="rounded,filled,dashed"),
}


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """How a node with a mark looks: the sign before the mark's words, colours, and the style of the outline."""

    sign: str
    line: str
    fill: str
    outline: str = "solid"
    line_width: float = 1.8


MARKS: Mapping[MarkKind, MarkStyle] = {
    "pending": MarkStyle("○", GREY, PAPER, line_width=1.2),
    "running": MarkStyle("►", BLUE, BLUE_FILL, line_width=3.4),
    "waiting": MarkStyle("◷", OCHRE, OCHRE_FILL, "dashed", 3.0),
    "retrying": MarkStyle("↻", OCHRE, OCHRE_FILL, "dotted", 3.0),
    "failed": MarkStyle("✗", VERMILION, VERMILION_FILL, line_width=3.0),
    "completed": MarkStyle("✓", GREEN, GREEN_FILL),
    "passed": MarkStyle("✓", GREEN, GREEN_FILL),
    "skipped": MarkStyle("»", GREY, GREY_FILL, "dotted"),
    "compensating": MarkStyle("↺", PURPLE, PURPLE_FILL, line_width=3.4),
    "compensated": MarkStyle("↩", PURPLE, PURPLE_FILL, "dashed"),
    "compensation_failed": MarkStyle("‼", VERMILION, VERMILION_FILL, "dotted", 3.4),
    "number": MarkStyle("↺", PURPLE, PURPLE_FILL, line_width=2.4),
}

STRONG_LINE = 2.6
"""Width of what stands out."""
_FADED_EDGE = 1.0


def node_style(node: Node) -> NodeStyle:
    """Return how this node is drawn."""
    style = NODES[node.kind] if node.role is None else ROLES[node.role]
    if node.emphasis == "faded":
        return _faded(style)
    if node.marks:
        return _marked(style, MARKS[node.marks[0].kind])
    return replace(style, line_width=max(style.line_width, STRONG_LINE)) if node.emphasis == "strong" else style


def _faded(style: NodeStyle) -> NodeStyle:
    inked = style.fill == style.line  # a shape that is nothing but its colour: a bar, the start marker
    fill = HAIRLINE if inked and style.text != PAPER else PAPER
    return replace(style, line=HAIRLINE, fill=fill, text=FADED, line_width=min(style.line_width, 1.4))


def _marked(style: NodeStyle, mark: MarkStyle) -> NodeStyle:
    if style.text == PAPER:  # an end: words on full colour
        return replace(style, line=mark.line, fill=mark.fill, text=INK, line_width=mark.line_width)
    outline = [part for part in style.style.split(",") if part != "dashed"]
    if mark.outline != "solid":
        outline.append(mark.outline)
    return replace(style, line=mark.line, fill=mark.fill, text=INK, style=",".join(outline), line_width=mark.line_width)


def badge_colours(badge: str, style: NodeStyle) -> tuple[str, str]:
    """Return the filling of a badge and the colour of its words."""
    if style.text == FADED:
        return PAPER, FADED
    return (style.line, PAPER) if badge in STRONG_BADGES else (PAPER, style.line)


def edge_style(edge: Edge) -> EdgeStyle:
    """Return how this edge is drawn."""
    style = EDGES[edge.kind]
    if edge.emphasis == "faded":
        return replace(style, colour=HAIRLINE, line_width=_FADED_EDGE)
    return replace(style, line_width=max(style.line_width, STRONG_LINE)) if edge.emphasis == "strong" else style


def edge_text(edge: Edge) -> str:
    """Return the colour of an edge's words."""
    return FADED if edge.emphasis == "faded" else EDGES[edge.kind].colour


def message_style(message: Message) -> EdgeStyle:
    """Return how this message of a sequence is drawn."""
    style = MESSAGES[message.kind]
    if message.emphasis == "faded":
        return replace(style, colour=HAIRLINE, line_width=_FADED_EDGE)
    return replace(style, colour=MARKS[message.marks[0].kind].line, line_width=2.2) if message.marks else style


def message_text(message: Message) -> str:
    """Return the colour of a message's words."""
    if message.emphasis == "faded":
        return FADED
    return INK if message.marks else MESSAGES[message.kind].colour


def marked_note(style: NodeStyle, remark: Remark) -> NodeStyle:
    """Return how this remark of a sequence is drawn."""
    if remark.emphasis == "faded":
        return _faded(style)
    return _marked(style, MARKS[remark.marks[0].kind]) if remark.marks else style
