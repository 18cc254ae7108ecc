"""One pass of a saga through one step: its status, its attempts, and those of its undo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from sys import intern
from typing import Final, Generic, TypeVar

from sagadsl.language.definition import Json, Map, Parallel, SubSaga, Task, Wait
from sagadsl.machine.cursor import Cursor, Regions
from sagadsl.machine.events import Failure
from sagadsl.machine.guests import Guest
from sagadsl.machine.lifecycles import STEP
from sagadsl.machine.plans import StepPlan, WaitPlan

NO_PAYLOAD: Final = object()
"""Stands for a payload that has not been made yet."""


class Attempts:
    """The attempts at one action: how many there were, and which of them nobody waits for any more.

    Args:
        number: The attempt that is under way or was the last, from 1.
        before_round: How many attempts were made before the present round; a round begins with every retry that
            a person or a signal asks for, and has the retry policy's attempts to itself.
        abandoned: Attempts whose outcome is unknown and may still be reported.
    """

    __slots__ = ("_abandoned", "before_round", "number")

    def __init__(self, number: int = 0, before_round: int = 0, abandoned: set[int] | None = None) -> None:
        self.number = number
        self.before_round = before_round
        self._abandoned = abandoned or None

    @property
    def abandoned(self) -> set[int]:
        """Attempts whose outcome is unknown; most steps have none, and no set for them."""
        if self._abandoned is None:
            self._abandoned = set()
        return self._abandoned

    @property
    def in_round(self) -> int:
        """How many attempts the present round has had."""
        return self.number - self.before_round

    @property
    def is_plain(self) -> bool:
        """Whether the number says it all."""
        return not self.before_round and not self._abandoned

    def begin_round(self) -> None:
        """Give the retry policy all its attempts again."""
        self.before_round = self.number

    def forget(self, attempt: int) -> bool:
        """Whether this is the late result of an abandoned attempt, of which there is at most one."""
        if not self._abandoned or attempt not in self._abandoned:
            return False
        self._abandoned.remove(attempt)
        return True

    def as_data(self) -> dict[str, Json]:
        """Return the attempts as plain data."""
        abandoned = sorted(self._abandoned or ())
        return {"number": self.number, "before_round": self.before_round, "abandoned": abandoned}

    def copy(self) -> Attempts:
        """Return the same attempts, to be gone on with apart."""
        return Attempts(self.number, self.before_round, set(self._abandoned or ()))


@dataclass(slots=True)
class Setbacks:
    """What most steps never have; see `Execution`. `latest` is the step of the same place that was entered last."""

    failure: Failure | None = None
    in_doubt: bool = False
    undo_attempts: Attempts | None = None
    undo_failure: Failure | None = None
    awaits: str | None = None
    due: float | None = None
    regions: Regions | None = None
    latest: Execution | None = None


T = TypeVar("T")


class _Seldom(Generic[T]):
    """A field of a step's `Setbacks`, which are made when the first of them is set."""

    def __init__(self, usual: T) -> None:
        self.usual = usual

    def __set_name__(self, owner: type[Execution], name: str) -> None:
        self.name = name

    def __get__(self, step: Execution, owner: type[Execution] | None = None) -> T:
        setbacks = step.setbacks
        value: T = self.usual if setbacks is None else getattr(setbacks, self.name)
        return value

    def __set__(self, step: Execution, value: T) -> None:
        if step.setbacks is None:
            if value is self.usual:
                return
            step.setbacks = Setbacks()
        setattr(step.setbacks, self.name, value)


