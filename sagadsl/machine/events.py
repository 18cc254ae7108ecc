"""Facts that happened to a saga: what goes into the machine, and all that is ever stored.

Every event carries its sequence number in its saga (`seq`, from 1) and the time at which the host recorded it
(`at`, seconds since 1970 in UTC). A host stamps an event as it records it; `seq` 0 means "not stamped", which
`Saga.apply` takes to be the next one. A step is named by its `state`, by its `execution` (1 the first time the saga
enters the state, then 2, 3, …) and, inside maps, by its `region`: the index of the item, or `2/0` in a map in a map.
`EVENTS` is the whole vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeAlias

from sagadsl.language.definition import Json

TIMEOUT = "Timeout"
UNAVAILABLE = "Unavailable"
INVALID_PAYLOAD = "InvalidPayload"
CANCELLED = "Cancelled"
NO_CHOICE = "NoChoice"


def setters(kind: Any) -> tuple[Callable[[Any, Any], None], ...]:
    """Return what sets the fields of a frozen dataclass with slots, in order.

    There is a `StepSucceeded` and an `Invoke` for every step of every saga. Their `__init__`s call these, which takes
    half the time of `object.__setattr__`, with which those of other frozen dataclasses look up each field by name.
    """
    return tuple(getattr(kind, field.name).__set__ for field in fields(kind))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed.

    Args:
        code: The error code that `retry`, `catch` and `fail_when` speak of.
        message: For people.
        retryable: Whether trying again makes sense.
        in_doubt: Whether the action may have taken place all the same, as after a time-out.
        retry_after: Seconds for which whoever failed asks to be left alone: the next attempt comes no sooner.
    """

    code: str
    message: str = ""
    retryable: bool = True
    in_doubt: bool = False
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What every event carries besides its own fields; see the head of this file."""

    seq: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class SagaStarted(Stamp):
    """A saga begins: its checked `input`, the `sensitive` paths of it as a saga around it names them, and its text."""

    input: Json
    name: str
    version: str
    hash: str
    sensitive: Json = None  # for the saga around it: lists of names, as ["input", "card"]


@dataclass(frozen=True, slots=True)
class LocksAcquired(Stamp):
    """The saga holds all the locks that it asked for."""


@dataclass(frozen=True, slots=True, init=False)
class StepSucceeded(Stamp):
    """An attempt of a state's action was answered; or, `reported`, a `callback` step's outcome came from outside."""

    state: str
    attempt: int
    output: Json = None
    execution: int = 1
    region: str = ""
    reported: bool = False
    by: str = ""
    why: str = ""

    def __init__(
        self,
        state: str,
        attempt: int,
        output: Json = None,
        execution: int = 1,
        region: str = "",
        reported: bool = False,
        by: str = "",
        why: str = "",
        *,
        seq: int = 0,
        at: float = 0.0,
    ) -> None:
        (
            put_seq, put_at, put_state, put_attempt, put_output,
            put_execution, put_region, put_reported, put_by, put_why,
        ) = _succeeded  # fmt: skip
        put_seq(self, seq)
        put_at(self, at)
        put_state(self, state)
        put_attempt(self, attempt)
        put_output(self, output)
        put_execution(self, execution)
        put_region(self, region)
        put_reported(self, reported)
        put_by(self, by)
        put_why(self, why)


_succeeded = setters(StepSucceeded)


@dataclass(frozen=True, slots=True)
class StepFailed(Stamp):
    """An attempt of a state's action failed, or its outcome is unknown (`error.in_doubt`)."""

    state: str
    attempt: int
    error: Failure
    execution: int = 1
    region: str = ""
    reported: bool = False
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class CompensationSucceeded(Stamp):
    """An attempt of a state's compensation was answered."""

    state: str
    attempt: int
    execution: int = 1
    region: str = ""


@dataclass(frozen=True, slots=True)
class CompensationFailed(Stamp):
    """An attempt of a state's compensation failed."""

    state: str
    attempt: int
    error: Failure
    execution: int = 1
    region: str = ""


@dataclass(frozen=True, slots=True)
class TimerFired(Stamp):
    """A timer that the machine asked for ran out; the saga's own time-out is `SagaTimedOut`."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class SignalReceived(Stamp):
    """Somebody outside sent a signal to this saga."""

    name: str
    payload: Json = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class SagaTimedOut(Stamp):
    """The definition's `timeout` has passed."""


