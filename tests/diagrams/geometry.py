"""Measures a finished SVG for what a reader would stumble over: lines through words, words over words, cut words.

It reads nothing but the SVG, and knows nothing of how the words came to where they are.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

from sagadsl.diagrams.text import measure

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
USUAL_WIDTH = 0.9  # `measure` takes text to be as wide as the widest of the usual fonts would set it


def words(element):
    """Left, top, right and bottom of a line of words."""
    size, x, y = (float(element.get(name)) for name in ("font-size", "x", "y"))
    width = measure(element.text or "", size, bold=element.get("font-weight") == "bold") * USUAL_WIDTH
    left = x - width / 2 if element.get("text-anchor") == "middle" else x
    return left, y - size * 0.72, left + width, y + size * 0.2


def numbers(element):
    return [float(number) for number in NUMBERS.findall(element.get("d") or element.get("points") or "")]


def shape(element):
    if element.tag == f"{SVG}ellipse":
        x, y, wide, high = (float(element.get(name)) for name in ("cx", "cy", "rx", "ry"))
        return x - wide, y - high, x + wide, y + high
    found = numbers(element)
    return min(found[::2]), min(found[1::2]), max(found[::2]), max(found[1::2])


def around(boxes):
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def curve(path, steps=24):
    """Points on the Bézier curves of a path."""
    found = numbers(path)
    points = list(zip(found[::2], found[1::2], strict=True))
    for first in range(0, len(points) - 3, 3):
        a, b, c, d = points[first : first + 4]
        for step in range(steps + 1):
            t, u = step / steps, 1 - step / steps
            yield tuple(
                u**3 * a[axis] + 3 * u * u * t * b[axis] + 3 * u * t * t * c[axis] + t**3 * d[axis] for axis in (0, 1)
            )


def over(one, other, by=0.5):
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > by and min(one[3], other[3]) - max(one[1], other[1]) > by


def within(one, other, by=1.0):
    upper = one[0] >= other[0] - by and one[1] >= other[1] - by
    return upper and one[2] <= other[2] + by and one[3] <= other[3] + by


def through(points, box):
    return any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)


class Drawing:
    """The parts of a picture and where they are."""

    def __init__(self, svg):
        graph = ET.fromstring(svg).find(f"{SVG}g")
        self.ids = [group.get("id") for group in graph.findall(f"{SVG}g") if group.get("id")]
        self.nodes, self.inside, self.boxes, self.edges, self.labels, self.titles = ({} for _ in range(6))
        for group in graph.findall(f"{SVG}g"):
            self._read(group.get("id"), group.get("class"), group)

    def _read(self, name, kind, group):
        texts = [words(text) for text in group.findall(f"{SVG}text")]
        shapes = [part for part in group if part.tag in {f"{SVG}{tag}" for tag in ("path", "polygon", "ellipse")}]
        if kind == "node":
            self.nodes[name] = around([shape(part) for part in shapes if part.get("fill") != "none"])
            self.inside[name] = texts
        elif kind == "cluster" and shapes:
            self.boxes[name] = shape(shapes[0])
            self.titles |= {f"{name} {place}": box for place, box in enumerate(texts)}
        elif kind == "edge":
            self.edges[name] = [point for part in shapes if part.tag == f"{SVG}path" for point in curve(part)]
            if texts:
                self.labels[name] = around(texts)
        elif kind == "titles":
            self.titles |= {f"{place} {text.text}": words(text) for place, text in enumerate(group)}

    def cut_words(self):
        return [name for name, texts in self.inside.items() for text in texts if not within(text, self.nodes[name])]

    def covered(self):
        """Pairs of words, or of words and a node, that lie on each other."""
        outside = [*self.labels.items(), *self.titles.items()]
        pairs = [(one, other) for (one, a), (other, b) in combinations(outside, 2) if over(a, b)]
        return pairs + [(one, node) for one, a in outside for node, b in self.nodes.items() if over(a, b)]

    def crossed(self):
        """Edges and the words that they run through."""
        outside = [*self.labels.items(), *self.titles.items()]
        return [(edge, one) for edge, points in self.edges.items() for one, box in outside if through(points, box)]

    def crossed_titles(self):
        return [(edge, one) for edge, one in self.crossed() if one in self.titles]

    def on_frames(self):
        """Labels of edges that lie across the frame of a box."""
        pairs = ((label, a, box, b) for label, a in self.labels.items() for box, b in self.boxes.items())
        return [(label, box) for label, a, box, b in pairs if over(a, b) and not within(a, b, 0.0)]

    def run_over(self):
        """Edges and the nodes that they run over, neither from nor to which they lead."""
        smaller = {name: (a + 1, b + 1, c - 1, d - 1) for name, (a, b, c, d) in self.nodes.items()}
        return [
            (edge, name)
            for edge, points in self.edges.items()
            for name, box in smaller.items()
            if name not in edge and through(points, box)
        ]
