"""What people decide about a saga, as the events that say so.

Each function returns what makes the event from the saga as it is when the event reaches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.jsondata import as_json
from sagadsl.machine.events import (
    CompensationRequested,
    Event,
    Failure,
    RetryRequested,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)
from sagadsl.machine.saga import Saga

Make: TypeAlias = Callable[[Saga], Event]
"""Makes the event that a request is, from the saga as it is."""


def retry(by: str = "", why: str = "") -> Make:
    """Try a failed saga, or failed compensations, again."""
    return lambda _: RetryRequested(by, why)


def compensate(by: str = "", why: str = "") -> Make:
    """Undo a saga that has not passed its pivot."""
    return lambda _: CompensationRequested(by, why)


def resolve(state: str, output: Json = None, by: str = "", why: str = "", region: str = "") -> Make:
    """Say that what a step, or its compensation, could not do has been done by hand."""
    event = StepResolved(state, as_json(output), by, why, region)
    return lambda _: event


def skip(state: str, by: str = "", why: str = "", region: str = "") -> Make:
    """Let the saga go on without a failed step."""
    return lambda _: StepSkipped(state, by, why, region)


def signal(name: str, payload: Json = None, by: str = "", why: str = "") -> Make:
    """Send a signal."""
    event = SignalReceived(name, as_json(payload), by, why)
    return lambda _: event


def report(
    state: str,
    output: Json = None,
    error: Failure | None = None,
    by: str = "",
    why: str = "",
    region: str = "",
) -> Make:
    """Give the outcome of a `callback` step: its output, or why it failed."""
    answer = {} if output is None else as_json(output)

    def make(saga: Saga) -> Event:
        execution = saga.executions.latest(state, region)
        attempt, number = (0, 1) if execution is None else (execution.attempt, execution.number)
        if error is not None:
            return StepFailed(state, attempt, error, number, region, True, by, why)
        return StepSucceeded(state, attempt, answer, number, region, True, by, why)

    return make
