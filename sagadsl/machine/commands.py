"""What a machine wants done: derived from events, handed to the host, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.machine.events import Failure

SAGA_TIMER = "saga"
"""The id of the timer that carries the definition's `timeout`."""

FinalStatus: TypeAlias = Literal["completed", "compensated", "compensation_failed", "failed"]


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call an action, and report `StepSucceeded` or `StepFailed` for this state, attempt and execution.

    Args:
        state: The state that calls.
        execution: 1 the first time the saga enters the state, then 2, 3, …
        attempt: From 1; it goes on counting when a failed saga is retried.
        service: Whom to call.
        action: What to call.
        payload: With what.
        key: The idempotency key, the same for every attempt.
        timeout: Seconds after which the host reports a `Timeout` that is in doubt.
    """

    state: str
    execution: int
    attempt: int
    service: str
    action: str
    payload: Json
    key: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Compensate:
    """Undo: as `Invoke`, reported as `CompensationSucceeded` or `CompensationFailed`.

    `undoes` is the idempotency key of the action that is to be undone.
    """

    state: str
    execution: int
    attempt: int
    service: str
    action: str
    payload: Json
    key: str
    timeout: float
    undoes: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Report the timer's event (`Saga.timer_event`) in `delay` seconds, which is at the instant `due`."""

    timer_id: str
    delay: float
    due: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """The timer is no longer wanted; an event of it would be out of place."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The saga has come to rest: for good, or in a state that waits for a person."""

    status: FinalStatus
    output: Json = None
    error: Failure | None = None
    state: str | None = None


Command: TypeAlias = Invoke | Compensate | StartTimer | CancelTimer | Finish
