"""The picture as Mermaid, for pages that draw it themselves (GitHub, GitLab, many wikis).

A flowchart rather than a `stateDiagram-v2`: it has dashed and coloured edges and labels with several lines.
Every label is quoted, with each character that Mermaid, Markdown or HTML could interpret written as its number, see
https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from sagadsl.diagrams import theme
from sagadsl.diagrams.aliases import aliases
from sagadsl.diagrams.labels import edge_lines, node_lines
from sagadsl.diagrams.model import Edge, Group, Node, Picture, box_ids
from sagadsl.diagrams.text import clean, letters
from sagadsl.diagrams.theme import EdgeStyle, NodeStyle

_HARMLESS = frozenset(" _,")
_SHAPES = {
    "start": ("((", "))"),
    "task": ("(", ")"),
    "choice": ("{{", "}}"),
    "pass": ("[", "]"),
    "succeed": ("([", "])"),
    "fail": ("([", "])"),
    "wait": ("(", ")"),
    "saga": ("[[", "]]"),
    "parallel": ("[", "]"),
    "map": ("[", "]"),
    "join": ("((", "))"),
    "compensation": ("(", ")"),
    "point_of_no_return": ("[", "]"),
    "plain": ("(", ")"),
    "plain_final": ("[[", "]]"),
    "status": ("(", ")"),
    "status_final": ("[[", "]]"),
    "verdict": ("([", "])"),
    "jump": (">", "]"),
}
_ARROWS = {"solid": "-->", "dashed": "-.->", "dotted": "-.->"}
_DASHES = {"dashed": "4 3", "dotted": "2 3"}
_REMARKS = "remarks"
_SPACE = "#160;"
_SPACES = 2
"""Spaces that are as wide as a letter."""
_WAY_IN = 4
"""Letters that would fill the room of the way into a box."""
MOST_EDGES, MOST_LETTERS = 500, 50_000
"""What Mermaid draws unless whoever runs it raises `maxEdges` and `maxTextSize`; no chart may do so itself, see
https://mermaid.js.org/config/schema-docs/config.html#secure."""


def to_mermaid(picture: Picture) -> str:
    """Return the picture as Mermaid text, the same for the same picture byte for byte."""
    from sagadsl.diagrams.mermaid_sequence import sequence_lines

    body = _flowchart(picture) if picture.sequence is None else sequence_lines(picture, picture.sequence)
    lines = ["---", f'title: "{_heading(picture)}"', "---", *body]
    return "\n".join([*lines[:3], *_limits(picture, lines), *lines[3:]]) + "\n"


def _limits(picture: Picture, lines: Sequence[str]) -> Iterator[str]:
    """Yield a comment for whoever wonders why a large chart is not drawn."""
    size = sum(map(len, lines)) + len(lines)
    if len(picture.edges) > MOST_EDGES:
        yield f"%% {len(picture.edges)} edges; Mermaid draws {MOST_EDGES} unless its page raises maxEdges"
    if size > MOST_LETTERS:
        yield f"%% {size} letters; Mermaid draws {MOST_LETTERS} unless its page raises maxTextSize"


def _heading(picture: Picture) -> str:
    """Return the title for the YAML above the chart, where a backslash makes a quote harmless."""
    return clean(picture.title).replace("\\", "\\\\").replace('"', r"\"")


def _flowchart(picture: Picture) -> Iterator[str]:
    yield "flowchart TD"
    if clean(picture.description):
        yield f"    accDescr: {sentence(picture.description)}"
    if picture.remarks:
        yield f'    {_REMARKS}["{"<br/>".join(map(sentence, picture.remarks))}"]:::remark_text'
        yield f"    classDef remark_text fill:none,stroke:none,text-align:left,color:{theme.MUTED}"
    names = aliases([*(node.id for node in picture.nodes), *box_ids(picture.groups)])
    left = {node.id: node for node in picture.nodes}
    yield from (f"    {line}" for line in _boxed(left, picture.groups, names))
    yield from (f"    {_node(node, names)}" for node in left.values())
    for edge in picture.edges:
        yield f"    {_edge(edge, names)}"
    for group in box_ids(picture.groups):
        yield f"    style {names[group]} fill:{theme.GROUP_FILL},stroke:{theme.GROUP_LINE},color:{theme.MUTED}"
    yield from _classes(picture)
    yield from _edge_styles(picture)


def _boxed(left: dict[str, Node], groups: Iterable[Group], names: Mapping[str, str]) -> Iterator[str]:
    """Write the boxes with the nodes in them, taking those out of `left`."""
    for group in groups:
        yield f'subgraph {names[group.id]}["{_box_title(group)}"]'
        yield "    direction TB"
        yield from (f"    {_node(left.pop(node_id), names)}" for node_id in group.nodes)
        yield from (f"    {line}" for line in _boxed(left, group.groups, names))
        yield "end"


def _box_title(group: Group) -> str:
    """Return the title of a box, moved to the right of its middle: there is where the way into the box comes down."""
    title = clean(group.title)
    return f"{_SPACE * round(_SPACES * (letters(title) + _WAY_IN))}{sentence(title)}" if title else " "


def sentence(text: str) -> str:
    """Return text in which nothing means anything to Mermaid, Markdown or HTML."""
    return "".join(_safe(character) for character in clean(text))


def _safe(character: str) -> str:
    if character.isalnum() or character in _HARMLESS:
        return character
    return f"#{ord(character)};"


def _node(node: Node, names: Mapping[str, str]) -> str:
    opening, closing = _SHAPES[node.kind]
    words = "<br/>".join(sentence(line.text) for line in node_lines(node)) or " "
    return f'{names[node.id]}{opening}"{words}"{closing}:::{_class(node)}'


def _class(node: Node) -> str:
    name = f"{node.kind}_state" if node.role is None else f"{node.role}_step"
    if node.emphasis == "faded":
        return f"{name}_faded"
    if node.marks:
        return f"{name}_{node.marks[0].kind}"
    return f"{name}_strong" if node.emphasis == "strong" else name


def _edge(edge: Edge, names: Mapping[str, str]) -> str:
    arrow = _ARROWS[theme.edge_style(edge).dash]
    words = "<br/>".join(map(sentence, edge_lines(edge)))
    label = f'|"{words}"|' if words else ""
    return f"{names[edge.source]} {arrow}{label} {names[edge.target]}"


def _classes(picture: Picture) -> Iterator[str]:
    for name, node in sorted({_class(node): node for node in picture.nodes}.items()):
        yield f"    classDef {name} {_look(theme.node_style(node))}"


def _look(style: NodeStyle) -> str:
    dashes = "".join(f",stroke-dasharray:{_DASHES[part]}" for part in style.style.split(",") if part in _DASHES)
    return f"fill:{style.fill},stroke:{style.line},stroke-width:{style.line_width:g}px,color:{style.text}{dashes}"


def _edge_styles(picture: Picture) -> Iterator[str]:
    def look(numbered: tuple[int, Edge]) -> tuple[str, float]:
        style: EdgeStyle = theme.edge_style(numbered[1])
        return style.colour, style.line_width

    for (shade, width), edges in groupby(sorted(enumerate(picture.edges), key=look), key=look):
        thick = "" if width < theme.STRONG_LINE else f",stroke-width:{width:g}px"
        yield f"    linkStyle {','.join(str(number) for number, _ in edges)} stroke:{shade}{thick}"
