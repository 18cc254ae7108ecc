"""What a machine wants done: derived from events, handed to the host, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.machine.events import Failure, setters

SAGA_TIMER = "saga"
"""The id of the timer that carries the definition's `timeout`."""

FinalStatus: TypeAlias = Literal["completed", "compensated", "compensation_failed", "failed"]


@dataclass(frozen=True, slots=True, init=False)
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
        region: Which item of a map, or "".
        callback: Whether the answer only says that the job was taken, and the outcome is reported later.
    """

    state: str
    execution: int
    attempt: int
    service: str
    action: str
    payload: Json
    key: str
    timeout: float
    region: str = ""
    callback: bool = False

    def __init__(
        self,
        state: str,
        execution: int,
        attempt: int,
        service: str,
        action: str,
        payload: Json,
        key: str,
        timeout: float,
        region: str = "",
        callback: bool = False,
    ) -> None:
        (
            put_state, put_execution, put_attempt, put_service, put_action,
            put_payload, put_key, put_timeout, put_region, put_callback,
        ) = _invoke  # fmt: skip
        put_state(self, state)
        put_execution(self, execution)
        put_attempt(self, attempt)
        put_service(self, service)
        put_action(self, action)
        put_payload(self, payload)
        put_key(self, key)
        put_timeout(self, timeout)
        put_region(self, region)
        put_callback(self, callback)


_invoke = setters(Invoke)


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
    region: str = ""


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start another saga, and report `StepSucceeded` with its output once it has completed.

    Report `StepFailed` with its error once it has been compensated. `child_id` is the same at every replay, so that
    a child is started once.
    """

    state: str
    execution: int
    attempt: int
    saga: str
    version: str | None
    input: Json
    child_id: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class CompensateChild:
    """Undo the other saga, however far it has come; reported as `Compensate` is."""

    state: str
    execution: int
    attempt: int
    child_id: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class AcquireLocks:
    """Take all these semantic locks at once, in this (sorted) order, and report `LocksAcquired`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseLocks:
    """The saga is final and needs its locks no longer."""

    names: tuple[str, ...]


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


Command: TypeAlias = (
    Invoke | Compensate | StartChild | CompensateChild | StartTimer | CancelTimer | AcquireLocks | ReleaseLocks | Finish
)
