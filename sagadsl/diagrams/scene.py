"""A picture as it was laid out, in any format, and where its words are best: what `clearing` finds for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sagadsl.diagrams.clearing import ROOM, Frame, Ground, Point, along_the_rim, around, beside

_HEAVY = 100
"""How much more it counts that words cover others than that a line runs through them."""
_ASIDE = 5.0
"""Points of room that the title of a box has on its left and right, so that no line seems to strike it through."""
_APART = 2.0
"""Points of room around the words of one edge, so that they are not read as going on in another's."""
_ROOM = 12.0
"""Points between the line of no return and what it must not touch."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where everything stands, in points; `y` is greater further down.

    Args:
        solid: The frames of nodes and of the heading, which words must not cover.
        boxes: The frames of boxes, by their ids.
        titles: The frames of the titles of boxes, by the ids of the boxes.
        ways: Close points on each edge, by its id.
        tips: The frames of what edges begin and end with.
        labels: The frames of the words of edges, by the ids of the edges.
    """

    solid: Sequence[Frame]
    boxes: Mapping[str, Frame]
    titles: Mapping[str, Frame]
    ways: Mapping[str, Sequence[Point]]
    tips: Sequence[Frame]
    labels: Mapping[str, Frame]

    def cleared(self) -> dict[str, Frame]:
        """Return where the titles of boxes and the words of edges go, by the ids of the boxes and edges.

        Nothing is in their way there, as far as there is such a place.
        """
        ground, found = self._ground(), {}
        for name, title in self.titles.items():
            found[name] = ground.freest(along_the_rim(title, self.boxes[name]), aside=_ASIDE) or title
            ground.take(found[name], _HEAVY)
        blocked = []
        for name, label in self.labels.items():
            if ground.taken(label):
                blocked.append(name)
            else:
                found[name] = label
                ground.take(label.grown(_APART), _HEAVY)
        for name in blocked:
            label = self.labels[name]
            found[name] = ground.freest(beside(label, self.ways[name]), ROOM) or label
            ground.take(found[name].grown(_APART), _HEAVY)
        return found

    def _ground(self) -> Ground:
        """Return the ground with everything on it but the words that may move."""
        ground = Ground(around(self._everything()))
        for frame in self.solid:
            ground.take(frame, _HEAVY)
        for side in (side for box in self.boxes.values() for side in box.sides()):
            ground.take(side)
        for points in self.ways.values():
            ground.take_curve(points)
        for tip in self.tips:
            ground.take(tip)
        return ground

    def _everything(self) -> Iterator[Frame]:
        yield Frame(0, 0, 0, 0)
        yield from (*self.solid, *self.boxes.values(), *self.labels.values())
        yield from (Frame(*point, *point) for points in self.ways.values() for point in points)


def line_across(
    bar: Frame, others: Sequence[Frame], boxes: Sequence[Frame], start: float, end: float
) -> tuple[Point, Point]:
    """Return the line of no return: a bar, prolonged to the left and to the right until something is in its way.

    Args:
        bar: The frame of the bar.
        others: The frames of nodes and of words.
        boxes: The frames of boxes; the line does not leave one in which the bar stands.
        start: Where the picture begins, margins apart.
        end: Where it ends.
    """
    for box in boxes:
        if box.holds(bar):
            start, end = max(start, box.left), min(end, box.right)
    for frame in (*others, *(box for box in boxes if not box.holds(bar))):
        if frame.top - _ROOM / 2 < bar.bottom and frame.bottom + _ROOM / 2 > bar.top:
            end = min(end, frame.left - _ROOM) if frame.left >= bar.right else end
            start = max(start, frame.right + _ROOM) if frame.right <= bar.left else start
    middle = (bar.top + bar.bottom) / 2
    return (min(start, bar.left), middle), (max(end, bar.right), middle)
