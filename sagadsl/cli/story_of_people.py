"""What people have decided about a saga, in words: what, by whom, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.cli.formats import printable
from sagadsl.machine.events import (
    CompensationRequested,
    RetryRequested,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)

if TYPE_CHECKING:
    from sagadsl.machine.events import Event


def told(event: Event) -> str:
    """Return what somebody has decided; empty for an event that is nobody's decision."""
    match event:
        case RetryRequested():
            what = "retry"
        case CompensationRequested():
            what = "compensate"
        case StepResolved():
            what = f"resolve {_place(event)}"
        case StepSkipped():
            what = f"skip {_place(event)}"
        case SignalReceived():
            what = f"signal {event.name}"
        case StepSucceeded(reported=True) | StepFailed(reported=True):
            what = f"report {_place(event)}"
        case _:
            return ""
    return printable(f"{what}{signed(event)}")


def signed(event: Event) -> str:
    """Return by whom an event was brought about, and why; empty where nobody said so."""
    by, why = getattr(event, "by", ""), getattr(event, "why", "")
    return (f" by {by}" if by else "") + (f": {why}" if why else "")


def _place(event: StepResolved | StepSkipped | StepSucceeded | StepFailed) -> str:
    return f"{event.state}/{event.region}" if event.region else event.state
