"""Checks of time: waits that nothing ends, and sagas that have less time than their steps."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sagadsl.language.checks.context import Context
from sagadsl.language.checks.words import arrows
from sagadsl.language.definition import Retry, State, SubSaga, Task, Wait
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.durations import LONGEST, format_duration
from sagadsl.language.edges import OUTSIDE

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
    if sum(map(own_seconds, context.reached)) <= limit:
        return
    from sagadsl.language.checks.longest import Longest  # noqa: PLC0415  where all states together are in time, so is any way

    longest = Longest(context).way(OUTSIDE)
    if longest.seconds <= limit:
        return
    takes = "for ever" if longest.seconds > LONGEST else format_duration(round(longest.seconds, 3))
    message = f"the saga has {format_duration(limit)}, and {arrows(list(longest.names))} may take {takes}"
    hint = "give the saga more time, or its steps shorter timeouts and fewer retries"
    yield context.at("SAGA511", message, ("timeout",), hint)


def own_seconds(state: State) -> float:
    """Return how long a state may take without failing for good, not counting the states inside it."""
    if isinstance(state, Task):
        return _attempts(state.timeout, state.retry)
    if isinstance(state, Wait):
        return state.for_ or state.timeout or 0.0
    return (state.timeout or 0.0) if isinstance(state, SubSaga) else 0.0


def _attempts(timeout: float, retry: Retry) -> float:
    """Return the seconds that all attempts and the delays between them may take."""
    total, delay, limit = timeout, retry.initial_delay, math.inf if retry.max_delay is None else retry.max_delay
    counted = min(retry.max_attempts, _MOST_ATTEMPTS)
    for _ in range(counted - 1):
        total += min(delay, limit) + timeout
        delay = min(delay * retry.multiplier, LONGEST)
    return total + (retry.max_attempts - counted) * (min(delay, limit) + timeout)
