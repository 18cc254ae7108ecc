"""A run told as it happens, line by line, and its table at the end."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sagadsl.cli.formats import printable
from sagadsl.cli.story_of_people import signed, told
from sagadsl.language.durations import format_duration
from sagadsl.machine.commands import (
    SAGA_TIMER,
    Command,
    Compensate,
    CompensateChild,
    Finish,
    Invoke,
    StartChild,
    StartTimer,
)
from sagadsl.machine.events import Event, Failure, SagaStarted, SagaTimedOut, SignalReceived, TimerFired
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga
from sagadsl.runtime.observe.masking import Mask, is_private
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

_LONG = 600.0
_MINUTE = 60.0

STATUS_STYLES = {
    "completed": "green",
    "compensated": "magenta",
    "compensation_failed": "bold red",
    "failed": "red",
    "pending": "dim",
    "skipped": "dim",
}


Words: TypeAlias = tuple[str, str, str]
"""The mark, the subject and the text of a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when (seconds since the saga's start), a mark of `STYLES`, to what, and how."""

    at: float
    mark: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{_took(self.at):>10}  {self.mark} {self.subject:<24} {self.text}".rstrip()


def _took(seconds: float) -> str:
    """Return milliseconds while they matter, and a duration that can be read when they do not."""
    return f"{seconds:.3f}s" if seconds < _LONG else format_duration(round(seconds))


class Teller:
    """Tells a saga as it goes: what an event has changed, and then what is done because of it.

    The first saga that it tells is the one that the story is about. Others are those that it runs, directly or not:
    they go by the same clock, and their lines say which of them it is.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[str, int, int]] = {}
        self._first: Saga | None = None

    def tell(self, saga: Saga, event: Event, commands: Sequence[Command]) -> Iterator[Line]:
        """Return the lines for an event that the saga has just taken."""
        first = self._first = self._first or saga
        at = event.at - (first.started_at or event.at)
        happened = _happened(saga, event)
        said = [happened] if happened is not None else []
        said += self._changes(saga)
        said += [line for line in (_ordered(saga, each) for each in commands) if line is not None]
        if is_private(saga):
            mask = Mask.of(saga)
            said = [(mark, subject, mask.text(text)) for mark, subject, text in said]
        if saga.id != first.id:
            said += _needs_a_person(saga, commands)
            inside = f"{saga.id.removeprefix(f'{first.id}/')} > "
            said = [(mark, inside + subject, text) for mark, subject, text in said]
        return (Line(at, *words) for words in said)

    def _changes(self, saga: Saga) -> Iterator[Words]:
        """Return what became of steps since the last event, what is inside a parallel or a map before that itself."""
        inside_first = sorted(saga.executions.values(), key=lambda execution: execution.regions is not None)
        around = [execution for execution in inside_first if execution.regions is not None]
        for execution in (*inside_first[: len(inside_first) - len(around)], *reversed(around)):
            now = (execution.status, execution.attempts.number, execution.undo_attempts.number)
            before = self._known.get((saga.id, execution.label), ("pending", 0, 0))
            if now != before:
                self._known[saga.id, execution.label] = now
                yield from _became(execution, before)


def _became(execution: Execution, before: tuple[str, int, int]) -> Iterator[Words]:
    status, label, failure = execution.status, execution.label, execution.failure
    tried_again = execution.attempts.number > before[1] > 0
    undone_at_once = before[0] == "running" and status in {"compensating", "compensation_failed"}
    if failure is not None and (
        status in {"failed", "retrying"} or undone_at_once or (tried_again and before[0] == "running")
    ):
        yield "✗", label, _failure(failure, in_doubt=execution.in_doubt)
        if execution.awaits is not None:
            yield "…", label, f"waits for the signal {execution.awaits}"
    elif status == "completed" or (undone_at_once and failure is None):
        yield "✓", label, ""
    elif status == "skipped":
        yield "·", label, "skipped"
    elif status == "waiting" and before[0] != "waiting":
        if execution.awaits is not None:
            yield "…", label, f"waits for the signal {execution.awaits}"
    elif status == "compensated":
        yield "↶", label, "undone"
    undo_failed = execution.undo_failure is not None and before[0] == "compensating"
    if undo_failed and status in {"compensation_failed", "compensating"}:
        yield "✗", label, f"not undone: {_failure(execution.undo_failure)}"


def _needs_a_person(saga: Saga, commands: Sequence[Command]) -> Iterator[Words]:
    """Yield that somebody has to decide about a saga, for which the one around it may wait."""
    if any(isinstance(each, Finish) for each in commands) and saga.status in {"failed", "compensation_failed"}:
        yield "⚡", saga.definition.name, f"needs a person: `sagadsl dead-letters {shlex.quote(saga.id)}`"


def _happened(saga: Saga, event: Event) -> Words | None:
    match event:
        case SagaStarted():
            return "·", saga.definition.name, f"version {event.version}, saga {saga.id}"
        case SagaTimedOut():
            return "⚡", saga.definition.name, f"took longer than {format_duration(saga.definition.timeout or 0)}"
        case SignalReceived():
            return "⚡", event.name, printable(f"signal received{signed(event)}")
        case TimerFired(timer_id=timer_id) if "/signal/" in timer_id:
            return "⚡", timer_id.partition("/")[0], "the signal did not come in time"
    decided = told(event)
    return ("⚡", saga.definition.name, decided) if decided else None


def _ordered(saga: Saga, command: Command) -> Words | None:
    match command:
        case Invoke():
            return "→", _label(command), f"{command.service}.{command.action}{_attempt(command.attempt)}"
        case Compensate():
            return "↩", _label(command), f"{command.service}.{command.action}{_attempt(command.attempt)}"
        case StartChild():
            return "→", _label(command), f"saga {command.saga}"
        case CompensateChild():
            return "↩", _label(command), f"saga {command.child_id}"
        case StartTimer(timer_id=timer_id) if timer_id != SAGA_TIMER:
            label, _, purpose = timer_id.rpartition("/")[0].rpartition("/")
            for_signal = timer_id in saga.timers and saga.timers[timer_id][1].awaits is not None
            told = _WAITS.get("signal" if for_signal else purpose, "at most")
            return "…", label.removesuffix("/compensate"), f"{told} {_delay(command.delay)}"
    return None


def _delay(seconds: float) -> str:
    """Return a delay that can be read: of one that was counted from an instant, some milliseconds have gone."""
    return format_duration(round(seconds, 3 if seconds < _MINUTE else 0))


_WAITS = {"retry": "again in", "signal": "waits for its signal, at most", "wait": "waits", "report": "waits, at most"}


def _label(command: Invoke | Compensate | StartChild | CompensateChild) -> str:
    place = f"{command.state}/{command.region}" if command.region else command.state
    return place if command.execution == 1 else f"{place}:{command.execution}"


def _attempt(number: int) -> str:
    return "" if number == 1 else f"  attempt {number}"


def _failure(failure: Failure | None, *, in_doubt: bool = False) -> str:
    """Return a failure for people; `in_doubt` says that this attempt or one before it may have taken place."""
    if failure is None:
        return ""
    said = f"{failure.code}: {failure.message}" if failure.message else failure.code
    said = "".join(character if character.isprintable() else " " for character in said)
    if failure.in_doubt:
        return f"{said} (in doubt)"
    return f"{said} (an earlier attempt is in doubt)" if in_doubt else said


def summary(outcome: Outcome) -> Iterator[str]:
    """Return the last lines: what became of the saga and why, and what a person can do if one has to."""
    why = "" if outcome.error is None else f", because of {_failure(outcome.error)}"
    where = f" at {outcome.error_state}" if outcome.error is not None and outcome.error_state else ""
    yield f"{outcome.status}{where}{why}"
    stuck = ", ".join(_step_label(step) for step in outcome.steps if step.status == "compensation_failed")
    if outcome.status == "compensation_failed":
        yield f"not undone: {stuck}; a person has to retry, or to undo it by hand and resolve it"
    elif outcome.status == "failed" and all(step.status != "failed" for step in outcome.steps):
        yield "what was done stays done; no step can be called again or skipped: a person has to resolve it as a whole"
    elif outcome.status == "failed":
        yield "what was done stays done; a person has to retry the saga, or to resolve or skip the step"


def table(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Return the table of steps line by line, each with the status that it is about."""
    cells = [("state", "status", "attempts", "duration", "error"), *_rows(outcome)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), row[1]


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    for step in outcome.steps:
        label = _step_label(step)
        took = "" if step.duration is None else _took(step.duration)
        in_doubt = step.in_doubt and step.status != "compensation_failed"  # of that, the error is the compensation's
        yield label, step.status, _attempts(step), took, _failure(step.error, in_doubt=in_doubt)


def _step_label(step: StepReport) -> str:
    place = f"{step.state}/{step.region}" if step.region else step.state
    return place if step.execution == 1 else f"{place}:{step.execution}"


def _attempts(step: StepReport) -> str:
    if not step.attempts:
        return ""
    undo = f" + {step.compensation_attempts} undo" if step.compensation_attempts else ""
    return f"{step.attempts}{undo}"
