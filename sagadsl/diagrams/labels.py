"""The words of each node, edge and heading as lines, and the room that they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sagadsl.diagrams import theme
from sagadsl.diagrams.model import Edge, Node, Picture
from sagadsl.diagrams.text import clean, measure, wrap

Part: TypeAlias = Literal["title", "detail", "badges", "heading", "remark"]

BETWEEN_BADGES = " · "

_EVEN = frozenset({"task", "pass", "wait", "saga", "parallel", "map", "compensation"})
"""Kinds of nodes that are no narrower than `theme.NODE_WIDTH`, so that a row of steps looks even."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a label; a line of badges still has them one by one."""

    part: Part
    text: str
    badges: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """About how many points wide the line is once it is dressed."""
        if self.part == "badges":
            return sum(map(badge_width, self.badges)) + theme.BADGE_GAP * (len(self.badges) - 1)
        return _set_width(self.text, self.part)


def badge_width(badge: str) -> float:
    """Return about how many points wide a badge is, its ends included."""
    return _set_width(badge, "badges") + 2 * theme.BADGE_PADDING


def _set_width(text: str, part: Part) -> float:
    return measure(text, theme.TYPES[part].size, bold=theme.TYPES[part].bold)


def node_lines(node: Node) -> list[Line]:
    """Return the lines of a node's label, from the top; the start marker has none."""
    return [
        *(Line("title", text) for text in wrap(node.title, theme.TITLE_LETTERS)),
        *(Line("detail", text) for text in wrap(node.detail, theme.DETAIL_LETTERS)),
        *_badge_lines(node),
    ]


def _badge_lines(node: Node) -> list[Line]:
    rows: list[list[str]] = []
    for badge in map(clean, node.badges):
        if rows and _row_letters([*rows[-1], badge]) <= theme.DETAIL_LETTERS:
            rows[-1].append(badge)
        else:
            rows.append([badge])
    return [Line("badges", BETWEEN_BADGES.join(row), tuple(row)) for row in rows]


def _row_letters(row: list[str]) -> int:
    return len(BETWEEN_BADGES.join(row))


def node_size(node: Node) -> tuple[float, float]:
    """Return the width and the height in points that a node needs for its dressed label."""
    lines = node_lines(node)
    wider, higher = theme.node_style(node).room
    width = max((line.width for line in lines), default=0.0) * wider + 2 * theme.NODE_PADDING
    height = sum(theme.TYPES[line.part].height for line in lines) * higher + theme.NODE_PADDING
    return (max(width, theme.NODE_WIDTH) if node.kind in _EVEN else width), height


def edge_lines(edge: Edge) -> list[str]:
    """Return the lines of an edge's label, from the top."""
    return wrap(edge.label, theme.EDGE_LETTERS)


def heading_lines(picture: Picture) -> list[Line]:
    """Return the lines above the picture: the saga's name, then remarks on the whole of it, then prose."""
    remarks = (BETWEEN_BADGES.join(picture.facts), picture.description)
    return [
        *(Line("heading", text) for text in wrap(picture.title, theme.PROSE_LETTERS)),
        *(Line("remark", text) for remark in remarks for text in wrap(remark, theme.PROSE_LETTERS)),
    ]
