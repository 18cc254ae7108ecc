"""How many failures it takes to come to each state of a definition, by its text alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from sagadsl.language.definition import Definition, Succeed, regions_of
from sagadsl.language.edges import Homes, edges_of
from sagadsl.language.graphs import components, reachable, reversed_graph


class Graph:
    """The states of a definition, and the ways between them with and without a failure.

    Args:
        definition: The definition.

    Attributes:
        levels: How many failures lie on the way to each state, as few as possible; states that no way leads to are
            not in it.
    """

    def __init__(self, definition: Definition) -> None:
        self._states = definition.all_states
        self._names = list(self._states)
        self._places = {name: place for place, name in enumerate(self._names)}
        self._homes = Homes(definition)
        self._smooth: list[list[int]] = [[] for _ in self._names]
        self._failing: dict[str, list[str]] = {}
        for name in self._names:
            self._add(name)
        self._backwards = reversed_graph(self._smooth)
        self.levels = self._levels(definition.start)

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """A number for each state; where states lie in no circle, a smaller one than that of every state behind it."""
        parts = components(self._smooth)
        return {self._names[place]: rank for rank, part in enumerate(parts) for place in part}

    @property
    def in_cycles(self) -> frozenset[str]:
        """The states that a way leads back to."""
        ways = self._ways
        rounds = (part for part in components(ways) if len(part) > 1 or part[0] in ways[part[0]])
        return self._names_of([place for part in rounds for place in part])

    @cached_property
    def order(self) -> Mapping[str, tuple[int, int]]:
        """Where each state stands in the flow; as `ranks`, but behind those whose failure leads to it as well."""
        parts = components(self._ways)
        return {
            self._names[place]: (rank, self.ranks[self._names[place]])
            for rank, part in enumerate(parts)
            for place in part
        }

    @cached_property
    def _ways(self) -> list[list[int]]:
        """Where each state leads, with and without a failure."""
        return [
            [*smooth, *(self._places[target] for target in self._targets(name))]
            for name, smooth in zip(self._names, self._smooth, strict=True)
        ]

    def before(self, state: str) -> frozenset[str]:
        """Return the states from which a saga comes to this one without a failure, itself among them."""
        return self._names_of(reachable(self._backwards, [self._places[state]]))

    def around(self, states: Collection[str]) -> frozenset[str]:
        """Return these states with those that they are inside of."""
        return frozenset(states).union(home.owner for name in states for home in self._homes.around(name)) - {""}

    def failing_into(self, states: Collection[str], level: int) -> Iterator[str]:
        """Yield the states of a level whose failure may lead to one of `states`."""
        for name in self._names:
            if self.levels.get(name) == level and not self._targets(name).isdisjoint(states):
                yield name

    def _add(self, name: str) -> None:
        state = self._states[name]
        for edge in edges_of(state):
            if edge.after_failure:
                self._failing.setdefault(name, []).append(edge.target)
            else:
                self._smooth[self._places[name]].append(self._places[edge.target])
        for region in regions_of(state).values():
            self._smooth[self._places[name]].append(self._places[region.start])
            for inner in (each for each in region.states.values() if isinstance(each, Succeed)):
                self._smooth[self._places[inner.name]].append(self._places[getattr(state, "next")])  # noqa: B009 - only steps have regions

    def _targets(self, name: str) -> frozenset[str]:
        """Return where a state's failure may lead: by what itself catches, and what those around it do."""
        return frozenset(target for each in self.around([name]) for target in self._failing.get(each, ()))

    def _levels(self, start: str) -> dict[str, int]:
        found: dict[str, int] = {}
        row, level = {start}, 0
        while row:
            new = self._names_of(reachable(self._smooth, [self._places[name] for name in row])) - found.keys()
            found |= dict.fromkeys(new, level)
            row = {target for name in new for target in self._targets(name)} - found.keys()
            level += 1
        return found

    def _names_of(self, places: Collection[int]) -> frozenset[str]:
        return frozenset(self._names[place] for place in places)
