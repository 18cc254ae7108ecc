"""A saga without services and without waiting: its calls are answered from outside, and time jumps.

It drives the pure machine alone, with no event loop. Timers ring and answers come in the order of time, so that what
happens here is what would happen. `simulation.py` and `scenarios/` say what the calls are answered.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.durations import format_duration
from sagadsl.language.templates import fields_read
from sagadsl.machine.commands import (
    AcquireLocks,
    Command,
    Compensate,
    CompensateChild,
    Invoke,
    StartChild,
    StartTimer,
)
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import (
    TIMEOUT,
    Event,
    Failure,
    LocksAcquired,
    SagaStarted,
    SignalReceived,
    StepFailed,
    StepSucceeded,
)
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.answers import Call, answered, failed
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.outcome import Outcome, report

MAX_EVENTS = 10_000
"""More than this is a saga that goes in a circle."""


class CircleError(Exception):
    """The saga goes in a circle: it has not ended after so many events."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a call.

    Args:
        result: What is answered, or why the call fails.
        after: Seconds until the answer comes, or `None` for never. One that comes after the call's timeout is late.
        report: For an action that only takes the job: the outcome that is reported once it has been taken.
    """

    result: Json | Failure = None
    after: float | None = 0.0
    report: Answer | None = None


Answers: TypeAlias = Callable[[Call], Answer]
_Occurrence: TypeAlias = Callable[[], bool]
"""Lets something happen, and returns whether it has happened."""


class VirtualRun:
    """One saga in virtual time.

    Args:
        compiled: What to run.
        answers: Says what becomes of each call.
        saga_id: The saga's id.
        start_at: The instant at which it starts, in seconds since 1970.
        on_event: Hears of every event.
        max_events: How many of them there may be.

    Attributes:
        saga: The saga.
        now: The present instant.
        events: What has happened.
        calls: Every call that was made, in order.
    """

    def __init__(
        self,
        compiled: CompiledSaga,
        answers: Answers,
        *,
        saga_id: str,
        start_at: float,
        on_event: Listener | None = None,
        max_events: int = MAX_EVENTS,
    ) -> None:
        self.saga = compiled.new(saga_id)
        self.now = start_at
        self.events: list[Event] = []
        self.calls: list[Call] = []
        self._answers = answers
        self._on_event = on_event
        self._max_events = max_events
        self._order = itertools.count()
        self._queue: list[tuple[float, int, _Occurrence]] = []

    @property
    def is_at_rest(self) -> bool:
        """Whether the saga does nothing by itself any more."""
        return self.saga.status in AT_REST

    @property
    def outcome(self) -> Outcome:
        """What has become of the saga so far."""
        return report(self.saga, self.events)

    def start(self, input: Json) -> None:  # noqa: A002 - the saga's own word for it
        """Begin with an input that has been checked (`prepare_input`)."""
        definition = self.saga.definition
        self._feed(SagaStarted(input, definition.name, definition.version, self.saga.compiled.hash))

    def send(self, name: str, payload: Json, after: float = 0.0) -> None:
        """Send a signal in so many seconds; one that the saga does not take changes nothing."""
        self._in(after, lambda: self._offer(SignalReceived(name, payload)))

    def step(self) -> bool:
        """Let the next thing happen, moving on in time; return whether there was one.

        Raises:
            CircleError: There have been too many.
        """
        while self._queue:
            instant, _, occur = heapq.heappop(self._queue)
            before, self.now = self.now, max(self.now, instant)
            if occur():
                return True
            self.now = before
        return False

    def _in(self, seconds: float, occur: _Occurrence) -> None:
        heapq.heappush(self._queue, (self.now + seconds, next(self._order), occur))

    def _feed(self, event: Event) -> bool:
        if len(self.events) >= self._max_events:
            raise CircleError
        stamped = replace(event, seq=self.saga.seq + 1, at=self.now)
        commands = self.saga.apply(stamped)
        self.events.append(stamped)
        if self._on_event is not None:
            self._on_event(self.saga, stamped, commands)
        for command in commands:
            self._carry_out(command)
        return True

    def _offer(self, event: Event) -> bool:
        """Feed what may come too late for the saga to take it, as a host does."""
        try:
            return self._feed(event)
        except UnexpectedEvent:
            return False

    def _if_awaited(self, command: Command, event: Event) -> bool:
        """Feed the event if the saga still waits for what it commanded."""
        return any(command is c for c in self.saga.outstanding.values()) and self._feed(event)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Invoke() | Compensate() | StartChild() | CompensateChild():
                self._call(command)
            case AcquireLocks():
                self._in(0.0, lambda: self._if_awaited(command, LocksAcquired()))
            case StartTimer(timer_id=timer_id, delay=delay):
                self._in(delay, lambda: self._if_awaited(command, self.saga.timer_event(timer_id)))
            case _:
                pass  # a timer that is no longer outstanding does not ring, and nobody else wants the locks

    def _call(self, command: Call) -> None:
        self.calls.append(command)
        answer = self._answers(command)
        limit: float | None = getattr(command, "timeout", None)
        in_time = answer.after is not None and (limit is None or answer.after < limit)
        if limit is not None and not in_time:
            failure = Failure(TIMEOUT, f"no answer within {format_duration(limit)}", in_doubt=True)
            self._in(limit, lambda: self._if_awaited(command, failed(command, failure)))
        if answer.after is not None:
            event = answered(command, answer.result)
            comes = self._if_awaited if in_time else lambda _, late: self._offer(late)
            self._in(answer.after, lambda: comes(command, event))
            if answer.report is not None and isinstance(event, StepSucceeded):
                self._report(command, answer.after, answer.report)

    def _report(self, command: Call, taken: float, answer: Answer) -> None:
        if answer.after is None:
            return
        event = answered(command, answer.result)
        if isinstance(event, StepSucceeded | StepFailed):
            reported = replace(event, reported=True)
            self._in(taken + answer.after, lambda: self._offer(reported))


def stand_ins(compiled: CompiledSaga) -> dict[str, Json]:
    """Return, for each state, an output that has a stand-in for each field that some expression reads."""
    return {state: _stand_in(state, sorted(paths)) for state, paths in fields_read(compiled.definition).items()}


def _stand_in(state: str, paths: Iterable[tuple[str, ...]]) -> Mapping[str, Json]:
    output: dict[str, Json] = {}
    for path in paths:
        place = output
        for name in path[:-1]:
            inner = place.get(name)
            place[name] = place = inner if isinstance(inner, dict) else {}
        if path:
            place.setdefault(path[-1], f"<{'.'.join((state, *path))}>")
    return output
