"""All that can happen next to a saga: every outcome of what is outstanding, and what people can do.

Time is left out: whichever timers run, any of them may be the first to run out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sagadsl.language.definition import Definition, Task
from sagadsl.machine.commands import (
    SAGA_TIMER,
    AcquireLocks,
    Compensate,
    CompensateChild,
    Invoke,
    StartChild,
    StartTimer,
)
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Event,
    LocksAcquired,
    RetryRequested,
    SagaTimedOut,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
    TimerFired,
)
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.failures import Failures, Way
from sagadsl.machine.verification.oracle import Unknown


@dataclass(frozen=True, slots=True)
class Possibility:
    """Something that can happen.

    Args:
        event: It.
        words: It, as a sentence without its full stop.
        step: The step that it is about, or `None` where it is about the saga as a whole.
        smooth: Whether it is what happens when all goes well.
        asked: Whether a person asks for it, so that the saga may refuse.
        late: Whether it comes too late, and has to change nothing.
        way: How the step's action fails, if that is what happens.
    """

    event: Event
    words: str
    step: Execution | None = None
    smooth: bool = False
    asked: bool = False
    late: bool = False
    way: Way | None = None

    @property
    def is_decision(self) -> bool:
        """Whether a person decides about a step that has failed."""
        return self.asked and self.step is not None

    @property
    def cursor(self) -> Cursor | None:
        """The region in which it happens."""
        return None if self.step is None else self.step.cursor


@dataclass(frozen=True, slots=True)
class World:
    """What surrounds the sagas of one definition.

    Args:
        definition: The definition.
        failures: How its actions can fail.
        is_child: Whether another saga may run it, and then have it undone although it has completed.
    """

    definition: Definition
    failures: Failures
    is_child: bool = False

    def possibilities(self, saga: Saga, *, decided: bool = False) -> Iterator[Possibility]:
        """Yield everything that can happen to a saga that has been started.

        Args:
            saga: The saga.
            decided: Whether a person has decided about one of its steps while it ran; nobody does so twice.
        """
        yield from self.by_itself(saga)
        yield from self._requests(saga)
        if not (decided and saga.status == "running"):
            yield from _decisions(saga)
        yield from _late(saga)

    def by_itself(self, saga: Saga) -> Iterator[Possibility]:
        """Yield what can happen without a person's asking for it, as long as nothing comes too late."""
        for command in saga.outstanding.values():
            match command:
                case Invoke() | StartChild():
                    yield from self._outcomes(_step(saga, command), command)
                case Compensate() | CompensateChild():
                    yield from self._undo_outcomes(_step(saga, command), command)
                case AcquireLocks():
                    yield Possibility(LocksAcquired(), "The locks are granted", smooth=True)
                case StartTimer(timer_id=timer_id):
                    yield _rings(saga, timer_id)
        for execution in saga.executions.values():
            if execution.status == "waiting" and _is_callback(execution):
                yield from self._reports(execution)
        yield from _signals(saga)

    def _outcomes(self, step: Execution, command: Invoke | StartChild) -> Iterator[Possibility]:
        answer = _output(step)
        done = StepSucceeded(step.name, command.attempt, answer, step.number, step.region)
        callback = isinstance(command, Invoke) and command.callback
        words = f"{step.place} takes the job" if callback else f"{step.place} succeeds"
        yield Possibility(done, words, step, smooth=True)
        for way in self.failures.of_action(step.name):
            event = StepFailed(step.name, command.attempt, way.failure, step.number, step.region)
            yield Possibility(event, f"{step.place} {way.words}", step, way=way)
        if callback:
            yield from self._reports(step)

    def _reports(self, step: Execution) -> Iterator[Possibility]:
        """Yield what may be reported of a step whose job somebody has taken."""
        place, attempt = step.place, step.attempts.number
        done = StepSucceeded(step.name, attempt, _output(step), step.number, step.region, reported=True)
        yield Possibility(done, f"It is reported that {place} has succeeded", step, smooth=True)
        for way in self.failures.of_action(step.name):
            if not way.failure.in_doubt:
                event = StepFailed(step.name, attempt, way.failure, step.number, step.region, reported=True)
                yield Possibility(event, f"It is reported that {place} {way.words}", step, way=way)

    def _undo_outcomes(self, step: Execution, command: Compensate | CompensateChild) -> Iterator[Possibility]:
        done = CompensationSucceeded(step.name, command.attempt, step.number, step.region)
        yield Possibility(done, f"{step.place} is undone", step, smooth=True)
        for way in self.failures.of_undo(step.name):
            event = CompensationFailed(step.name, command.attempt, way.failure, step.number, step.region)
            yield Possibility(event, f"The undoing of {step.place} {way.words}", step, way=way)

    def _requests(self, saga: Saga) -> Iterator[Possibility]:
        """Yield what people may ask for, and the saga that runs this one."""
        if saga.status in {"created", "running", "failed"}:
            yield Possibility(CompensationRequested(), "A person has the saga undone", asked=True)
        if saga.status == "completed" and self.is_child:
            words = "The saga that has run this one is undone, and has this one undone"
            yield Possibility(CompensationRequested(parent=True), words, asked=True)
        if saga.status in {"failed", "compensation_failed"}:
            yield Possibility(RetryRequested(), "A person has the saga tried again", asked=True)


