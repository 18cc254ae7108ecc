"""The events of a run told to people, a line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sagadsl.diagrams.marking import span
from sagadsl.diagrams.text import clean
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


def tell(event: Event, began: float, *, private: bool) -> str:
    """Return what happened, and how long after the saga's start.

    What services answered and what signals brought is not told: a page is passed on.

    Args:
        event: The event.
        began: When the saga started, in the events' own seconds.
        private: Whether to leave out the messages of errors and people's reasons as well, which may repeat what is
            sensitive.
    """
    told = _without_words(event) if private else event
    return clean(f"after {span(event.at - began)}: {_WORDS[type(event)](told)}")


def _without_words(event: Any) -> Any:
    """Return the event without what people and services have said in their own words."""
    if getattr(event, "error", None) is not None:
        event = replace(event, error=replace(event.error, message=""))
    return replace(event, why="") if getattr(event, "why", "") else event


def _place(event: Any) -> str:
    """Return the step's name, with the item of a map and the round of a cycle."""
    inside = f"/{event.region}" if event.region else ""
    again = getattr(event, "execution", 1)
    return f"{event.state}{inside}" + (f":{again}" if again > 1 else "")


def _why(failure: Failure) -> str:
    doubt = ", and it may have happened all the same" if failure.in_doubt else ""
    return f"{failure.code}{doubt}" + (f": {failure.message}" if failure.message else "")


def _attempt(event: Any) -> str:
    return "" if event.attempt == 1 else f" at attempt {event.attempt}"


def _person(event: Any) -> str:
    who = f" by {event.by}" if event.by else " by hand"
    return f"{who} ({event.why})" if event.why else who


_WORDS: Mapping[type[Any], Callable[[Any], str]] = {
    SagaStarted: lambda event: f"{event.name} {event.version} started",
    LocksAcquired: lambda _: "the locks were taken",
    StepSucceeded: lambda event: f"{_place(event)} succeeded{_attempt(event)}",
    StepFailed: lambda event: f"{_place(event)} failed{_attempt(event)}, {_why(event.error)}",
    CompensationSucceeded: lambda event: f"{_place(event)} was undone{_attempt(event)}",
    CompensationFailed: lambda event: f"{_place(event)} could not be undone{_attempt(event)}, {_why(event.error)}",
    TimerFired: lambda event: f"the timer {event.timer_id} ran out",
    SignalReceived: lambda event: f"the signal {event.name} came",
    SagaTimedOut: lambda _: "the saga's time was over",
    RetryRequested: lambda event: f"trying again was asked for{_person(event)}",
    CompensationRequested: lambda event: (
        "undoing was asked for" + (" by the saga that runs this one" if event.parent else _person(event))
    ),
    StepResolved: lambda event: f"{_place(event)} was settled{_person(event)}",
    StepSkipped: lambda event: f"{_place(event)} was skipped{_person(event)}",
}
