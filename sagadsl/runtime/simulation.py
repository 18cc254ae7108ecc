"""A saga without its services: every action answers at once, or fails as the script says, in virtual time.

It drives the pure machine alone: no event loop, no waiting. Timers fire in the order of time, so that what is
told of a simulation is what would happen.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sagadsl.language.definition import Json
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
    StepSucceeded,
)
from sagadsl.machine.saga import Saga
from sagadsl.runtime.answers import Call, answered
from sagadsl.runtime.listening import AT_REST, Listener
from sagadsl.runtime.outcome import Outcome, report

MAX_EVENTS = 10_000
"""More than this is a saga that goes in a circle."""

SIMULATED_FAILURE = "SimulatedFailure"


class SimulationError(Exception):
    """The simulation cannot go on; the message says why and what to do."""


@dataclass(slots=True)
class PlannedFailure:
    """An action, or a compensation, that fails.

    Args:
        state: Whose action.
        undo: Whether it is the compensation that fails.
        code: With which error code; `Timeout` lets the step's timeout pass.
        times: How often, or `None` for always.
    """

    state: str
    undo: bool = False
    code: str = SIMULATED_FAILURE
    times: int | None = None


@dataclass(slots=True)
class Script:
    """What a simulation is told.

    Args:
        failures: What fails.
        outputs: What the action of a state answers; others answer stand-ins such as `<book_hotel.ref>`.
        signals: Signals that have been sent, with their payloads.
    """

    failures: Sequence[PlannedFailure] = ()
    outputs: Mapping[str, Json] = field(default_factory=dict)
    signals: Sequence[tuple[str, Json]] = ()


def simulate(
    compiled: CompiledSaga,
    input: Json,  # noqa: A002 - the saga's own word for it
    script: Script,
    *,
    saga_id: str,
    start_at: float,
    on_event: Listener | None = None,
) -> Outcome:
    """Run a saga from start to rest and return its outcome.

    Args:
        compiled: What to run.
        input: Its input, checked already (`prepare_input`).
        script: What fails, and what is answered.
        saga_id: The saga's id.
        start_at: The instant at which it starts, in seconds since 1970.
        on_event: Hears of every event.

    Raises:
        SimulationError: The saga waits for a signal that nobody sends, or goes in a circle.
    """
    return _Simulation(compiled, script, saga_id, start_at, on_event).run(input)


def stand_ins(compiled: CompiledSaga) -> dict[str, Json]:
    """Return, for each state, an output that has a stand-in for each field that some expression reads."""
    return {state: _stand_in(state, sorted(paths)) for state, paths in fields_read(compiled.definition).items()}


def _stand_in(state: str, paths: Iterable[tuple[str, ...]]) -> Json:
    output: dict[str, Json] = {}
    for path in paths:
        place = output
        for name in path[:-1]:
            inner = place.get(name)
            place[name] = place = inner if isinstance(inner, dict) else {}
        if path:
            place.setdefault(path[-1], f"<{'.'.join((state, *path))}>")
    return output


class _Simulation:
    def __init__(
        self, compiled: CompiledSaga, script: Script, saga_id: str, start_at: float, on_event: Listener | None
    ) -> None:
        self.saga = compiled.new(saga_id)
        self.script = script
        self.on_event = on_event
        self.now = start_at
        self.events: list[Event] = []
        self.order = itertools.count()
        self.queue: list[tuple[float, int, Callable[[], Event | None]]] = []
        self.outputs = {**stand_ins(compiled), **script.outputs}
        self.failures = [replace(failure) for failure in script.failures]

    def run(self, input: Json) -> Outcome:  # noqa: A002
        definition = self.saga.definition
        self.feed(SagaStarted(input, definition.name, definition.version, self.saga.compiled.hash))
        for name, payload in self.script.signals:
            if self.saga.status not in AT_REST:
                self.feed(SignalReceived(name, payload))
        while self.saga.status not in AT_REST:
            self.feed(self.next_event())
        return report(self.saga, self.events)

    def feed(self, event: Event) -> None:
        if len(self.events) >= MAX_EVENTS:
            raise SimulationError(_circle(self.saga))
        stamped = replace(event, seq=self.saga.seq + 1, at=self.now)
        commands = self.saga.apply(stamped)
        self.events.append(stamped)
        if self.on_event is not None:
            self.on_event(self.saga, stamped, commands)
        for command in commands:
            self.carry_out(command)

    def next_event(self) -> Event:
        while self.queue:
            instant, _, make = heapq.heappop(self.queue)
            event = make()
            if event is not None:
                self.now = max(self.now, instant)
                return event
        awaited = [(e.label, e.awaits) for e in self.saga.latest.values() if e.awaits is not None]
        label, signal = awaited[0] if awaited else (self.saga.state, "…")
        raise SimulationError(
            f"{label} waits for the signal {signal!r}, which nobody sends: give it with --signal {signal}"
        )

    def at(self, instant: float, make: Callable[[], Event | None]) -> None:
        heapq.heappush(self.queue, (instant, next(self.order), make))

    def carry_out(self, command: Command) -> None:
        match command:
            case Invoke() | Compensate() | StartChild() | CompensateChild():
                self.call(command)
            case AcquireLocks():
                self.at(self.now, LocksAcquired)
            case StartTimer(timer_id=timer_id, due=due):
                self.at(due, lambda: self.ring(timer_id, command))
            case _:
                pass  # a timer that is no longer outstanding does not ring, and nobody else wants the locks

    def ring(self, timer_id: str, command: Command) -> Event | None:
        wanted = any(command is outstanding for outstanding in self.saga.outstanding.values())
        return self.saga.timer_event(timer_id) if wanted else None

    def call(self, command: Call) -> None:
        answer = self.answer(command)
        late = isinstance(answer, Failure) and answer.code == TIMEOUT
        event = answered(command, answer)
        after = getattr(command, "timeout", 0.0) if late else 0.0
        self.at(self.now + after, lambda: self.still_awaited(command, event))
        if isinstance(command, Invoke) and command.callback and isinstance(event, StepSucceeded):
            self.at(self.now, lambda: replace(event, reported=True))

    def still_awaited(self, command: Command, event: Event) -> Event | None:
        return event if any(command is c for c in self.saga.outstanding.values()) else None

    def answer(self, command: Call) -> Json | Failure:
        undo = isinstance(command, Compensate | CompensateChild)
        for failure in self.failures:
            if (failure.state, failure.undo) == (command.state, undo) and failure.times != 0:
                if failure.times is not None:
                    failure.times -= 1
                return Failure(failure.code, "as the simulation was told", in_doubt=failure.code == TIMEOUT)
        return self.outputs.get(command.state, {})


def _circle(saga: Saga) -> str:
    return (
        f"{saga.definition.name} has not ended after {MAX_EVENTS} events and goes in a circle at {saga.state!r}: "
        "give the outputs that lead it out with --output STATE=JSON"
    )