def _decisions(saga: Saga) -> Iterator[Possibility]:
    """Yield what a person may decide about steps that have failed, or that could not be undone."""
    wanted = {"running": "failed", "failed": "failed", "compensation_failed": "compensation_failed"}
    for step in saga.executions.values():
        if step.status == wanted.get(saga.status) and step is saga.executions.latest(step.name, step.region):
            yield from _decisions_about(step)


def _decisions_about(step: Execution) -> Iterator[Possibility]:
    undoing = step.status == "compensation_failed"
    words = f"A person says that {step.place} has been {'undone' if undoing else 'done'} by hand"
    event = StepResolved(step.name, _output(step), region=step.region)
    yield Possibility(event, words, None if undoing else step, asked=True)
    if not undoing:
        skip = StepSkipped(step.name, region=step.region)
        yield Possibility(skip, f"A person has the saga go on without {step.place}", step, asked=True)


def _step(saga: Saga, command: Invoke | StartChild | Compensate | CompensateChild) -> Execution:
    return saga.executions[command.state, command.region, command.execution]


def _output(step: Execution) -> Unknown:
    return Unknown(f"output of {step.label}")


def _is_callback(step: Execution) -> bool:
    return isinstance(step.state, Task) and step.state.callback


def _rings(saga: Saga, timer_id: str) -> Possibility:
    if timer_id == SAGA_TIMER:
        return Possibility(SagaTimedOut(), "The time of the whole saga is over")
    step = saga.timers[timer_id][1]
    purpose = timer_id.removeprefix(f"{step.label}/").split("/")
    told, smooth = _TIMERS[purpose[0]]
    smooth = smooth and step.awaits is None
    told = "does not get its signal in time" if purpose[0] == "wait" and step.awaits else told
    return Possibility(TimerFired(timer_id), f"{step.place} {told}", step, smooth)


_TIMERS = {
    "timeout": ("takes too long, so nobody knows what becomes of it", False),
    "report": ("gets no report in time, so nobody knows whether it happened", False),
    "retry": ("is tried again", True),
    "compensate": ("is tried again to be undone", True),
    "signal": ("does not get its signal in time", False),
    "wait": ("has waited long enough", True),
}
"""What a step's timer says when it runs out, by the purpose in its id, and whether all is well then."""


def _signals(saga: Saga) -> Iterator[Possibility]:
    """Yield each signal once where it is waited for, and once before that; a second one in advance adds nothing."""
    if saga.status != "running" or not saga.compiled.signals:
        return
    waiting: dict[str, Execution] = {}
    for step in saga.latest.values():
        if step.awaits is not None:
            waiting.setdefault(step.awaits, step)
    for name in sorted(saga.compiled.signals):
        first = waiting.get(name)
        event = SignalReceived(name, Unknown(f"signal {name} at {first.label if first else 'an early time'}"))
        if first is not None:
            yield Possibility(event, f"The signal {name} arrives", first, smooth=True)
        elif not saga.signals.get(name):
            yield Possibility(event, f"The signal {name} arrives before anybody waits for it")


def _late(saga: Saga) -> Iterator[Possibility]:
    """Yield the results of attempts that have been given up."""
    for step in saga.executions.values():
        for attempt in sorted(step.attempts.abandoned):
            done = StepSucceeded(step.name, attempt, None, step.number, step.region)
            yield Possibility(done, f"{step.place} answers too late", step, late=True)
        for attempt in sorted(step.undo_attempts.abandoned):
            undone = CompensationSucceeded(step.name, attempt, step.number, step.region)
            yield Possibility(undone, f"The undoing of {step.place} answers too late", step, late=True)
