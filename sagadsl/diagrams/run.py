"""A run as far as its events go: which states it came through, on which ways, and how each step fared.

The events are replayed through machines of the same definition that note every transition they make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sagadsl.language.definition import regions_of
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.dispatch import DispatchMachine
from sagadsl.machine.events import Event, Failure
from sagadsl.machine.execution import Execution
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one step fared in one item of a map, or outside maps: the latest pass through it.

    Args:
        state: The state's name.
        region: Which item of a map, as `2` or `2/0`; empty outside maps.
        execution: 1 the first time the saga entered the state, then 2, 3, …
        status: Where the step is in its lifecycle.
        attempts: How often its action was tried, and `undo_attempts` how often its compensation.
        started_at: When it began, in seconds since 1970.
        duration: Seconds until its action came to rest, or `None` if it has not.
        error: Why its last attempt failed, and `undo_error` why that of its compensation did.
        awaits: The signal for which it waits, or `None`.
    """

    state: str
    region: str
    execution: int
    status: str
    attempts: int
    undo_attempts: int
    started_at: float
    duration: float | None
    error: Failure | None
    undo_error: Failure | None
    awaits: str | None


@dataclass(frozen=True, slots=True)
class RunPicture:
    """A run after some of its events; give it to `picture`.

    Args:
        saga_id: The saga's id, if known.
        status: Where the saga is in its lifecycle.
        seq: How many events it has seen.
        started_at: When it began, in seconds since 1970; `None` before that.
        now: When it was looked at, for one that goes on; otherwise the time of the last event.
        error: Why it failed or went back, and `error_state` where.
        steps: The latest pass through each step, in the order in which the steps began.
        passed: The names of the states that it came to.
        ways: The transitions that it made, as state and trigger.
    """

    saga_id: str
    status: str
    seq: int
    started_at: float | None
    now: float
    error: Failure | None
    error_state: str | None
    steps: tuple[StepRun, ...]
    passed: frozenset[str]
    ways: frozenset[tuple[str, str]]

    @classmethod
    def of(
        cls, compiled: CompiledSaga, events: Iterable[Event], saga_id: str = "", looked_at: float | None = None
    ) -> RunPicture:
        """Return the run after all these events, at the instant `looked_at` if it still goes on.

        Raises:
            UnexpectedEvent: The events are not those of a saga of this definition.
        """
        *_, last = cls.each(compiled, events, saga_id, looked_at)
        return last

    @classmethod
    def each(
        cls, compiled: CompiledSaga, events: Iterable[Event], saga_id: str = "", looked_at: float | None = None
    ) -> Iterator[RunPicture]:
        """Yield the run before the first event and after each of them, replaying them once.

        The last is that of the instant `looked_at`, if it still goes on; how long ago something began counts up to it.

        Raises:
            UnexpectedEvent: The events are not those of a saga of this definition.
        """
        watched = compile_saga(compiled.definition)  # of our own: callbacks are called for all sagas of a machine
        ways: dict[tuple[str, str], str] = {}
        for machine in (watched.flow, *(flow.machine for flow in watched.regions.values())):
            _watch(machine, ways)
        saga = watched.new(saga_id)
        seen = _seen(saga, ways)
        for event in events:
            yield seen
            saga.apply(event)
            seen = _seen(saga, ways)
        yield seen if looked_at is None or seen.status in AT_REST else replace(seen, now=max(seen.now, looked_at))

    @property
    def by_state(self) -> Mapping[str, tuple[StepRun, ...]]:
        """The steps of each state: one, or in maps one for each item."""
        found: dict[str, tuple[StepRun, ...]] = {}
        for step in self.steps:
            found[step.state] = (*found.get(step.state, ()), step)
        return found


def _watch(machine: DispatchMachine, ways: dict[tuple[str, str], str]) -> None:
    """Have a machine note every transition that it makes."""
    for event in machine.events.values():
        for row in (row for rows in event.transitions.values() for row in rows):
            row.add_callback("after", _note(ways, (row.source, event.name), row.dest))


def _note(ways: dict[tuple[str, str], str], way: tuple[str, str], dest: str) -> Any:
    def note(*_: Any) -> None:
        ways[way] = dest

    return note


def _seen(saga: Saga, ways: Mapping[tuple[str, str], str]) -> RunPicture:
    steps = tuple(map(_step, saga.latest.values()))
    return RunPicture(
        saga_id=saga.id,
        status=saga.status,
        seq=saga.seq,
        started_at=saga.started_at,
        now=saga.now,
        error=saga.error,
        error_state=saga.error_state,
        steps=steps,
        passed=frozenset(_passed(saga, ways, steps)),
        ways=frozenset(ways),
    )


def _passed(saga: Saga, ways: Mapping[tuple[str, str], str], steps: Iterable[StepRun]) -> Iterator[str]:
    """Yield where it came to: by its transitions, and where it and each region inside it begins."""
    yield from ways.values()
    states = saga.definition.all_states
    if saga.status != "created":
        yield saga.definition.start
    for step in steps:
        yield step.state
        yield from (region.start for region in regions_of(states[step.state]).values())


def _step(execution: Execution) -> StepRun:
    ended = execution.ended_at
    return StepRun(
        state=execution.name,
        region=execution.region,
        execution=execution.number,
        status=execution.status,
        attempts=execution.attempt,
        undo_attempts=execution.undo_attempts.number,
        started_at=execution.started_at,
        duration=None if ended is None else ended - execution.started_at,
        error=execution.failure,
        undo_error=execution.undo_failure,
        awaits=execution.awaits,
    )
