"""Moves the words of an SVG that Graphviz has laid out, where something runs through them, to where nothing does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from sagadsl.diagrams.clearing import Frame, Point, around, sampled
from sagadsl.diagrams.scene import Scene
from sagadsl.diagrams.svg_shapes import frames, numbers, shape, svg, words

_USUAL_WIDTH = 0.92


def clear(graph: ET.Element, boxes: Collection[str]) -> None:
    """Move the titles of boxes and the words of edges to where nothing is in their way, if there is such a place.

    Args:
        graph: What Graphviz drew, each part a group with an id; titles stand in their boxes.
        boxes: The ids of the boxes.
    """
    groups = {group.get("id", ""): group for group in graph.findall(svg("g"))}
    lines = {name: group.findall(svg("text")) for name, group in groups.items()}
    edges = {name: group for name, group in groups.items() if group.get("class") == "edge"}
    nodes = (group for group in groups.values() if group.get("class") == "node")
    scene = Scene(
        solid=[*(frame for node in nodes for frame in frames(node)), *map(words, graph.findall(svg("text")))],
        boxes={name: next(frames(groups[name])) for name in groups if name in boxes},
        titles={name: _words(lines[name]) for name in groups if name in boxes and lines[name]},
        ways={name: sampled(_spline(edge)) for name, edge in edges.items()},
        tips=[
            shape(tip) for edge in edges.values() for kind in ("polygon", "ellipse") for tip in edge.findall(svg(kind))
        ],
        labels={name: _words(lines[name]) for name in edges if lines[name]},
    )
    for name, place in scene.cleared().items():
        _move(lines[name], place)


def _words(lines: Iterable[ET.Element]) -> Frame:
    """Return the frame around lines of words as the usual fonts set them; `measure` goes by the widest."""
    frame = around(map(words, lines))
    return replace(frame, right=frame.left + frame.width * _USUAL_WIDTH)


def _spline(edge: ET.Element) -> list[Point]:
    path = edge.find(svg("path"))
    found = [] if path is None else numbers(path)
    return list(zip(found[::2], found[1::2], strict=True))


def _move(lines: Sequence[ET.Element], place: Frame) -> None:
    here = _words(lines)
    for line in lines:
        line.set("x", f"{float(line.get('x', 0)) + place.left - here.left:.2f}")
        line.set("y", f"{float(line.get('y', 0)) + place.top - here.top:.2f}")
