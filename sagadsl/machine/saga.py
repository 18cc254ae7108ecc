"""One running saga: events in, commands out.

The rules of this room: nothing here reads a clock, draws a number or waits. The only time is the time in the
events; whatever follows from an event follows the same way at every replay. This file holds the state that the
others share: `forward.py` goes through the flow, `steps.py` through the attempts of a step, `backward.py` undoes,
`operators.py` does what people ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from sagadsl.language.definition import Definition, Json
from sagadsl.machine import backward, forward, operators, steps
from sagadsl.machine.commands import SAGA_TIMER, CancelTimer, Command, Compensate, Finish, Invoke, StartTimer
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Event,
    Failure,
    RetryRequested,
    SagaStarted,
    SagaTimedOut,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
    TimerFired,
)
from sagadsl.machine.execution import Execution
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.unexpected import UnexpectedEvent

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga

TimerHandler: TypeAlias = Callable[["Saga", Execution], None]


class Saga:
    """A saga in some state of its life. Make one with `CompiledSaga.new` or `CompiledSaga.replay`.

    Attributes:
        id: The saga's id.
        seq: How many events it has seen.
        now: The time of the last one, in seconds since 1970.
        status: Where it is in the saga lifecycle.
        state: Where it is in its own flow.
        error: Why it failed or was compensated, and `error_state` where.
        output: What it gives once it is `completed`.
        executions: Every step so far by state and execution, in the order in which they began.
        done: The steps that were, or may have been, completed, in that order.
        outstanding: The commands that are still to be carried out or answered, in the order they were given.
    """

    __slots__ = (
        "_commands", "compiled", "done", "error", "error_state", "executions", "id", "input", "latest", "now", "output",
        "outstanding", "pivot_passed", "retries", "scope", "seq", "signals", "started_at", "state", "status", "timers",
        "to_undo",
    )  # fmt: skip

    def __init__(self, compiled: CompiledSaga, saga_id: str) -> None:
        self.compiled = compiled
        self.id = saga_id
        self.seq = 0
        self.now = 0.0
        self.started_at = 0.0
        self.status = SAGA.initial
        self.state = compiled.definition.start
        self.input: Json = None
        self.output: Json = None
        self.error: Failure | None = None
        self.error_state: str | None = None
        self.retries = 0
        self.pivot_passed = False
        self.scope: dict[str, Any] = {}
        self.signals: dict[str, list[Json]] = {}
        self.executions: dict[tuple[str, int], Execution] = {}
        self.latest: dict[str, Execution] = {}
        self.done: dict[Execution, None] = {}
        self.to_undo: list[Execution] = []
        self.timers: dict[str, tuple[TimerHandler, Execution]] = {}
        self.outstanding: dict[str, Command] = {}
        self._commands: list[Command] = []

    @property
    def definition(self) -> Definition:
        """The definition that it runs."""
        return self.compiled.definition

    def apply(self, event: Event) -> list[Command]:
        """Take an event and return what is to be done because of it.

        Raises:
            UnexpectedEvent: The event does not fit what has happened so far. Nothing has changed.
        """
        if event.seq and event.seq != self.seq + 1:
            raise UnexpectedEvent(f"{self.id}: event {event.seq} came after event {self.seq}")
        before = self.now
        self.now = event.at
        self._commands = []
        try:
            HANDLERS[type(event)](self, event)
        except UnexpectedEvent:
            self.now = before
            raise
        self.seq += 1
        return self._commands

    def timer_event(self, timer_id: str) -> Event:
        """Return the event that says that this timer has run out."""
        return SagaTimedOut() if timer_id == SAGA_TIMER else TimerFired(timer_id)

    def fire(self, trigger: str) -> None:
        """Move the saga's lifecycle on."""
        self.compiled.saga_lifecycle.fire(self, trigger)

    def move(self, trigger: str) -> None:
        """Move on in the saga's own flow."""
        self.compiled.flow.fire(self, trigger)

    def go_on(self, trigger: str) -> None:
        """Leave the present state by this trigger, and go on until something has to be waited for."""
        forward.go_on(self, trigger)

    @property
    def current(self) -> Execution | None:
        """The step of the state that the saga is in, if that is a task that has begun."""
        return self.latest.get(self.state)

    def refuse(self, event: Event, why: str) -> UnexpectedEvent:
        """Return the error for an event that is out of place."""
        return UnexpectedEvent(f"{self.id}: {type(event).__name__} is out of place: {why}")

    def require(self, event: Event, *statuses: str) -> None:
        """Refuse the event unless the saga has one of these statuses."""
        if self.status not in statuses:
            raise self.refuse(event, f"the saga is {self.status}, not {' or '.join(statuses)}")

    def issue(self, command: Command) -> None:
        """Give a command, and remember it for as long as it is outstanding."""
        match command:
            case Invoke() | Compensate():
                self.outstanding[_call_key(command)] = command
            case StartTimer():
                self.outstanding[f"timer {command.timer_id}"] = command
        self._commands.append(command)

    def answered(self, execution: Execution) -> None:
        """Forget the call of this step: it has been answered, or nobody waits for its answer."""
        self.outstanding.pop(f"call {execution.label}", None)

    def start_timer(self, timer_id: str, delay: float) -> None:
        """Ask for an event after so many seconds."""
        self.issue(StartTimer(timer_id, delay, self.now + delay))

    def start_step_timer(self, timer_id: str, delay: float, handler: TimerHandler, execution: Execution) -> None:
        """Ask for an event that `handler` takes for this step."""
        self.timers[timer_id] = (handler, execution)
        self.start_timer(timer_id, delay)

    def timer_is_set(self, timer_id: str) -> bool:
        """Whether the timer is outstanding."""
        return f"timer {timer_id}" in self.outstanding

    def take_timer(self, timer_id: str) -> tuple[TimerHandler, Execution] | None:
        """Forget a timer, which has run out, and return what it was for if it was a step's."""
        self.outstanding.pop(f"timer {timer_id}", None)
        return self.timers.pop(timer_id, None)

    def cancel_timer(self, timer_id: str) -> None:
        """Take a timer back, if it is outstanding."""
        if self.timer_is_set(timer_id):
            self.take_timer(timer_id)
            self.issue(CancelTimer(timer_id))

    def cancel_step_timers(self, execution: Execution) -> None:
        """Take back every timer of this step."""
        for timer_id in [key for key, (_, owner) in self.timers.items() if owner is execution]:
            self.cancel_timer(timer_id)

    def note_done(self, execution: Execution) -> None:
        """Put the step last in the order in which steps were, or may have been, completed."""
        self.done.pop(execution, None)
        self.done[execution] = None

    def take_signal(self, name: str) -> bool:
        """Consume one signal of this name, if one has come."""
        queue = self.signals.get(name)
        if not queue:
            return False
        queue.pop(0)
        return True

    def finish(self) -> None:
        """Say that the saga has come to rest in its present status."""
        self.cancel_timer(SAGA_TIMER)
        self.issue(Finish(self.status, self.output, self.error, self.error_state))  # type: ignore[arg-type]

    def snapshot(self) -> dict[str, Any]:
        """Return everything that this saga is as plain data, to compare or to look at."""
        return {
            "id": self.id,
            "seq": self.seq,
            "now": self.now,
            "status": self.status,
            "state": self.state,
            "input": self.input,
            "output": self.output,
            "error": self.error and asdict(self.error),
            "error_state": self.error_state,
            "retries": self.retries,
            "pivot_passed": self.pivot_passed,
            "scope": dict(self.scope),
            "signals": {name: list(queue) for name, queue in self.signals.items()},
            "steps": [_step_snapshot(execution) for execution in self.executions.values()],
            "done": [execution.label for execution in self.done],
            "to_undo": [execution.label for execution in self.to_undo],
            "outstanding": list(self.outstanding.values()),
        }


def _call_key(command: Invoke | Compensate) -> str:
    label = command.state if command.execution == 1 else f"{command.state}:{command.execution}"
    return f"call {label}"


def _step_snapshot(execution: Execution) -> dict[str, Any]:
    names = (name for name in Execution.__slots__ if name != "plan")
    values = {name: getattr(execution, name) for name in names}
    values["attempts"] = asdict(execution.attempts)
    values["undo_attempts"] = asdict(execution.undo_attempts)
    return {"state": execution.name, **values}


HANDLERS: Mapping[type[Any], Callable[[Saga, Any], None]] = {
    SagaStarted: forward.start,
    StepSucceeded: steps.step_succeeded,
    StepFailed: steps.step_failed,
    TimerFired: steps.timer_fired,
    SignalReceived: steps.signal_received,
    SagaTimedOut: forward.saga_timed_out,
    CompensationSucceeded: backward.compensation_succeeded,
    CompensationFailed: backward.compensation_failed,
    RetryRequested: operators.retry,
    CompensationRequested: operators.compensate,
    StepResolved: operators.resolve,
    StepSkipped: operators.skip,
}
