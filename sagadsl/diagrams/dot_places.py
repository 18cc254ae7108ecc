"""Where Graphviz has put everything, and where its words are better: written into the DOT that is then only painted.

A picture that `dot` paints by itself, a PNG or a PDF, cannot be dressed afterwards as an SVG is. So `dot` is asked
first where everything goes, and the second time it is told, by the layout `nop2`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagadsl.diagrams import theme
from sagadsl.diagrams.clearing import Frame, Point, sampled
from sagadsl.diagrams.labels import edge_lines
from sagadsl.diagrams.model import Group, Picture
from sagadsl.diagrams.scene import Scene, line_across
from sagadsl.diagrams.text import clean, measure

if TYPE_CHECKING:
    from graphviz import Digraph

BAR = "point_of_no_return"
_POINTS = 72.0
_LINE = 1.2 * theme.LABEL_SIZE
_TIP = 3.0


@dataclass(frozen=True, slots=True)
class Places:
    """What the second DOT says more than the first.

    Args:
        graph: Attributes of the whole.
        parts: Attributes of nodes, edges and boxes, by their ids.
        lines: The two parts of each line of no return, left and right of its bar, by the bar's id; each by its ends.
        colours: The colours of these lines, by the same ids.
    """

    graph: Mapping[str, str]
    parts: Mapping[str, Mapping[str, str]]
    lines: Mapping[str, Sequence[tuple[str, str]]]
    colours: Mapping[str, str]


def places(laid_out: bytes, picture: Picture) -> Places:
    """Return where everything in a picture is to be painted.

    Args:
        laid_out: What Graphviz wrote as `json0` of `to_dot(picture, rich=True)`.
        picture: The same picture.
    """
    graph = json.loads(laid_out)
    things = {thing["id"]: thing for thing in (*graph["objects"], *graph.get("edges", ())) if "id" in thing}
    scene = _scene(graph, things, picture)
    words = scene.cleared()
    parts = {name: _kept(thing) for name, thing in things.items()}
    for name, frame in words.items():
        parts[name]["lp"] = _written((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    return Places(
        {"layout": "nop2", "bb": graph["bb"], **({"lp": graph["lp"]} if "lp" in graph else {})},
        parts,
        dict(_lines(graph, things, scene, words, picture)),
        {node.id: theme.node_style(node).line for node in picture.nodes if node.kind == BAR},
    )


def _kept(thing: Mapping[str, Any]) -> dict[str, str]:
    return {name: thing[name] for name in ("pos", "bb") if name in thing}


def _scene(graph: Mapping[str, Any], things: Mapping[str, Any], picture: Picture) -> Scene:
    boxes = dict(_titles(picture.groups))
    splines = {name: _spline(things[name]["pos"]) for name in picture.edge_ids if "pos" in things[name]}
    labels = {
        name: _around(things[name]["lp"], *_size(edge_lines(edge)))
        for name, edge in zip(picture.edge_ids, picture.edges, strict=True)
        if "lp" in things[name]
    }
    heading = (_heading(graph),) if "lp" in graph else ()
    return Scene(
        solid=[*(_node(things[node.id]) for node in picture.nodes), *heading],
        boxes={name: _box(things[name]["bb"]) for name in boxes},
        titles={name: _at_the_top(things[name], title) for name, title in boxes.items() if title},
        ways={name: sampled(points) for name, (points, _) in splines.items()},
        tips=[Frame(x, y, x, y).grown(_TIP) for _, tips in splines.values() for x, y in tips],
        labels=labels,
    )


def _titles(groups: Sequence[Group]) -> Iterator[tuple[str, str]]:
    for group in groups:
        yield group.id, clean(group.title)
        yield from _titles(group.groups)


def _size(lines: Sequence[str], *, bold: bool = False) -> tuple[float, float]:
    return max((measure(line, theme.LABEL_SIZE, bold=bold) for line in lines), default=0.0), _LINE * len(lines)


def _point(text: str) -> Point:
    """Read a place; Graphviz has `y` grow up the page."""
    x, y = text.split(",")
    return float(x), -float(y)


def _written(x: float, y: float) -> str:
    return f"{x:.2f},{-y:.2f}"


def _around(place: str, width: float, height: float) -> Frame:
    x, y = _point(place)
    return Frame(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _node(thing: Mapping[str, Any]) -> Frame:
    return _around(thing["pos"], float(thing["width"]) * _POINTS, float(thing["height"]) * _POINTS)


def _heading(graph: Mapping[str, Any]) -> Frame:
    return _around(graph["lp"], float(graph["lwidth"]) * _POINTS, float(graph["lheight"]) * _POINTS)


def _box(text: str) -> Frame:
    left, bottom, right, top = map(float, text.split(","))
    return Frame(left, -top, right, -bottom)


def _at_the_top(thing: Mapping[str, Any], title: str) -> Frame:
    box, (width, height) = _box(thing["bb"]), _size([title], bold=True)
    return Frame(0, 0, width, height).moved(box.left, box.top + 2.0)


def _spline(text: str) -> tuple[list[Point], list[Point]]:
    """Read a spline: its points, and the tips of its arrows."""
    points, tips = [], []
    for part in text.replace(";", " ").split():
        if part[0] in "se":
            tips.append(_point(part[2:]))
        else:
            points.append(_point(part))
    return points, tips


def _lines(
    graph: Mapping[str, Any], things: Mapping[str, Any], scene: Scene, words: Mapping[str, Frame], picture: Picture
) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """Yield the parts of each line of no return."""
    paper, upright = _box(graph["bb"]), graph.get("rankdir") == "LR"
    turn = Frame.turned if upright else _as_it_is
    start, end = (paper.top, paper.bottom) if upright else (paper.left, paper.right)
    if upright and "lp" in graph:
        start = _heading(graph).bottom
    bars = {node.id: _node(things[node.id]) for node in picture.nodes if node.kind == BAR}
    for name, bar in bars.items():
        others = [turn(frame) for frame in (*scene.solid, *words.values()) if frame != bar]
        own = turn(bar)
        (left, middle), (right, _) = line_across(own, others, list(map(turn, scene.boxes.values())), start, end)
        parts = ((left, own.left), (own.right, right))
        written = [[_written(*((middle, at) if upright else (at, middle))) for at in part] for part in parts]
        yield name, [(first, last) for first, last in written if first != last]


def _as_it_is(frame: Frame) -> Frame:
    return frame


def paint_in_place(graph: Digraph, places: Places) -> None:
    """Have a graph painted as it was laid out, and the lines of no return on it."""
    graph.attr("graph", rankdir="TB", **places.graph)
    look = {"penwidth": "2.6", "arrowhead": "none"}
    for name, parts in places.lines.items():
        for place, ends in enumerate(parts):
            names = [f"{end} {place} of {name}" for end in ("start", "end")]
            for end, at in zip(names, ends, strict=True):
                graph.node(end, pos=at, shape="point", style="invis", width="0.01", height="0.01")
            graph.edge(*names, pos=_straight(*ends), color=places.colours[name], **look)


def _straight(first: str, last: str) -> str:
    (x, y), (u, v) = (map(float, end.split(",")) for end in (first, last))
    return " ".join(f"{x + (u - x) * part / 3:.2f},{y + (v - y) * part / 3:.2f}" for part in range(4))
