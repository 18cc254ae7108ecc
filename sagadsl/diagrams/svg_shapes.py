"""Where things stand in an SVG that Graphviz has laid out, and the line of no return drawn across it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sagadsl.diagrams import theme
from sagadsl.diagrams.text import measure

SVG = "http://www.w3.org/2000/svg"
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
_ROOM = 12.0
"""Points between the line and what it must not touch."""


def svg(tag: str) -> str:
    """Return the full name of an SVG element."""
    return f"{{{SVG}}}{tag}"


@dataclass(frozen=True, slots=True)
class Frame:
    """The smallest upright rectangle around something; `top` is less than `bottom`."""

    left: float
    top: float
    right: float
    bottom: float

    def turned(self) -> Frame:
        """Return it with left and top exchanged."""
        return Frame(self.top, self.left, self.bottom, self.right)

    def holds(self, other: Frame) -> bool:
        """Whether the other one is inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def frames(group: ET.Element) -> Iterator[Frame]:
    """Yield the frames of the shapes and the words of a node, an edge or a box; arrows have none."""
    for element in group:
        numbers = [float(n) for n in _NUMBERS.findall(element.get("d") or element.get("points") or "")]
        if element.tag == svg("ellipse"):
            x, y, wide, high = (float(element.get(name, 0)) for name in ("cx", "cy", "rx", "ry"))
            yield Frame(x - wide, y - high, x + wide, y + high)
        elif element.tag == svg("text"):
            yield _words(element)
        elif numbers and group.get("class") != "edge":
            yield Frame(min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2]))


def _words(element: ET.Element) -> Frame:
    x, y = float(element.get("x", 0)), float(element.get("y", 0))
    size = float(element.get("font-size", theme.LABEL_SIZE))
    width = measure(element.text or "", size)
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
    own = next(frames(bar))
    own = own.turned() if upright else own
    for group in others:
        for frame in (each.turned() if upright else each for each in frames(group)):
            if group.get("class") == "cluster" and frame.holds(own):
                start, end = max(start, frame.left), min(end, frame.right)
            elif frame.top - _ROOM / 2 < own.bottom and frame.bottom + _ROOM / 2 > own.top:
                end = min(end, frame.left - _ROOM) if frame.left >= own.right else end
                start = max(start, frame.right + _ROOM) if frame.right <= own.left else start
    middle = (own.top + own.bottom) / 2
    ends = [(min(start, own.left), middle), (max(end, own.right), middle)]
    shape = next(element for element in bar if element.tag in (svg("polygon"), svg("path")))
    line = ET.Element(
        svg("path"),
        {
            "d": "".join(f"{letter}{_point(*at, upright=upright)}" for letter, at in zip("ML", ends, strict=True)),
            "fill": "none",
            "stroke": shape.get("stroke", theme.VERMILION),
            "stroke-width": "2.6",
        },
    )
    line.tail = "\n"
    bar.insert(list(bar).index(shape), line)


def _point(along: float, across: float, *, upright: bool) -> str:
    return f"{across:.2f},{along:.2f}" if upright else f"{along:.2f},{across:.2f}"
