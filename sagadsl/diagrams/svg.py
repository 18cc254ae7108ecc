"""Dresses the SVG that Graphviz has laid out: type, badges, background, and words for the blind.

Graphviz sets every line of a label alike. Here a title becomes bold, badges get their frames, and whatever
would make two drawings of one definition differ (comments, versions) goes. Graphviz left room for all of it:
`labels` had told it how wide each line will be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree as ET

from sagadsl.diagrams import theme
from sagadsl.diagrams.dot import is_wide
from sagadsl.diagrams.labels import Line, Part, badge_width, edge_lines, heading_lines, mark_words, node_lines
from sagadsl.diagrams.model import STATES, Edge, Group, Node, Picture
from sagadsl.diagrams.svg_colours import CLASS, style_sheet
from sagadsl.diagrams.svg_shapes import SVG, draw_line
from sagadsl.diagrams.svg_shapes import svg as _svg
from sagadsl.diagrams.svg_words import clear
from sagadsl.diagrams.text import clean
from sagadsl.diagrams.theme import NodeStyle

_CORNER = 14.0
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
    if picture.sequence is None:
        _dress_heading(graph, picture)
        _dress_parts(graph, picture)
        width, height = (float(number) - 2 * theme.MARGIN for number in root.get("viewBox", "0 0 0 0").split()[2:])
        _draw_lines(graph, picture, width, height)
    else:
        _dress_sequence(graph, picture)
    _set_font(root)
    _frame(root, picture)
    root.set("class", CLASS)
    root.insert(0, _element("style", style_sheet(root)))
    _describe(root, picture)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


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
    edges = dict(zip(picture.edge_ids, picture.edges, strict=True))
    boxes = _boxes(picture.groups)
    for group in graph.findall(_svg("g")):
        name = group.get("id", "")
        if name in nodes:
            _dress_node(group, nodes[name])
        elif name in edges:
            _dress_edge(group, edges[name], nodes)
        elif name in boxes:
            _dress_box(group, boxes[name])
        elif group.get("class") == "cluster":  # unseen, but its title would be shown
            graph.remove(group)
    clear(graph, boxes)
    _raise_titles(graph, boxes)


def _raise_titles(graph: ET.Element, boxes: Mapping[str, Group]) -> None:
    """Have the titles of boxes painted last, above the lines that lead into the boxes."""
    titles = _element("g", "\n")
    titles.set("class", "titles")
    for box in (group for group in graph.findall(_svg("g")) if group.get("id") in boxes):
        for element in box.findall(_svg("text")):
            box.remove(element)
            titles.append(element)
    if len(titles):
        graph.append(titles)


def _draw_lines(graph: ET.Element, picture: Picture, width: float, height: float) -> None:
    bars = {node.id for node in picture.nodes if node.kind == "point_of_no_return"}
    groups, upright = graph.findall(_svg("g")), is_wide(picture)
    below = max((float(line.get("y", 0)) + theme.MARGIN / 2 for line in graph.findall(_svg("text"))), default=-height)
    start, end = (below, 0.0) if upright else (0.0, width)  # above the origin is less than nothing
    for bar in (group for group in groups if group.get("id") in bars):
        draw_line(bar, (group for group in groups if group is not bar), start, end, upright=upright)


def _dress_sequence(graph: ET.Element, picture: Picture) -> None:
    """Say what each part of a sequence is, to those who point at it; everything else was said to Graphviz."""
    from sagadsl.diagrams.sequence_layout import SequenceLayout

    layout = SequenceLayout(picture)
    tooltips = {box.id: box.tooltip for box in layout.boxes} | {line.id: line.tooltip for line in layout.strokes}
    for group in graph.findall(_svg("g")):
        _set_title(group, clean(tooltips.get(group.get("id", ""), "")))


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
        _set_apart(element, theme.GROUP_FILL)


def _set_apart(element: ET.Element, ground: str) -> None:
    """Put a seam around words, so that a line that crosses them does not make them illegible."""
    for name, value in {"stroke": ground, "stroke-width": "2", "paint-order": "stroke"}.items():
        element.set(name, value)


def _dress_node(group: ET.Element, node: Node) -> None:
    _set_title(group, "\n".join(_tooltip(node)))
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


def _tooltip(node: Node) -> Iterator[str]:
    """Yield what is told to somebody who points at a node, a line each."""
    yield ": ".join(clean(words) for words in (node.title or "start", node.note) if words)
    yield from (mark_words(mark) for mark in node.marks)
    yield from (f"{name}: {clean(value)}" for name, value in node.details if name != "description")


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
        fill, colour = theme.badge_colours(badge, style)
        yield _element(
            "rect",
            x=left,
            y=middle - theme.BADGE_HEIGHT / 2,
            width=width,
            height=theme.BADGE_HEIGHT,
            rx=theme.BADGE_HEIGHT / 2,
            fill=fill,
            stroke=style.line,
            stroke_width=0.8,
        )
        yield _words(badge, "badges", colour, left + width / 2, middle)
        left += width + theme.BADGE_GAP


def _words(text: str, part: Part, colour: str, centre: float, middle: float) -> ET.Element:
    baseline = middle + _BASELINE * theme.TYPES[part].size
    element = _element("text", text, text_anchor="middle", x=centre, y=baseline)
    _set_type(element, part, colour)
    return element


def _dress_edge(group: ET.Element, edge: Edge, nodes: dict[str, Node]) -> None:
    ends = (clean(nodes[end].title) or nodes[end].kind for end in (edge.source, edge.target))
    label = f": {clean(edge.label)}" if edge.label else ""
    _set_title(group, " → ".join(ends) + label)
    for element, line in zip(group.findall(_svg("text")), edge_lines(edge), strict=True):
        element.text = line
        element.set("x", f"{float(element.get('x', 0)) + theme.EDGE_INDENT:.2f}")
        _set_apart(element, theme.PAPER)


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
        "rect", x=0.5, y=0.5, width=width - 1, height=height - 1, rx=_CORNER, fill=theme.PAPER, stroke=theme.FRAME
    )
    root.insert(0, paper)


def _describe(root: ET.Element, picture: Picture) -> None:
    root.set("role", "img")
    root.insert(0, _element("desc", _description(picture)))
    root.insert(0, _element("title", clean(picture.title)))


def _description(picture: Picture) -> str:
    """Return what a listener should know: the prose, where the saga starts and where it ends."""
    if picture.sequence is not None:
        return clean(picture.description)
    names = {node.id: clean(node.title) for node in picture.nodes}
    start = next((names[edge.target] for edge in picture.edges if edge.source == "start"), "no state")
    ends = ", ".join(names[node.id] for node in picture.nodes if node.kind in ("succeed", "fail"))
    states = sum(node.kind in STATES for node in picture.nodes)
    undone = sum(node.kind == "compensation" for node in picture.nodes)
    return " ".join(
        [
            *([clean(picture.description)] if clean(picture.description) else []),
            f"A saga of {states} states, {undone} of them with an undo.",
            f"It starts at {start} and ends at {ends or 'no state'}.",
        ]
    )
