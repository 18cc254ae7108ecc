"""Finds a place for words where nothing runs through them.

Graphviz keeps room for the words of an edge, but not from frames, nor does it keep edges away from the titles of boxes.
So whatever is in the picture is put on a grid, and words that are in something's way try the places beside their edge,
or along the rim of their box, until one is free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]

_CELL = 48.0
"""Points; the side of a cell of the grid."""
_STEP = 6.0
"""Points between two samples of a curve, and between two places that words try."""
_GAPS = (4.0, 12.0, 24.0)
"""Points between an edge and its words; the later ones where nothing is free so close to it."""
_SEAM, ROOM = 1.5, 3.8
"""Points of room that words need around them, and that they better have; less than what is left to their own edge."""
_RIM = 8.0
"""Points between the title of a box and its frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The smallest upright rectangle around something; `top` is less than `bottom`."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    def turned(self) -> Frame:
        """Return it with left and top exchanged."""
        return Frame(self.top, self.left, self.bottom, self.right)

    def grown(self, by: float) -> Frame:
        """Return it with so much more on each side."""
        return Frame(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, left: float, top: float) -> Frame:
        """Return one as large with its upper left corner there."""
        return Frame(left, top, left + self.width, top + self.height)

    def holds(self, other: Frame) -> bool:
        """Whether the other one is inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom

    def meets(self, other: Frame) -> bool:
        """Whether the two have a part in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def sides(self) -> Iterator[Frame]:
        """Yield its four sides, each a frame of no width or of no height."""
        yield Frame(self.left, self.top, self.right, self.top)
        yield Frame(self.left, self.bottom, self.right, self.bottom)
        yield Frame(self.left, self.top, self.left, self.bottom)
        yield Frame(self.right, self.top, self.right, self.bottom)


def around(frames: Iterable[Frame]) -> Frame:
    """Return the frame around frames, of which there is at least one."""
    lefts, tops, rights, bottoms = zip(*((f.left, f.top, f.right, f.bottom) for f in frames), strict=True)
    return Frame(min(lefts), min(tops), max(rights), max(bottoms))


class Ground:
    """What is in a picture and where, on a grid, so that what is near a place is found at once.

    Args:
        paper: Where anything may be; what lies outside counts as taken.
    """

    def __init__(self, paper: Frame) -> None:
        self._paper = paper
        self._cells: dict[tuple[int, int], list[tuple[Frame, int]]] = defaultdict(list)

    def take(self, frame: Frame, weight: int = 1) -> None:
        """Mark a frame as taken; what weighs more is less readily covered."""
        taken = (frame, weight)
        for cell in _cells(frame):
            self._cells[cell].append(taken)

    def take_curve(self, points: Sequence[Point]) -> None:
        """Mark what lies on a line through these points as taken."""
        for here, there in pairwise(points):
            self.take(around((Frame(*here, *here), Frame(*there, *there))))

    def taken(self, frame: Frame, room: float = _SEAM, aside: float = 0.0) -> int:
        """Return how much is in the way of words of this frame and of the room around them, or `0` if nothing is.

        On their left and right they can be given more room, `aside`.
        """
        wanted = frame.grown(room)
        wanted = Frame(wanted.left - aside, wanted.top, wanted.right + aside, wanted.bottom)
        near = (each for cell in _cells(wanted) for each in self._cells.get(cell, ()))
        found = {id(each): each[1] for each in near if wanted.meets(each[0])}
        return sum(found.values()) + (0 if self._paper.holds(frame) else _OUTSIDE)

    def freest(self, places: Iterable[Frame], room: float = _SEAM, aside: float = 0.0) -> Frame | None:
        """Return the first of these places in whose way is nothing, or the least; `None` if there are none.

        Those with so much room around them go before others.
        """
        best, least, cramped = None, _OUTSIDE * _OUTSIDE, None
        for place in places:
            taken = self.taken(place)
            if not taken and not self.taken(place, room, aside):
                return place
            if not taken and cramped is None:
                cramped = place
            if taken < least:
                best, least = place, taken
        return cramped or best


_OUTSIDE = 1000
"""How much more it counts that words leave the paper than that something is in their way."""


def _cells(frame: Frame) -> Iterator[tuple[int, int]]:
    for across in range(int(frame.left // _CELL), int(frame.right // _CELL) + 1):
        for down in range(int(frame.top // _CELL), int(frame.bottom // _CELL) + 1):
            yield across, down


def sampled(spline: Sequence[Point]) -> list[Point]:
    """Return close points on a spline of cubic Bézier curves, which is its beginning and then three points a curve."""
    points = list(spline[:1])
    for first in range(0, len(spline) - 3, 3):
        curve = spline[first : first + 4]
        steps = max(int(sum(map(dist, curve, curve[1:])) / _STEP), 1)
        points += [_on(curve, step / steps) for step in range(1, steps + 1)]
    return points


def _on(curve: Sequence[Point], t: float) -> Point:
    u = 1 - t
    shares = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
    x, y = (sum(share * point[axis] for share, point in zip(shares, curve, strict=True)) for axis in (0, 1))
    return x, y


def beside(words: Frame, points: Sequence[Point]) -> Iterator[Frame]:
    """Yield the places for words beside an edge: those close to it before others, then those in the middle of it."""
    middle = len(points) // 2
    order = sorted(range(len(points)), key=lambda place: abs(place - middle))
    return (place for gap in _GAPS for at in order for place in _around(words, points[at], gap))


def _around(words: Frame, point: Point, gap: float) -> Iterator[Frame]:
    """Yield the places for words around a point: at its right, its left, below and above."""
    x, y = point
    lefts = (x + gap, x - gap - words.width)
    tops = (y - words.height / 2, y + gap, y - gap - words.height)
    yield from (words.moved(left, top) for top in tops for left in lefts)
    yield from (words.moved(x - words.width / 2, top) for top in tops[1:])


def along_the_rim(title: Frame, box: Frame) -> Iterator[Frame]:
    """Yield the places for the title of a box: along its upper rim from the left, then along its lower one."""
    last = box.right - _RIM - title.width
    for top in (title.top, box.bottom - _RIM / 2 - title.height):
        left = box.left + _RIM
        while left <= last:
            yield title.moved(left, top)
            left += _STEP
