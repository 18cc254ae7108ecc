"""Courses that differ only in what had been done on the way to a failure, told as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TypeAlias

from sagadsl.language.graphs import components
from sagadsl.machine.verification.failing import Course

Rank: TypeAlias = Callable[[str], tuple[int, ...]]
"""Where the step of a label stands in the flow: the larger, the further behind."""


@dataclass(frozen=True, slots=True)
class Row:
    """What follows on a failure, whatever had been done before.

    Args:
        undone: What may be undone, in an order that holds for every course where there is one.
        if_done: What of it is not undone in every course.
        order_varies: Whether no order holds for every course, as steps of different branches may be done either way
            round.
        ends: As for `Course`, like `goes_on` and `waits`.
        taken: The ways in the flow that one of the courses takes, as state and trigger; they make no difference.
    """

    undone: tuple[str, ...]
    if_done: frozenset[str]
    order_varies: bool
    ends: str | None
    goes_on: str | None
    waits: str | None
    taken: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)


def merged(courses: Iterable[Course], rank: Rank) -> Iterator[Row]:
    """Yield the courses, those that end alike as one; the longest first."""
    groups: dict[tuple[str | None, str | None, str | None], list[Course]] = {}
    for course in sorted(courses, key=lambda each: -len(each.undone)):
        groups.setdefault((course.ends, course.goes_on, course.waits), []).append(course)
    for (ends, goes_on, waits), alike in groups.items():
        orders = list(dict.fromkeys(course.undone for course in alike))
        undone, varies = (orders[0], False) if len(orders) == 1 else in_order(orders, rank)
        always = frozenset(undone).intersection(*orders)
        taken = frozenset((move.at, move.trigger) for course in alike for move in course.moves)
        yield Row(undone, frozenset(undone) - always, varies, ends, goes_on, waits, taken)


def in_order(orders: Sequence[Sequence[str]], rank: Rank) -> tuple[tuple[str, ...], bool]:
    """Return all that is undone in one order or another, in an order that holds for each of them.

    What no order tells apart is undone backwards: what stands behind in the flow comes first. So is what one order has
    this way round and another that.

    Args:
        orders: In which order things are undone.
        rank: Where each stands in the flow.

    Returns:
        The order, and whether two of `orders` contradict each other.
    """
    labels = list(dict.fromkeys(label for order in orders for label in order))
    labels.sort(key=rank, reverse=True)
    places = {label: place for place, label in enumerate(labels)}
    following: list[set[int]] = [set() for _ in labels]
    for before, after in (pair for order in orders for pair in pairwise(order)):
        following[places[before]].add(places[after])
    parts = components([sorted(each) for each in following])
    found = [labels[place] for part in _sorted(parts, following) for place in part]
    return tuple(found), len(parts) < len(labels)


def _sorted(parts: Sequence[list[int]], following: Sequence[Iterable[int]]) -> Iterator[list[int]]:
    """Yield the parts, each before those that follow on it; of those that may come next, that with the first place."""
    part_of = {place: number for number, part in enumerate(parts) for place in part}
    behind = [{part_of[after] for place in part for after in following[place]} - {n} for n, part in enumerate(parts)]
    missing = [0] * len(parts)
    for number in (number for each in behind for number in each):
        missing[number] += 1
    ready = [(part[0], number) for number, part in enumerate(parts) if not missing[number]]
    heapify(ready)
    while ready:
        _, number = heappop(ready)
        yield parts[number]
        for after in behind[number]:
            missing[after] -= 1
            if not missing[after]:
                heappush(ready, (parts[after][0], after))
