"""One running saga: events in, commands out.

The rules of this room: nothing here reads a clock, draws a number or waits. The only time is the time in the
events; whatever follows from an event follows the same way at every replay. This file holds the state that the
others share: `forward.py` goes through the flow, `steps.py` through the attempts of a step, `waits.py` waits,
`regions.py` opens and joins branches and items, `backward.py` undoes, `operators.py` does what people ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sagadsl.language.definition import Definition, Json
from sagadsl.machine import backward, forward, operators, steps, waits
from sagadsl.machine.commands import (
    SAGA_TIMER,
    Command,
    Compensate,
    CompensateChild,
    Finish,
    Invoke,
    ReleaseLocks,
    StartChild,
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
from sagadsl.machine.guests import CallbackError
from sagadsl.machine.journal import Executions
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.outstanding import Outstanding, Timers
from sagadsl.machine.plans import StepPlan
from sagadsl.machine.seldom import Seldom
from sagadsl.machine.snapshot import snapshot
from sagadsl.machine.unexpected import UnexpectedEvent

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga

Call: TypeAlias = Invoke | Compensate | StartChild | CompensateChild

_CREATED = SAGA.initial
_NO_SIGNALS: Final[dict[str, list[Json]]] = {}


@dataclass(slots=True)
class Seldoms(Timers):
    """What most sagas never have; see `Saga`."""

    key: str | None = None
    sensitive: tuple[tuple[str, ...], ...] = ()
    locks: tuple[str, ...] = ()
    error: Failure | None = None
    error_state: str | None = None
    retries: int = 0
    to_undo: list[Execution] = field(default_factory=list)
    signals: dict[str, list[Json]] = field(default_factory=lambda: _NO_SIGNALS)
    callback_errors: tuple[Exception, ...] = ()


class Saga(Outstanding):
    """A saga in some state of its life. Make one with `CompiledSaga.new` or `CompiledSaga.replay`.

    Attributes:
        id: The saga's id.
        seq: How many events it has seen.
        now: The time of the last one, in seconds since 1970.
        status: Where it is in the saga lifecycle.
        root: Where it is in its own flow.
        key: Its business key, if its definition gives one.
        sensitive: Paths of its input that the saga around it calls sensitive, beside those of its own definition.
        locks: The semantic locks that it holds or waits for, sorted.
        error: Why it failed or was compensated, and `error_state` where.
        output: What it gives once it is `completed`.
        retries: How often it was retried as a whole.
        steps: Every step so far by its label, in the order in which they began.
        signals: The payloads of signals that came before anything waited for them, by their names.
        to_undo: The steps that are still to be undone, the next one last.
    """

    __slots__ = (
        "_times_done", "compiled", "id", "output", "pivot_passed", "root", "seq", "started_at", "status", "steps",
    )  # fmt: skip

    Extras = Seldoms
    extras: Seldoms | None

    key = Seldom[str | None]()
    sensitive = Seldom[tuple[tuple[str, ...], ...]]()
    locks = Seldom[tuple[str, ...]]()
    error = Seldom[Failure | None]()
    error_state = Seldom[str | None]()
    retries = Seldom[int]()
    to_undo = Seldom[list[Execution]]()
    signals = Seldom[dict[str, list[Json]]]()
    callback_errors = Seldom[tuple[Exception, ...]]()

    def __init__(self, compiled: CompiledSaga, saga_id: str) -> None:
        Outstanding.__init__(self)
        self.compiled = compiled
        self.id = saga_id
        self.seq = 0
        self.started_at: float | None = None
        self.status = _CREATED
        self.root = Cursor(compiled.flow, compiled.definition.start, {})
        self.output: Json = None
        self.pivot_passed = False
        self.steps: dict[str, Execution] = {}
        self._times_done = 0

    @property
    def definition(self) -> Definition:
        """The definition that it runs."""
        return self.compiled.definition

    @property
    def state(self) -> str:
        """The state that it is in, in its own flow."""
        return self.root.state

    @property
    def input(self) -> Json:
        """What it was started with."""
        return self.root.scope.get("input")

    @property
    def executions(self) -> Executions:
        """Every step so far by state, region and execution, in the order in which they began."""
        return Executions(self.steps)

    @property
    def latest(self) -> dict[tuple[str, str], Execution]:
        """The latest step by state and region, in the order in which their places were first entered."""
        return self.executions.latest_of_each()

    @property
    def done(self) -> list[Execution]:
        """The steps that were, or may have been, completed, in that order."""
        return self.executions.done()

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
        if self.extras is not None and self.callback_errors:
            errors, self.callback_errors = self.callback_errors, ()
            raise CallbackError(self, commands, errors) from errors[0]
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
        machine = self.compiled.lifecycles.saga
        try:
            self.status = machine.shortcuts.moves[trigger][self.status]
        except KeyError:
            machine.events[trigger].trigger(self, self)

    def fire_step(self, execution: Execution, trigger: str) -> None:
        """Move a step's lifecycle on."""
        machine = self.compiled.lifecycles.step
        try:
            execution.status = machine.shortcuts.moves[trigger][execution.status]
        except KeyError:
            machine.events[trigger].trigger(execution, self, execution)

    def move(self, cursor: Cursor, trigger: str) -> None:
        """Move on in a flow."""
        machine = cursor.machine
        try:
            cursor.state = machine.shortcuts.moves[trigger][cursor.state]
        except KeyError:
            machine.events[trigger].trigger(cursor, self)

    def note_callback_error(self, error: Exception) -> None:
        """Keep what a callback has raised until the event has been taken."""
        self.callback_errors = (*self.callback_errors, error)

    go_on = forward.go_on
    drive = forward.drive
    arrive = forward.arrive

    def new_execution(self, cursor: Cursor, plan: StepPlan) -> Execution:
        """Begin a step in the cursor's state."""
        name, region = plan.name, cursor.region
        place = f"{name}/{region}" if region else name
        first = self.steps.get(place)
        if first is None:
            execution = self.steps[place] = Execution(plan, cursor, 1, self.now)
        else:
            execution = Execution(plan, cursor, (first.latest or first).number + 1, self.now)
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

    def note_done(self, execution: Execution) -> None:
        """Put the step last in the order in which steps were, or may have been, completed."""
        self._times_done += 1
        execution.done_at = self._times_done
        if execution.status == "completed":
            execution.shrink()

    def keep_signal(self, name: str, payload: Json) -> None:
        """Keep a signal for whatever will wait for it."""
        if self.signals is _NO_SIGNALS:
            self.signals = {}
        self.signals.setdefault(name, []).append(payload)

    def take_signal(self, name: str) -> tuple[Json] | None:
        """Consume one signal of this name and return its payload in a tuple, if one has come."""
        queue = self.signals.get(name)
        return (queue.pop(0),) if queue else None

    def finish(self) -> None:
        """Say that the saga has come to rest in its present status."""
        self.cancel_timer(SAGA_TIMER)
        if self.extras is not None and self.locks and self.status in SAGA.final:
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