@dataclass(frozen=True, slots=True)
class RetryRequested(Stamp):
    """A person, or a host's policy, wants a failed saga or a failed compensation tried again."""

    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class CompensationRequested(Stamp):
    """A person wants the saga undone; or the saga that started this one (`parent`), even if it has completed."""

    by: str = ""
    why: str = ""
    parent: bool = False


@dataclass(frozen=True, slots=True)
class StepResolved(Stamp):
    """A person has done by hand what the step, or its compensation, could not do."""

    state: str
    output: Json = None
    by: str = ""
    why: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class StepSkipped(Stamp):
    """A person decides that the saga goes on without a failed step."""

    state: str
    by: str = ""
    why: str = ""
    region: str = ""


Event: TypeAlias = (
    SagaStarted
    | LocksAcquired
    | StepSucceeded
    | StepFailed
    | CompensationSucceeded
    | CompensationFailed
    | TimerFired
    | SignalReceived
    | SagaTimedOut
    | RetryRequested
    | CompensationRequested
    | StepResolved
    | StepSkipped
)

EVENTS: Mapping[str, type[Event]] = {
    event.__name__: event
    for event in (
        SagaStarted,
        LocksAcquired,
        StepSucceeded,
        StepFailed,
        CompensationSucceeded,
        CompensationFailed,
        TimerFired,
        SignalReceived,
        SagaTimedOut,
        RetryRequested,
        CompensationRequested,
        StepResolved,
        StepSkipped,
    )
}


def to_json(event: Event) -> dict[str, Json]:
    """Return the event as JSON data: `type`, `seq` and `at` first, then its own fields.

    Where services answer most of the time and people seldom, `by` and `why` are left out unless they say something; so
    is the `retry_after` of an error, which logs from before it was there lack as well.
    """
    data: dict[str, Json] = {"type": type(event).__name__}
    for name in _WRITTEN[type(event)]:
        value = getattr(event, name)
        data[name] = _failure_to_json(value) if isinstance(value, Failure) else value
    if isinstance(event, SagaStarted) and event.sensitive:
        data["sensitive"] = event.sensitive
    if isinstance(event, _SELDOM_BY_PEOPLE):
        data.update((name, value) for name in _SIGNATURE if (value := getattr(event, name)))
    return data


def from_json(data: Mapping[str, Json]) -> Event:
    """Return the event that `to_json` wrote.

    Raises:
        ValueError: The data is not an event.
    """
    values = dict(data)
    name = values.pop("type", None)
    kind = EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"not an event: its type {name!r} is none of {', '.join(EVENTS)}")
    if "error" in values:
        values["error"] = _failure_from_json(values["error"], kind.__name__)
    unknown = [key for key in values if key not in _FIELDS[kind]]
    missing = [key for key in _REQUIRED[kind] if key not in values]
    if unknown or missing:
        what = f"it has {unknown[0]!r}" if unknown else f"it lacks {missing[0]!r}"
        raise ValueError(f"not a {kind.__name__} event: {what}")
    return kind(**values)


def _failure_from_json(data: Json, event: str) -> Failure:
    if not isinstance(data, Mapping) or not {"code"} <= set(data) <= set(_FAILURE_FIELDS):
        raise ValueError(f"not a {event} event: its error is no map with a code")
    return Failure(**data)


def _failure_to_json(failure: Failure) -> dict[str, Json]:
    data: dict[str, Json] = {name: getattr(failure, name) for name in _FAILURE_FIELDS}
    if not failure.retry_after:
        del data["retry_after"]
    return data


_FAILURE_FIELDS = tuple(field.name for field in fields(Failure))
_REQUIRED: Mapping[type[Any], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.default is MISSING) for kind in EVENTS.values()
}
_FIELDS: Mapping[type[Any], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in EVENTS.values()
}
_SIGNATURE = ("by", "why")
_SELDOM_BY_PEOPLE = (StepSucceeded, StepFailed, SignalReceived)
_SELDOM: Mapping[type[Any], tuple[str, ...]] = {
    **dict.fromkeys(_SELDOM_BY_PEOPLE, _SIGNATURE),
    SagaStarted: ("sensitive",),
}
_WRITTEN: Mapping[type[Any], tuple[str, ...]] = {
    kind: tuple(name for name in names if name not in _SELDOM.get(kind, ())) for kind, names in _FIELDS.items()
}
