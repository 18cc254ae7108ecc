"""A run told as it happens, line by line, and its table at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sagadsl.language.durations import format_duration
from sagadsl.machine.commands import SAGA_TIMER, Command, Compensate, Invoke, StartTimer
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationSucceeded,
    Event,
    Failure,
    SagaStarted,
    SagaTimedOut,
    SignalReceived,
    StepFailed,
    StepSucceeded,
)
from sagadsl.machine.saga import Saga
from sagadsl.runtime.outcome import Outcome, StepReport

STYLES = {
    "→": "cyan",
    "✓": "green",
    "✗": "red",
    "↩": "magenta",
    "↶": "green",
    "…": "dim",
    "⚡": "yellow",
    "·": "dim",
}
"""The mark at the head of a line, and its colour on a terminal."""

STATUS_STYLES = {
    "completed": "green",
    "compensated": "magenta",
    "compensation_failed": "bold red",
    "failed": "red",
    "pending": "dim",
    "skipped": "dim",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when (seconds since the saga's start), a mark of `STYLES`, to what, and how."""

    at: float
    mark: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.at:9.3f}s  {self.mark} {self.subject:<24} {self.text}".rstrip()


def lines(saga: Saga, event: Event, commands: Sequence[Command]) -> Iterator[Line]:
    """Tell an event, and what follows from it."""
    at = event.at - saga.started_at
    told = _happened(saga, event)
    if told is not None:
        yield Line(at, *told)
    for command in commands:
        said = _ordered(command)
        if said is not None:
            yield Line(at, *said)


def _happened(saga: Saga, event: Event) -> tuple[str, str, str] | None:
    match event:
        case SagaStarted():
            return "·", saga.definition.name, f"version {event.version}, saga {saga.id}"
        case StepSucceeded():
            execution = saga.executions[event.state, event.execution]
            if execution.failure is not None and execution.status != "completed":
                return "✗", execution.label, _failure(execution.failure)
            return "✓", execution.label, ""
        case StepFailed():
            return "✗", saga.executions[event.state, event.execution].label, _failure(event.error)
        case CompensationSucceeded():
            return "↶", saga.executions[event.state, event.execution].label, "undone"
        case CompensationFailed():
            label = saga.executions[event.state, event.execution].label
            return "✗", label, f"not undone: {_failure(event.error)}"
        case SagaTimedOut():
            return (
                "⚡",
                saga.definition.name,
                f"took longer than {format_duration(saga.definition.timeout or 0)}",
            )
        case SignalReceived():
            return "⚡", event.name, "signal received"
    return None


def _ordered(command: Command) -> tuple[str, str, str] | None:
    match command:
        case Invoke():
            return "→", _label(command), f"{command.service}.{command.action}{_attempt(command.attempt)}"
        case Compensate():
            return "↩", _label(command), f"{command.service}.{command.action}{_attempt(command.attempt)}"
        case StartTimer(timer_id=timer_id) if timer_id != SAGA_TIMER:
            what = "waits for its signal, at most" if "/signal/" in timer_id else "again in"
            return "…", timer_id.partition("/")[0], f"{what} {format_duration(round(command.delay, 3))}"
    return None


def _label(command: Invoke | Compensate) -> str:
    return command.state if command.execution == 1 else f"{command.state}:{command.execution}"


def _attempt(number: int) -> str:
    return "" if number == 1 else f"  attempt {number}"


def _failure(failure: Failure) -> str:
    said = f"{failure.code}: {failure.message}" if failure.message else failure.code
    return f"{said} (in doubt)" if failure.in_doubt else said


def summary(outcome: Outcome) -> str:
    """Return the last line: what became of the saga, and why."""
    if outcome.error is None:
        return outcome.status
    where = f" at {outcome.error_state}" if outcome.error_state else ""
    return f"{outcome.status}, because of {_failure(outcome.error)}{where}"


def table(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Return the table of steps line by line, each with the status that it is about."""
    cells = [("state", "status", "attempts", "duration", "error"), *_rows(outcome)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), row[1]


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    for step in outcome.steps:
        label = step.state if step.execution == 1 else f"{step.state}:{step.execution}"
        took = "" if step.duration is None else f"{step.duration:.3f}s"
        yield label, step.status, _attempts(step), took, _failure(step.error) if step.error else ""


def _attempts(step: StepReport) -> str:
    if not step.attempts:
        return ""
    undo = f" + {step.compensation_attempts} undo" if step.compensation_attempts else ""
    return f"{step.attempts}{undo}"
