"""Checks of time: waits that nothing ends, and sagas that have less time than their steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sagadsl.language import graphs
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.words import arrows
from sagadsl.language.definition import Retry, State, SubSaga, Task, Wait, regions_of
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.durations import LONGEST, format_duration
from sagadsl.language.edges import OUTSIDE, Home

_MOST_ATTEMPTS = 1_000  # added up one by one; of more, the rest is reckoned with the last delay


def endless_waits(context: Context) -> Iterator[Diagnostic]:
    """SAGA510: a wait for a signal that may never come."""
    for state in context.reached:
        if isinstance(state, Wait) and state.signal is not None and state.timeout is None:
            if context.definition.timeout is None:
                message = f"'{state.name}' waits for ever if the signal '{state.signal}' never comes"
            else:
                message = (
                    f"if the signal '{state.signal}' never comes, only the timeout of the saga ends '{state.name}'"
                )
            hint = "give it a timeout, and say with on_timeout where it leads"
            yield context.at("SAGA510", message, (*state.path, "signal"), hint)


def too_little_time(context: Context) -> Iterator[Diagnostic]:
    """SAGA511: the saga's timeout may pass although every step keeps within its own, retries included.

    Of the steps of a cycle, each counts once, and so does the body of a map.
    """
    limit = context.definition.timeout
    if limit is None or context.flow.start not in context.flow.reachable:
        return
    longest = _Longest(context).way(OUTSIDE)
    if longest.seconds <= limit:
        return
    takes = "for ever" if longest.seconds > LONGEST else format_duration(round(longest.seconds, 3))
    message = f"the saga has {format_duration(limit)}, and {arrows(list(longest.names))} may take {takes}"
    hint = "give the saga more time, or its steps shorter timeouts and fewer retries"
    yield context.at("SAGA511", message, ("timeout",), hint)


class _Way(NamedTuple):
    """A way through a region: what it may take, and which states on it take any time."""

    seconds: float = 0.0
    names: tuple[str, ...] = ()


class _Longest:
    """The ways through a definition's regions that may take longest."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._following: dict[str, list[str]] = {}
        for edge in context.flow.edges:
            self._following.setdefault(edge.source, []).append(edge.target)
        self._inside: dict[Home, float] = {}
        for home in reversed(context.homes.regions):  # inner ones first
            self._inside[home] = self.way(home).seconds

    def way(self, home: Home) -> _Way:
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
        """Return how long a state may take without failing for good."""
        if isinstance(state, Task):
            return _attempts(state.timeout, state.retry)
        if isinstance(state, Wait):
            return state.for_ or state.timeout or 0.0
        if isinstance(state, SubSaga):
            return state.timeout or 0.0
        return max((self._inside[Home(state.name, name)] for name in regions_of(state)), default=0.0)


def _attempts(timeout: float, retry: Retry) -> float:
    """Return the seconds that all attempts and the delays between them may take."""
    total, delay, limit = timeout, retry.initial_delay, math.inf if retry.max_delay is None else retry.max_delay
    counted = min(retry.max_attempts, _MOST_ATTEMPTS)
    for _ in range(counted - 1):
        total += min(delay, limit) + timeout
        delay = min(delay * retry.multiplier, LONGEST)
    return total + (retry.max_attempts - counted) * (min(delay, limit) + timeout)


def _through(successors: graphs.Successors, seconds: list[float], names: list[str]) -> _Way:
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
        return _Way()
    last = max(range(len(parts)), key=total.__getitem__)
    return _Way(
        total[last], tuple(names[node] for number in _back(before, last) for node in parts[number] if seconds[node])
    )


def _back(before: list[int], last: int) -> list[int]:
    way = []
    while last != graphs.NONE:
        way.append(last)
        last = before[last]
    return way[::-1]
