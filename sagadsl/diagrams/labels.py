"""The words of each node, edge and heading as lines, and the room that they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sagadsl.diagrams import theme
from sagadsl.diagrams.model import Edge, Mark, Node, Picture
from sagadsl.diagrams.sequence_model import Message, Remark
from sagadsl.diagrams.text import brief, clean, measure

Part: TypeAlias = Literal["title", "detail", "badges", "mark", "heading", "remark"]

BETWEEN_BADGES = " · "

_EVEN = frozenset({"task", "pass", "wait", "saga", "parallel", "map", "compensation", "plain", "plain_final"})
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
        *(Line("title", text) for text in brief(node.title, theme.TITLE_LETTERS, theme.TITLE_LINES)),
        *(Line("detail", text) for text in brief(node.detail, theme.DETAIL_LETTERS, theme.DETAIL_LINES)),
        *_badge_lines(node),
        *(Line("mark", text) for text in map(mark_words, node.marks)),
    ]


def mark_words(mark: Mark) -> str:
    """Return a mark as it is written: its sign, then its words."""
    return clean(f"{theme.MARKS[mark.kind].sign} {mark.words}")


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
    return brief(edge.label, theme.EDGE_LETTERS, theme.EDGE_LINES)


def marked_text(item: Message | Remark) -> list[str]:
    """Return the lines of a message or of a remark in a sequence, its marks included."""
    return [*brief(item.text, theme.MESSAGE_LETTERS, theme.EDGE_LINES), *map(mark_words, item.marks)]


def heading_lines(picture: Picture) -> list[Line]:
    """Return the lines above the picture: the saga's name, then remarks on the whole of it, then prose."""
    remarks = (BETWEEN_BADGES.join(picture.facts), picture.description)
    return [
        *(Line("heading", text) for text in brief(picture.title, theme.PROSE_LETTERS, theme.TITLE_LINES)),
        *(
            Line("remark", text)
            for remark in (*remarks, *picture.remarks)
            for text in brief(remark, theme.PROSE_LETTERS, theme.PROSE_LINES)
        ),
    ]
