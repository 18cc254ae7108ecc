"""Courses that differ only in what had been done on the way to a failure, told as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sagadsl.machine.verification.failing import Course


@dataclass(frozen=True, slots=True)
class Row:
    """What follows on a failure, whatever had been done before.

    Args:
        undone: What may be undone, in an order that holds for every course.
        if_done: What of it is not undone in every course.
        ends: As for `Course`, like `goes_on` and `waits`.
        taken: The ways in the flow that one of the courses takes, as state and trigger; they make no difference.
    """

    undone: tuple[str, ...]
    if_done: frozenset[str]
    ends: str | None
    goes_on: str | None
    waits: str | None
    taken: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)


def merged(courses: Iterable[Course]) -> Iterator[Row]:
    """Yield the courses, the longest first, those as one that end alike and undo in an order that holds for all."""
    left = sorted(courses, key=lambda course: -len(course.undone))
    while left:
        first, *others = left
        order, alike, left = first.undone, [first], []
        for course in others:
            same_end = (course.ends, course.goes_on, course.waits) == (first.ends, first.goes_on, first.waits)
            both = woven(order, course.undone) if same_end else None
            if both is None:
                left.append(course)
            else:
                order = both
                alike.append(course)
        always = frozenset(order).intersection(*(course.undone for course in alike))
        taken = frozenset((move.at, move.trigger) for course in alike for move in course.moves)
        yield Row(order, frozenset(order) - always, first.ends, first.goes_on, first.waits, taken)


def woven(order: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return an order in which both stand as they are, or `None` where one has two things the other way round."""
    common = set(order) & set(other)
    if [each for each in order if each in common] != [each for each in other if each in common]:
        return None
    found: list[str] = []
    rest = iter(other)
    for each in order:
        if each in common:
            for one in rest:
                if one == each:
                    break
                found.append(one)
        found.append(each)
    return (*found, *rest)
