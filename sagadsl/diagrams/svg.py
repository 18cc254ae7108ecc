"""Dresses the SVG that Graphviz has laid out: type, badges, background, and words for the blind.

Graphviz sets every line of a label alike. Here a title becomes bold, badges get their frames, and whatever
would make two drawings of one definition differ (comments, versions) goes. Graphviz left room for all of it:
`labels` had told it how wide each line will be.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from sagadsl.diagrams import theme
from sagadsl.diagrams.labels import Line, Part, badge_width, edge_lines, heading_lines, node_lines
from sagadsl.diagrams.model import Edge, Group, Node, Picture
from sagadsl.diagrams.text import clean
from sagadsl.diagrams.theme import NodeStyle

SVG = "http://www.w3.org/2000/svg"
_CORNER = 14.0
_FRAME = "#dde2e8"
_BASELINE = 0.35
"""How far below the middle of a line its letters stand, in em."""


def dress(laid_out: bytes, picture: Picture) -> bytes:
    """Return the finished SVG.

    Args:
        laid_out: What Graphviz made of `to_dot(picture)`.
        picture: The same picture.
    """
    ET.register_namespace("", SVG)
    root = ET.fromstring(laid_out)  # noqa: S314 - written by Graphviz a moment ago
    graph = root.find(_svg("g"))
    if graph is None:
        raise ValueError("Graphviz wrote an SVG without a graph in it")
    _undress(graph)
    _dress_heading(graph, picture)
    _dress_parts(graph, picture)
    _set_font(root)
    _frame(root, picture)
    _describe(root, picture)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _svg(tag: str) -> str:
    return f"{{{SVG}}}{tag}"


def _element(tag: str, text: str | None = None, **attributes: str | float) -> ET.Element:
    written = {
        name.replace("_", "-"): f"{value:.2f}" if isinstance(value, float) else value
        for name, value in attributes.items()
    }
    element = ET.Element(_svg(tag), written)
    element.text = text
    element.tail = "\n"
    return element


def _undress(graph: ET.Element) -> None:
    """Take off Graphviz's own background and the graph's title, which would be a tooltip everywhere."""
    for tag in ("polygon", "title"):
        for element in graph.findall(_svg(tag)):
            graph.remove(element)


def _dress_heading(graph: ET.Element, picture: Picture) -> None:
    for element, line in zip(graph.findall(_svg("text")), heading_lines(picture), strict=True):
        _set_type(element, line.part, theme.INK if line.part == "heading" else theme.MUTED)
        if line.part == "heading":
            element.set("y", f"{float(element.get('y', 0)) - theme.HEADING_RISE:.2f}")


def _set_type(element: ET.Element, part: Part, colour: str) -> None:
    element.set("font-size", f"{theme.TYPES[part].size:.2f}")
    element.set("fill", colour)
    if theme.TYPES[part].bold:
        element.set("font-weight", "bold")


def _dress_parts(graph: ET.Element, picture: Picture) -> None:
    nodes = {node.id: node for node in picture.nodes}
    edges = {f"e{place}": edge for place, edge in enumerate(picture.edges)}
    boxes = _boxes(picture.groups)
    for group in graph.findall(_svg("g")):
        name = group.get("id", "")
        if name in nodes:
            _dress_node(group, nodes[name])
        elif name in edges:
            _dress_edge(group, edges[name], nodes)
        elif name in boxes:
            _dress_box(group, boxes[name])


def _boxes(groups: Iterable[Group]) -> dict[str, Group]:
    found: dict[str, Group] = {}
    for group in groups:
        found |= {group.id: group, **_boxes(group.groups)}
    return found


def _dress_box(box: ET.Element, group: Group) -> None:
    _set_title(box, clean(group.title))
    for element in box.findall(_svg("text")):
        element.text = clean(group.title)
        element.set("font-weight", "bold")


def _dress_node(group: ET.Element, node: Node) -> None:
    _set_title(group, ": ".join(clean(words) for words in (node.title or "start", node.note) if words))
    plain = group.findall(_svg("text"))
    if not plain:
        return
    centre = float(plain[0].get("x", 0))
    middle = sum(float(element.get("y", 0)) for element in plain) / len(plain) - _BASELINE * theme.LABEL_SIZE
    for element in plain:
        group.remove(element)
    lines = node_lines(node)
    top = middle - sum(theme.TYPES[line.part].height for line in lines) / 2
    for line in lines:
        height = theme.TYPES[line.part].height
        group.extend(_line(line, theme.node_style(node), centre, top + height / 2))
        top += height


def _line(line: Line, style: NodeStyle, centre: float, middle: float) -> Iterable[ET.Element]:
    if line.part == "badges":
        yield from _badges(line, style, centre, middle)
        return
    muted = line.part == "detail" and style.text == theme.INK
    yield _words(line.text, line.part, theme.MUTED if muted else style.text, centre, middle)


def _set_title(group: ET.Element, words: str) -> None:
    title = group.find(_svg("title"))
    if title is not None:
        title.text = words


def _badges(line: Line, style: NodeStyle, centre: float, middle: float) -> Iterable[ET.Element]:
    left = centre - line.width / 2
    for badge in line.badges:
        width = badge_width(badge)
        strong = badge in theme.STRONG_BADGES
        yield _element(
            "rect",
            x=left,
            y=middle - theme.BADGE_HEIGHT / 2,
            width=width,
            height=theme.BADGE_HEIGHT,
            rx=theme.BADGE_HEIGHT / 2,
            fill=style.line if strong else theme.PAPER,
            stroke=style.line,
            stroke_width=0.8,
        )
        colour = theme.PAPER if strong else style.line
        yield _words(badge, "badges", colour, left + width / 2, middle)
        left += width + theme.BADGE_GAP


def _words(text: str, part: Part, colour: str, centre: float, middle: float) -> ET.Element:
    baseline = middle + _BASELINE * theme.TYPES[part].size
    element = _element("text", text, text_anchor="middle", x=centre, y=baseline)
    _set_type(element, part, colour)
    return element


def _dress_edge(group: ET.Element, edge: Edge, nodes: dict[str, Node]) -> None:
    ends = (clean(nodes[end].title) or "start" for end in (edge.source, edge.target))
    label = f": {clean(edge.label)}" if edge.label else ""
    _set_title(group, " → ".join(ends) + label)
    for element, line in zip(group.findall(_svg("text")), edge_lines(edge), strict=True):
        element.text = line
        element.set("x", f"{float(element.get('x', 0)) + theme.EDGE_INDENT:.2f}")


def _set_font(root: ET.Element) -> None:
    root.set("font-family", theme.FONTS)
    for element in root.iter(_svg("text")):
        element.attrib.pop("font-family", None)


def _frame(root: ET.Element, picture: Picture) -> None:
    """Give the picture its own paper, to be read on a dark page too, wide enough for its heading."""
    width, height = (float(number) for number in root.get("viewBox", "0 0 0 0").split()[2:])
    width = max([width, *(line.width + 2 * theme.MARGIN for line in heading_lines(picture))])
    root.set("width", f"{width:.0f}pt")
    root.set("height", f"{height:.0f}pt")
    root.set("viewBox", f"0 0 {width:.2f} {height:.2f}")
    paper = _element(
        "rect", x=0.5, y=0.5, width=width - 1, height=height - 1, rx=_CORNER, fill=theme.PAPER, stroke=_FRAME
    )
    root.insert(0, paper)


def _describe(root: ET.Element, picture: Picture) -> None:
    root.set("role", "img")
    root.insert(0, _element("desc", _description(picture)))
    root.insert(0, _element("title", clean(picture.title)))


def _description(picture: Picture) -> str:
    """Return what a listener should know: the prose, where the saga starts and where it ends."""
    names = {node.id: clean(node.title) for node in picture.nodes}
    start = next(names[edge.target] for edge in picture.edges if edge.source == "start")
    ends = ", ".join(names[node.id] for node in picture.nodes if node.kind in ("succeed", "fail"))
    states = sum(node.id.startswith("s") and node.kind != "start" for node in picture.nodes)
    undone = sum(node.kind == "compensation" for node in picture.nodes)
    return " ".join(
        [
            *([clean(picture.description)] if clean(picture.description) else []),
            f"A saga of {states} states, {undone} of them with an undo.",
            f"It starts at {start} and ends at {ends or 'no state'}.",
        ]
    )
