"""Where the ways out of a state meet again, within one region."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sagadsl.language.definition import Choice, State, Succeed, Wait
from sagadsl.language.graphs import NONE, Dominators, reachable


class Meeting:
    """The post-dominators of a region's states, over the ways on which nothing fails.

    Ways that never come to a `succeed` state meet nothing, and do not keep others from meeting.

    Args:
        states: The region's states.
    """

    def __init__(self, states: Mapping[str, State]) -> None:
        self._names = list(states)
        self._states = states
        places = {name: place for place, name in enumerate(self._names)}
        self._end = len(places)
        backwards: list[list[int]] = [[] for _ in range(self._end + 1)]
        for name, state in states.items():
            for target in smooth_ways(state):
                backwards[places[target]].append(places[name])
            if isinstance(state, Succeed):
                backwards[self._end].append(places[name])
        self._places = places
        self._forward = [[places[target] for target in smooth_ways(state)] for state in states.values()]
        self._immediate = Dominators(backwards, self._end).immediate

    def of(self, name: str) -> str | None:
        """Return the first state that every good way from here passes; `None` if they only meet at the end."""
        place = self._immediate[self._places[name]]
        return None if place in (NONE, self._end) else self._names[place]

    def line(self, name: str) -> Iterator[str]:
        """Yield the states that every good way from this one passes, itself first."""
        at: str | None = name
        while at is not None:
            yield at
            at = self.of(at)

    def reach(self, name: str) -> int:
        """Return to how many states the good ways from here lead."""
        return len(reachable(self._forward, [self._places[name]]))

    def first(self, name: str, stops: Collection[str]) -> str | None:
        """Return which of `stops` a way from here first comes to, or `None` if none does."""
        return next((each for each in self.line(name) if each in stops), None)


def smooth_ways(state: State) -> tuple[str, ...]:
    """Return the states that can follow while nothing fails; the time-out of a wait counts among them."""
    if isinstance(state, Choice | Wait):
        return state.successors
    name: str | None = getattr(state, "next", None)
    return () if name is None else (name,)
