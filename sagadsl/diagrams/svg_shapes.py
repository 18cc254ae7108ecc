"""Where things stand in an SVG that Graphviz has laid out, and the line of no return drawn across it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from sagadsl.diagrams import theme
from sagadsl.diagrams.clearing import Frame
from sagadsl.diagrams.scene import line_across
from sagadsl.diagrams.text import measure

SVG = "http://www.w3.org/2000/svg"
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


def svg(tag: str) -> str:
    """Return the full name of an SVG element."""
    return f"{{{SVG}}}{tag}"


def frames(group: ET.Element) -> Iterator[Frame]:
    """Yield the frames of the shapes and the words of a node, an edge or a box; arrows have none."""
    for element in group:
        if element.tag == svg("text"):
            yield words(element)
        elif element.tag == svg("ellipse") or (numbers(element) and group.get("class") != "edge"):
            yield shape(element)


def shape(element: ET.Element) -> Frame:
    """Return the frame of an ellipse, a path or a polygon."""
    if element.tag == svg("ellipse"):
        x, y, wide, high = (float(element.get(name, 0)) for name in ("cx", "cy", "rx", "ry"))
        return Frame(x - wide, y - high, x + wide, y + high)
    found = numbers(element)
    return Frame(min(found[::2]), min(found[1::2]), max(found[::2]), max(found[1::2]))


def numbers(element: ET.Element) -> list[float]:
    """Return the numbers of a path or a polygon: x and y of one point after the other."""
    return [float(number) for number in _NUMBERS.findall(element.get("d") or element.get("points") or "")]


def words(element: ET.Element) -> Frame:
    """Return the frame of a line of words."""
    x, y = float(element.get("x", 0)), float(element.get("y", 0))
    size = float(element.get("font-size", theme.LABEL_SIZE))
    width = measure(element.text or "", size, bold=element.get("font-weight") == "bold")
    left = x - width / 2 if element.get("text-anchor") == "middle" else x
    return Frame(left, y - size, left + width, y + size * 0.3)


def draw_line(bar: ET.Element, others: Iterable[ET.Element], start: float, end: float, *, upright: bool) -> None:
    """Draw the line of no return: the bar, prolonged on both sides as far as there is nothing in its way.

    Args:
        bar: The group of the node of kind `point_of_no_return`.
        others: The groups of everything else.
        start: Where the picture begins, margins apart: at its left, or for an upright line at its top.
        end: Where it ends.
        upright: Whether the line goes from top to bottom, because the picture goes from left to right.
    """
    turn = Frame.turned if upright else _as_it_is
    found = [(group.get("class") == "cluster", turn(frame)) for group in others for frame in frames(group)]
    boxes, rest = ([frame for is_box, frame in found if is_box is wanted] for wanted in (True, False))
    ends = line_across(turn(next(frames(bar))), rest, boxes, start, end)
    outline = next(element for element in bar if element.tag in (svg("polygon"), svg("path")))
    line = ET.Element(
        svg("path"),
        {
            "d": "".join(f"{letter}{_point(*at, upright=upright)}" for letter, at in zip("ML", ends, strict=True)),
            "fill": "none",
            "stroke": outline.get("stroke", theme.VERMILION),
            "stroke-width": "2.6",
        },
    )
    line.tail = "\n"
    bar.insert(list(bar).index(outline), line)


def _as_it_is(frame: Frame) -> Frame:
    return frame


def _point(along: float, across: float, *, upright: bool) -> str:
    return f"{across:.2f},{along:.2f}" if upright else f"{along:.2f},{across:.2f}"
