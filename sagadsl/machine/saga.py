"""One running saga: events in, commands out.

The rules of this room: nothing here reads a clock, draws a number or waits. The only time is the time in the
events; whatever follows from an event follows the same way at every replay. This file holds the state that the
others share: `forward.py` goes through the flow, `steps.py` through the attempts of a step, `waits.py` waits,
`regions.py` opens and joins branches and items, `backward.py` undoes, `operators.py` does what people ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from sagadsl.language.definition import Definition, Json
from sagadsl.machine import backward, forward, operators, steps, waits
from sagadsl.machine.commands import (
    SAGA_TIMER,
    AcquireLocks,
    CancelTimer,
    Command,
    Compensate,
    CompensateChild,
    Finish,
    Invoke,
    ReleaseLocks,
    StartChild,
    StartTimer,
)
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Event,
    Failure,
    LocksAcquired,
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
from sagadsl.machine.guests import CallbackError, Guest
from sagadsl.machine.journal import NO_TIMERS, NOTHING, Executions, call_key
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.plans import StepPlan
from sagadsl.machine.snapshot import snapshot
from sagadsl.machine.unexpected import UnexpectedEvent

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga

TimerHandler: TypeAlias = Callable[["Saga", Execution], None]
Call: TypeAlias = Invoke | Compensate | StartChild | CompensateChild


class Saga(Guest):
    """A saga in some state of its life. Make one with `CompiledSaga.new` or `CompiledSaga.replay`.

    Attributes:
        id: The saga's id.
        seq: How many events it has seen.
        now: The time of the last one, in seconds since 1970.
        status: Where it is in the saga lifecycle.
        root: Where it is in its own flow.
        key: Its business key, if its definition gives one.
        locks: The semantic locks that it holds or waits for, sorted.
        error: Why it failed or was compensated, and `error_state` where.
        output: What it gives once it is `completed`.
        executions: Every step so far by state, region and execution, in the order in which they began.
        outstanding: The commands that are still to be carried out or answered, in the order they were given.
    """

    __slots__ = (
        "_callback_errors", "_commands", "_signals", "_times_done", "compiled", "error", "error_state", "executions",
        "id", "input", "key", "locks", "now", "output", "outstanding", "pivot_passed", "retries", "root", "seq",
        "started_at", "status", "timers", "to_undo",
    )  # fmt: skip

    def __init__(self, compiled: CompiledSaga, saga_id: str) -> None:
        self.compiled, self.id, self.seq = compiled, saga_id, 0
        self.now = 0.0
        self.started_at: float | None = None
        self.status = SAGA.initial
        self.root = Cursor(compiled.flow, compiled.definition.start, {})
        self.input: Json = None
        self.output: Json = None
        self.key: str | None = None
        self.locks: tuple[str, ...] = ()
        self.error: Failure | None = None
        self.error_state: str | None = None
        self.retries = 0
        self.pivot_passed = False
        self._signals: dict[str, list[Json]] | None = None
        self.executions = Executions()
        self._times_done = 0
        self.to_undo: list[Execution] = NOTHING
        self.timers: dict[str, tuple[TimerHandler, Execution]] = NO_TIMERS
        self.outstanding: dict[str, Command] = {}
        self._commands: list[Command] | None = None
        self._callback_errors: tuple[Exception, ...] = ()

    @property
    def definition(self) -> Definition:
        """The definition that it runs."""
        return self.compiled.definition

    @property
    def state(self) -> str:
        """The state that it is in, in its own flow."""
        return self.root.state

    @property
    def latest(self) -> dict[tuple[str, str], Execution]:
        """The latest step by state and region, in the order in which their places were first entered."""
        return self.executions.latest_of_each()

    @property
    def done(self) -> list[Execution]:
        """The steps that were, or may have been, completed, in that order."""
        return self.executions.done()

    @property
    def signals(self) -> dict[str, list[Json]]:
        """The payloads of signals that came before anything waited for them, by their names."""
        if self._signals is None:
            self._signals = {}
        return self._signals

    @property
    def scope(self) -> Any:
        """What expressions of the saga's own flow read."""
        return self.root.scope

    def apply(self, event: Event) -> list[Command]:
        """Take an event and return what is to be done because of it.

        Raises:
            UnexpectedEvent: The event does not fit what has happened so far. Nothing has changed.
            CallbackError: The event was taken, and is to be stored as any other; but callbacks that somebody put on
                the machines have failed. The error has the commands.
        """
        if self._commands is not None:
            raise UnexpectedEvent(f"{self.id}: a callback gives it an event in the middle of another one")
        if event.seq and event.seq != self.seq + 1:
            raise UnexpectedEvent(f"{self.id}: event {event.seq} came after event {self.seq}")
        before = self.now
        self.now = event.at
        commands = self._commands = []
        try:
            HANDLERS[type(event)](self, event)
        except UnexpectedEvent:
            self.now = before
            raise
        finally:
            self._commands = None
        self.seq += 1
        if self._callback_errors:
            errors, self._callback_errors = self._callback_errors, ()
            raise CallbackError(self.id, commands, errors) from errors[0]
        return commands

    def timer_event(self, timer_id: str) -> Event:
        """Return the event that says that this timer has run out."""
        return SagaTimedOut() if timer_id == SAGA_TIMER else TimerFired(timer_id)

    def snapshot(self) -> dict[str, Any]:
        """Return everything that this saga is as plain data, to compare or to look at."""
        return snapshot(self)

    # What follows is for the modules of this room.

    def fire(self, trigger: str) -> None:
        """Move the saga's lifecycle on."""
        self.compiled.lifecycles.saga.events[trigger].trigger(self, self)

    def fire_step(self, execution: Execution, trigger: str) -> None:
        """Move a step's lifecycle on."""
        self.compiled.lifecycles.step.events[trigger].trigger(execution, self, execution)

    def move(self, cursor: Cursor, trigger: str) -> None:
        """Move on in a flow."""
        cursor.machine.events[trigger].trigger(cursor, self)

    def note_callback_error(self, error: Exception) -> None:
        """Keep what a callback has raised until the event has been taken."""
        self._callback_errors = (*self._callback_errors, error)

    def go_on(self, cursor: Cursor, trigger: str) -> None:
        """Leave the cursor's state by this trigger, and go on until something has to be waited for."""
        forward.go_on(self, cursor, trigger)

    def drive(self, cursor: Cursor, action: Callable[[Saga, Cursor], None]) -> None:
        """Take an action in a region, after the one that is just being taken."""
        forward.drive(self, cursor, action)

    def arrive(self, cursor: Cursor) -> None:
        """Do what the cursor's state says, and go on until something has to be waited for."""
        forward.arrive(self, cursor)

    def new_execution(self, cursor: Cursor, plan: StepPlan) -> Execution:
        """Begin a step in the cursor's state."""
        earlier = self.executions.latest(plan.state.name, cursor.region)
        execution = Execution(plan, cursor, 1 if earlier is None else earlier.number + 1, self.now)
        self.executions.add(execution)
        self.fire_step(execution, "start")
        return execution

    def current(self, cursor: Cursor) -> Execution | None:
        """Return the step of the cursor's state, if that state has begun one for it."""
        execution = self.executions.latest(cursor.state, cursor.region)
        return execution if execution is not None and execution.cursor is cursor else None

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
            case Invoke() | Compensate() | StartChild() | CompensateChild():
                self.outstanding[call_key(command.state, command.region, command.execution)] = command
            case StartTimer():
                self.outstanding[f"timer {command.timer_id}"] = command
            case AcquireLocks():
                self.outstanding["locks"] = command
        if self._commands is not None:
            self._commands.append(command)

    def answered(self, execution: Execution) -> bool:
        """Forget the call of this step: it has been answered, or nobody waits for its answer."""
        key = call_key(execution.name, execution.region, execution.number)
        return self.outstanding.pop(key, None) is not None

    def start_timer(self, timer_id: str, delay: float) -> None:
        """Ask for an event after so many seconds."""
        self.issue(StartTimer(timer_id, delay, self.now + delay))

    def start_step_timer(self, timer_id: str, delay: float, handler: TimerHandler, execution: Execution) -> None:
        """Ask for an event that `handler` takes for this step."""
        if self.timers is NO_TIMERS:
            self.timers = {}
        self.timers[timer_id] = (handler, execution)
        self.start_timer(timer_id, delay)

    def timer_is_set(self, timer_id: str) -> bool:
        """Whether the timer is outstanding."""
        return f"timer {timer_id}" in self.outstanding

    def take_timer(self, timer_id: str) -> tuple[TimerHandler, Execution] | None:
        """Forget a timer, which has run out, and return what it was for if it was a step's."""
        self.outstanding.pop(f"timer {timer_id}", None)
        taken = self.timers.pop(timer_id, None)
        if not self.timers:
            self.timers = NO_TIMERS
        return taken

    def cancel_timer(self, timer_id: str) -> None:
        """Take a timer back, if it is outstanding."""
        if self.timer_is_set(timer_id):
            self.take_timer(timer_id)
            self.issue(CancelTimer(timer_id))

    def cancel_step_timers(self, execution: Execution) -> None:
        """Take back every timer of this step."""
        if not self.timers:
            return
        for timer_id in [key for key, (_, owner) in self.timers.items() if owner is execution]:
            self.cancel_timer(timer_id)

    def note_done(self, execution: Execution) -> None:
        """Put the step last in the order in which steps were, or may have been, completed."""
        self._times_done += 1
        execution.done_at = self._times_done
        if execution.status == "completed":
            execution.shrink()

    def take_signal(self, name: str) -> tuple[Json] | None:
        """Consume one signal of this name and return its payload in a tuple, if one has come."""
        queue = None if self._signals is None else self._signals.get(name)
        return (queue.pop(0),) if queue else None

    def finish(self) -> None:
        """Say that the saga has come to rest in its present status."""
        self.cancel_timer(SAGA_TIMER)
        if self.locks and self.status in SAGA.final:
            self.issue(ReleaseLocks(self.locks))
        self.issue(Finish(self.status, self.output, self.error, self.error_state))  # type: ignore[arg-type]


HANDLERS: Mapping[type[Any], Callable[[Saga, Any], None]] = {
    SagaStarted: forward.start,
    LocksAcquired: forward.locks_acquired,
    StepSucceeded: steps.step_succeeded,
    StepFailed: steps.step_failed,
    TimerFired: waits.timer_fired,
    SignalReceived: waits.signal_received,
    SagaTimedOut: forward.saga_timed_out,
    CompensationSucceeded: backward.compensation_succeeded,
    CompensationFailed: backward.compensation_failed,
    RetryRequested: operators.retry,
    CompensationRequested: operators.compensate,
    StepResolved: operators.resolve,
    StepSkipped: operators.skip,
}
