"""Sagas that have come to one place with different things done: enough of them, where there would be too many.

Twelve steps that may be left out are 4,096 ways to the step behind them. What is asked is which steps are undone always
and which only if they were done; for that it is enough that each of them is done in one saga and not in another.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeAlias, TypeVar

MANY = 6
"""Sagas at one place that are all followed; of more, those that have something new to show."""

Trait: TypeAlias = object
"""Something in which two sagas at the same place may differ: a step that was done, an answer, the code of an error."""


class HasTraits(Protocol):
    """A saga somewhere; `state` is where it is in its own flow."""

    state: str

    @property
    def position(self) -> Hashable:
        """Where it is, whatever it has done on the way there."""

    @property
    def traits(self) -> frozenset[Trait]:
        """What tells it from other sagas at the same place."""


Some = TypeVar("Some", bound=HasTraits)


class Crowd:
    """The sagas that have come to one place.

    Args:
        room: How many there may be before each has to show something new.
    """

    def __init__(self, room: int = 2 * MANY) -> None:
        self._room = room
        self._some: frozenset[Trait] = frozenset()
        self._all: frozenset[Trait] | None = None
        self._waiting: list[HasTraits] = []

    def has_room_for(self, place: HasTraits) -> bool:
        """Whether a saga is to be followed: while there are few, and later if it shows what none before has shown."""
        if self._room:
            self._room -= 1
            self._waiting.append(place)
            return True
        for each in self._waiting:
            self._take(each)
        self._waiting.clear()
        return self._take(place)

    def _take(self, place: HasTraits) -> bool:
        traits = place.traits
        always = traits if self._all is None else self._all & traits
        is_new = not traits <= self._some or always != self._all
        self._some, self._all = self._some | traits, always
        return is_new


class Front(Generic[Some]):
    """The sagas that are to be led further: first those that are the furthest behind, so that others can join them.

    Args:
        ranks: How far on each state lies.
        starts: The first sagas.
    """

    def __init__(self, ranks: Mapping[str, int], starts: Iterable[Some]) -> None:
        self._ranks = ranks
        self._groups: dict[_When, list[Some]] = {}
        self._order: list[_When] = []
        self._seen: set[int] = set()
        for place in starts:
            self._put(place, 0)

    def places(self) -> Iterator[tuple[Some, Callable[[Iterable[Some]], None]]]:
        """Yield the sagas, each with what takes those that follow on it."""
        while self._order:
            _, events = when = heappop(self._order)
            group = self._groups.pop(when)
            for place in group if len(group) <= MANY else _thinned(group):
                yield place, partial(self._add, place, events)

    def _add(self, place: Some, events: int, following: Iterable[Some]) -> None:
        for each in following:
            self._put(each, events + 1 if each.state == place.state else 0)

    def _put(self, place: Some, events: int) -> None:
        """Keep a saga that has seen so many events in its state."""
        if id(place) in self._seen:
            return
        self._seen.add(id(place))
        when = (self._ranks[place.state], events)
        if when not in self._groups:
            self._groups[when] = []
            heappush(self._order, when)
        self._groups[when].append(place)


_When: TypeAlias = tuple[int, int]


def _thinned(places: list[Some]) -> Iterator[Some]:
    """Yield enough of the sagas at each place."""
    here: dict[Hashable, list[Some]] = {}
    for place in places:
        here.setdefault(place.position, []).append(place)
    for group in here.values():
        yield from group if len(group) <= MANY else enough(group)


def enough(places: list[Some]) -> list[Some]:
    """Return so many of these sagas that each step that only some have done is done in one and not in another."""
    if len(places) <= 2:  # noqa: PLR2004 - of two, none is too many
        return places
    crowd = Crowd(room=0)
    most, *others, least = sorted(places, key=lambda each: -len(each.traits))
    return [place for place in (most, least, *others) if crowd.has_room_for(place)]


def some(places: Iterable[Some]) -> Iterator[Some]:
    """Yield the first of these sagas, and of the others those that show something new."""
    crowd = Crowd()
    return (place for place in places if crowd.has_room_for(place))
