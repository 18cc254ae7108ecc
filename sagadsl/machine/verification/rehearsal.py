"""Every step of a saga fails in every way: first those that a saga comes to by itself, then those behind a failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

from sagadsl.language.definition import Map, State
from sagadsl.language.edges import Homes
from sagadsl.machine.verification.arriving import Paths, Place
from sagadsl.machine.verification.crowds import some
from sagadsl.machine.verification.exploring import Explorer
from sagadsl.machine.verification.failing import Course, Failing, state_of
from sagadsl.machine.verification.failures import Way
from sagadsl.machine.verification.levels import Graph

Ways: TypeAlias = Callable[[State], Iterable[Way | None]]


class Rehearsal:
    """Has the real machine play what follows when a step fails.

    A state that a saga comes to only after a failure is led to by that failure, or by as few of them as it takes.

    Args:
        explorer: What the sagas are like.
        ways: How a state can fail; none for those that cannot.
    """

    def __init__(self, explorer: Explorer, ways: Ways) -> None:
        self._explorer, self._ways = explorer, ways
        self._graph = Graph(explorer.compiled.definition)
        self._paths = Paths(explorer, self._graph)
        self._homes = Homes(explorer.compiled.definition)
        self._states = explorer.compiled.definition.all_states
        self._arrivals: dict[str, list[Place]] = {}

    def courses(self, state: State) -> Iterator[tuple[Way | None, list[Course]]]:
        """Yield each way in which a step fails, and what can follow on it; nothing if no saga comes to the step."""
        ways = list(self._ways(state))
        arrivals = self._arrivals_at(state) if ways else []
        for way in ways if arrivals else ():
            yield way, self._failing(state, way).courses(arrivals)

    def rank(self, label: str) -> tuple[int, ...]:
        """Return where the step of a label such as `pack/0` or `charge:2` stands in the flow."""
        return self._graph.order[state_of(label)]

    def are_side_by_side(self, labels: Iterable[str]) -> bool:
        """Whether some of these are in different branches or items, so that either may be done first."""
        beside: dict[tuple[str, ...], set[str]] = {}
        for label in labels:
            items = label.partition(":")[0].split("/")[1:]
            around: tuple[str, ...] = ()
            for owner, name in self._homes.around(state_of(label))[1:]:
                state = self._states[owner]
                place = items.pop(0) if isinstance(state, Map) else name
                if not (isinstance(state, Map) and state.max_concurrency == 1):
                    beside.setdefault((*around, owner), set()).add(place)
                around = (*around, owner, place)
        return any(len(places) > 1 for places in beside.values())

    def _failing(self, state: State, way: Way | None) -> Failing:
        return Failing(self._explorer, self._paths, state, way)

    def _arrivals_at(self, state: State) -> list[Place]:
        if state.name not in self._arrivals:
            level = self._graph.levels.get(state.name)
            if level == 0:
                found = self._paths.arrivals(state, self._paths.starts())
            else:
                before = self._graph.before(state.name)
                behind = [] if level is None else list(some(self._behind_failures(before, level - 1)))
                found = self._paths.arrivals(state, behind, self._graph.around(before))
            self._arrivals[state.name] = found
        return self._arrivals[state.name]

    def _behind_failures(self, before: Collection[str], level: int) -> Iterator[Place]:
        """Yield sagas that have come, by the failure of a step of this level, to where one of these states follows."""
        for name in self._graph.failing_into(before, level):
            state = self._states[name]
            ways = list(self._ways(state))
            arrivals = self._arrivals_at(state) if ways else []
            for way in ways:
                for place in self._failing(state, way).places(arrivals):
                    if any(move.to in before for move in place.moves):
                        yield place