class Execution(Guest):
    """A step: `number` counts how often the saga entered its state, `status` is the step lifecycle's.

    There is one of these for each step of each running saga, so a step that has gone well is kept small.

    Args:
        plan: The compiled state.
        cursor: The region that it is in.
        number: 1 the first time the saga enters the state, then 2, 3, …
        started_at: When the first attempt began, in seconds since 1970.

    Attributes:
        payload: What the action is called with, once that is known (`has_payload`).
        output: What it answered.
        attempts: The attempts at the action, and `undo_attempts` those at undoing it.
        failure: Why the last attempt failed.
        in_doubt: Whether some attempt may have taken place although nobody knows, so that it must be undone.
        undo_failure: Why the last attempt at the compensation failed.
        awaits: The signal for which the step waits.
        due: The instant until which it waits, in seconds since 1970.
        regions: What is inside it, for a parallel or a map.
        ended_at: When its action last came to rest; undoing it does not count.
        done_at: Its place among the steps that were, or may have been, completed, from 1; 0 for none.
        latest: On the first step of a place, the one that was entered last if that is another one.
    """

    __slots__ = (
        "_attempts", "_payload", "cursor", "done_at", "ended_at", "number", "output", "plan", "setbacks",
        "started_at", "status",
    )  # fmt: skip

    failure = _Seldom[Failure | None](None)
    in_doubt = _Seldom[bool](False)
    undo_failure = _Seldom[Failure | None](None)
    awaits = _Seldom[str | None](None)
    due = _Seldom[float | None](None)
    regions = _Seldom[Regions | None](None)
    latest = _Seldom["Execution | None"](None)

    def __init__(self, plan: StepPlan, cursor: Cursor, number: int, started_at: float) -> None:
        self.plan = plan
        self.cursor = cursor
        self.number = number
        self.started_at = started_at
        self.status = STEP.initial
        self.output: Json = None
        self.ended_at: float | None = None
        self.done_at = 0
        self.setbacks: Setbacks | None = None
        self._attempts: Attempts | int = 0
        self._payload: Json = NO_PAYLOAD

    @property
    def attempts(self) -> Attempts:
        """The attempts at the action."""
        if isinstance(self._attempts, int):
            self._attempts = Attempts(self._attempts)
        return self._attempts

    @property
    def attempt(self) -> int:
        """The number of the attempt that is under way or was the last."""
        return self._attempts if isinstance(self._attempts, int) else self._attempts.number

    def begin_attempt(self) -> None:
        """Count one more attempt."""
        if isinstance(self._attempts, int):
            self._attempts += 1
        else:
            self._attempts.number += 1

    @property
    def undo_attempts(self) -> Attempts:
        """The attempts at the compensation."""
        self.setbacks = setbacks = self.setbacks or Setbacks()
        setbacks.undo_attempts = attempts = setbacks.undo_attempts or Attempts()
        return attempts

    @property
    def has_payload(self) -> bool:
        """Whether it is known what the action is called with."""
        return self._payload is not NO_PAYLOAD

    @property
    def payload(self) -> Json:
        """What the action is called with."""
        if isinstance(self._payload, tuple):
            return dict(zip(self._template, self._payload, strict=True))
        return None if self._payload is NO_PAYLOAD else self._payload

    @payload.setter
    def payload(self, payload: Json) -> None:
        self._payload = payload

    @property
    def _template(self) -> Json:
        state = self.state
        return state.payload if isinstance(state, Task) else getattr(state, "input", None)

    def succeed(self, output: Json, at: float) -> None:
        """Note what the action has answered at last; whatever went wrong before is of no account."""
        self.output, self.ended_at = output, at
        if self.setbacks is not None:
            self.setbacks.failure, self.setbacks.in_doubt = None, False

    def shrink(self) -> None:
        """Keep what a step that has completed may still need, in little room.

        Of a payload that has the keys of its template the values are enough.
        """
        if isinstance(self._attempts, Attempts) and self._attempts.is_plain:
            self._attempts = self._attempts.number
        payload, template = self._payload, self._template
        if isinstance(payload, dict) and isinstance(template, dict) and list(payload) == list(template):
            self._payload = tuple(payload.values())

    def copy(self, cursor: Cursor) -> Execution:
        """Return the same step in another saga, to be gone on with apart; its `regions` are still the same."""
        twin = Execution(self.plan, cursor, self.number, self.started_at)
        for name in ("status", "output", "ended_at", "done_at", "_payload"):
            setattr(twin, name, getattr(self, name))
        twin._attempts = self._attempts if isinstance(self._attempts, int) else self._attempts.copy()
        if self.setbacks is not None:
            undo = self.setbacks.undo_attempts
            twin.setbacks = replace(self.setbacks, undo_attempts=undo and undo.copy(), latest=None)
        return twin

    @property
    def state(self) -> Task | SubSaga | Parallel | Map | Wait:
        """The state."""
        return self.plan.state

    @property
    def is_wait(self) -> bool:
        """Whether it is a wait, which calls nobody."""
        return isinstance(self.plan, WaitPlan)

    @property
    def name(self) -> str:
        """The state's name."""
        return self.plan.state.name

    @property
    def region(self) -> str:
        """Which items of maps it is in; see `Cursor.region`."""
        return self.cursor.region

    @property
    def place(self) -> str:
        """The state's name, with the index of its item."""
        name, region = self.plan.state.name, self.cursor.region
        return f"{name}/{region}" if region else name

    @property
    def label(self) -> str:
        """The place, with `:2`, `:3`, … when it was entered again."""
        return self.place if self.number == 1 else f"{self.place}:{self.number}"

    @property
    def _suffix(self) -> str:
        return "" if self.number == 1 else f":{self.number}"

    def key(self, saga_id: str) -> str:
        """Return the idempotency key of the action."""
        return f"{saga_id}/{self.label}"

    def child_id(self, saga_id: str) -> str:
        """Return the id of the sub-saga that this attempt runs; one that was undone is not started again."""
        number = self.attempt
        return self.key(saga_id) if number == 1 else f"{self.key(saga_id)}#{number}"

    def undo_key(self, saga_id: str) -> str:
        """Return the idempotency key of the compensation."""
        return f"{saga_id}/{self.place}/compensate{self._suffix}"

    @property
    def output_name(self) -> str:
        """What expressions call its output, as one text for all sagas."""
        return intern(f"states.{self.name}.output")

    @property
    def must_be_undone(self) -> bool:
        """Whether a compensation of the saga has to undo this step, or to go on undoing it."""
        state = self.state
        if not isinstance(state, Task | SubSaga) or state.kind == "read_only":
            return False
        if state.compensation is None and not isinstance(state, SubSaga):
            return False
        if self.status == "completed":
            return state.kind != "pivot"
        return self.status == "compensation_failed" or (self.status in {"failed", "skipped"} and self.in_doubt)
