"""The picture as a Mermaid flowchart, for pages that draw it themselves (GitHub, GitLab, many wikis).

A flowchart rather than a `stateDiagram-v2`: it has dashed and coloured edges and labels with several lines.
Ids are generated and every label is quoted, with each character that Mermaid, Markdown or HTML could
interpret written as its number, see
https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sagadsl.diagrams import theme
from sagadsl.diagrams.labels import edge_lines, node_lines
from sagadsl.diagrams.model import Edge, Group, Node, Picture
from sagadsl.diagrams.text import clean

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
}
_ARROWS = {"solid": "-->", "dashed": "-.->", "dotted": "-.->"}
_DASHES = "4 3"


def to_mermaid(picture: Picture) -> str:
    """Return the picture as Mermaid text, the same for the same picture byte for byte."""
    return "\n".join(["---", f'title: "{_heading(picture)}"', "---", *_flowchart(picture)]) + "\n"


def _heading(picture: Picture) -> str:
    """Return the title for the YAML above the chart, where a backslash makes a quote harmless."""
    return clean(picture.title).replace("\\", "\\\\").replace('"', r"\"")


def _flowchart(picture: Picture) -> Iterator[str]:
    yield "flowchart TD"
    if clean(picture.description):
        yield f"    accDescr: {_sentence(picture.description)}"
    nodes = {node.id: node for node in picture.nodes}
    yield from (f"    {line}" for line in _boxed(nodes, picture.groups))
    yield from (f"    {_node(node)}" for node in nodes.values())
    for edge in picture.edges:
        yield f"    {_edge(edge)}"
    yield from _classes(picture)
    yield from _edge_colours(picture)


def _boxed(nodes: dict[str, Node], groups: Iterable[Group]) -> Iterator[str]:
    """Write the boxes with the nodes in them, taking those out of `nodes`."""
    for group in groups:
        yield f'subgraph {group.id}["{_sentence(group.title) or " "}"]'
        yield from (f"    {_node(nodes.pop(node_id))}" for node_id in group.nodes)
        yield from (f"    {line}" for line in _boxed(nodes, group.groups))
        yield "end"


def _sentence(text: str) -> str:
    return "".join(_safe(character) for character in clean(text))


def _node(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    words = "<br/>".join(_sentence(line.text) for line in node_lines(node)) or " "
    return f'{node.id}{opening}"{words}"{closing}:::{_class(node)}'


def _class(node: Node) -> str:
    return f"{node.kind}_state" if node.role is None else f"{node.role}_step"


def _safe(character: str) -> str:
    if character.isalnum() or character in _HARMLESS:
        return character
    return f"#{ord(character)};"


def _edge(edge: Edge) -> str:
    arrow = _ARROWS[theme.edge_style(edge).dash]
    words = "<br/>".join(map(_sentence, edge_lines(edge)))
    label = f'|"{words}"|' if words else ""
    return f"{edge.source} {arrow}{label} {edge.target}"


def _classes(picture: Picture) -> Iterator[str]:
    for name, node in sorted({_class(node): node for node in picture.nodes}.items()):
        style = theme.node_style(node)
        dashes = f",stroke-dasharray:{_DASHES}" if "dashed" in style.style else ""
        look = f"fill:{style.fill},stroke:{style.line},stroke-width:{style.line_width:g}px,color:{style.text}"
        yield f"    classDef {name} {look}{dashes}"


def _edge_colours(picture: Picture) -> Iterator[str]:
    def colour(numbered: tuple[int, Edge]) -> str:
        return theme.edge_style(numbered[1]).colour

    for shade, edges in groupby(sorted(enumerate(picture.edges), key=colour), key=colour):
        yield f"    linkStyle {','.join(str(number) for number, _ in edges)} stroke:{shade}"
