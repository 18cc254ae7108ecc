"""The ways through a definition that may take longest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sagadsl.language import graphs
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.timing import own_seconds
from sagadsl.language.definition import State, regions_of
from sagadsl.language.edges import Home


class Way(NamedTuple):
    """A way through a region: what it may take, and which states on it take any time."""

    seconds: float = 0.0
    names: tuple[str, ...] = ()


class Longest:
    """The ways through a definition's regions that may take longest."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._following: dict[str, list[str]] = {}
        for edge in context.flow.edges:
            self._following.setdefault(edge.source, []).append(edge.target)
        self._inside: dict[Home, float] = {}
        for home in reversed(context.homes.regions):  # inner ones first
            self._inside[home] = self.way(home).seconds

    def way(self, home: Home) -> Way:
        """Return the longest way through a region whose inner regions are known."""
        states = self._reached(home)
        names = list(states)
        index = {name: i for i, name in enumerate(names)}
        successors = [[index[to] for to in self._following.get(name, ()) if to in index] for name in names]
        return _through(successors, [self._seconds(state) for state in states.values()], names)

    def _reached(self, home: Home) -> Mapping[str, State]:
        states = self._context.homes.states_in(home)
        return {name: state for name, state in states.items() if name in self._context.flow.reachable}

    def _seconds(self, state: State) -> float:
        regions = (self._inside[Home(state.name, name)] for name in regions_of(state))
        return max(regions, default=own_seconds(state))


def _through(successors: graphs.Successors, seconds: list[float], names: list[str]) -> Way:
    """Return the longest way through a graph; the nodes of a cycle are passed together."""
    parts = graphs.components(successors)
    part_of = {node: number for number, part in enumerate(parts) for node in part}
    total: list[float] = [0.0] * len(parts)
    before: list[int] = [graphs.NONE] * len(parts)
    for number, part in enumerate(parts):
        total[number] += sum(seconds[node] for node in part)
        for target in {part_of[to] for node in part for to in successors[node]} - {number}:
            if total[number] > total[target]:
                total[target], before[target] = total[number], number
    if not parts:
        return Way()
    last = max(range(len(parts)), key=total.__getitem__)
    return Way(
        total[last], tuple(names[node] for number in _back(before, last) for node in parts[number] if seconds[node])
    )


def _back(before: list[int], last: int) -> list[int]:
    way = []
    while last != graphs.NONE:
        way.append(last)
        last = before[last]
    return way[::-1]
