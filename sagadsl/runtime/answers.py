"""From what became of a call to the event that says so."""

from __future__ import annotations

from typing import TypeAlias

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Compensate, CompensateChild, Invoke, StartChild
from sagadsl.machine.events import CompensationFailed, CompensationSucceeded, Event, Failure, StepFailed, StepSucceeded

Call: TypeAlias = Invoke | Compensate | StartChild | CompensateChild


def answered(command: Call, answer: Json | Failure) -> Event:
    """Return the event that says what became of a call: its answer, or why it failed."""
    if isinstance(answer, Failure):
        return failed(command, answer)
    if isinstance(command, Invoke | StartChild):
        return StepSucceeded(command.state, command.attempt, answer, command.execution, command.region)
    return CompensationSucceeded(command.state, command.attempt, command.execution, command.region)


def failed(command: Call, failure: Failure) -> Event:
    """Return the event that says that a call failed."""
    kind = StepFailed if isinstance(command, Invoke | StartChild) else CompensationFailed
    return kind(command.state, command.attempt, failure, command.execution, command.region)
