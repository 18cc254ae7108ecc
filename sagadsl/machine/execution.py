"""One pass of a saga through one step: its status, its attempts, and those of its undo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sagadsl.language.definition import Json, Map, Parallel, SubSaga, Task, Wait
from sagadsl.machine.attempts import Attempts
from sagadsl.machine.cursor import Cursor, Regions
from sagadsl.machine.events import Failure
from sagadsl.machine.guests import Guest
from sagadsl.machine.lifecycles import STEP
from sagadsl.machine.plans import StepPlan, WaitPlan
from sagadsl.machine.seldom import Seldom, WithExtras

NO_PAYLOAD: Final = object()
"""Stands for a payload that has not been made yet."""

_PENDING = STEP.initial


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


class Execution(WithExtras, Guest):
    """A step: `number` counts how often the saga entered its state, `status` is the step lifecycle's.

    There is one of these for each step of each running saga, so a step that has gone well is kept small.

    Args:
        plan: The compiled state.
        cursor: The region that it is in.
        number: 1 the first time the saga enters the state, then 2, 3, …
        started_at: When the first attempt began, in seconds since 1970.

    Attributes:
        payload: What the action is called with, once that is known (`has_payload`); `packed` as it is kept.
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
        "_attempts", "cursor", "done_at", "ended_at", "number", "output", "packed", "plan", "started_at", "status",
    )  # fmt: skip

    Extras = Setbacks
    extras: Setbacks | None

    failure = Seldom[Failure | None]()
    in_doubt = Seldom[bool]()
    undo_failure = Seldom[Failure | None]()
    awaits = Seldom[str | None]()
    due = Seldom[float | None]()
    regions = Seldom[Regions | None]()
    latest = Seldom["Execution | None"]()

    def __init__(self, plan: StepPlan, cursor: Cursor, number: int, started_at: float) -> None:
        self.plan = plan
        self.cursor = cursor
        self.number = number
        self.started_at = started_at
        self.status = _PENDING
        self.output: Json = None
        self.ended_at: float | None = None
        self.done_at = 0
        self.extras = None
        self._attempts: Attempts | int = 0
        self.packed: Json = NO_PAYLOAD

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

    def begin_attempt(self) -> int:
        """Count one more attempt, and return its number."""
        attempts = self._attempts
        if isinstance(attempts, int):
            self._attempts = number = attempts + 1
        else:
            attempts.number = number = attempts.number + 1
        return number

    @property
    def undo_attempts(self) -> Attempts:
        """The attempts at the compensation."""
        self.extras = extras = self.extras or Setbacks()
        extras.undo_attempts = attempts = extras.undo_attempts or Attempts()
        return attempts

    @property
    def has_payload(self) -> bool:
        """Whether it is known what the action is called with."""
        return self.packed is not NO_PAYLOAD

    @property
    def payload(self) -> Json:
        """What the action is called with."""
        payload, keys = self.packed, self.plan.keys
        if isinstance(payload, tuple) and keys is not None:
            return dict(zip(keys, payload, strict=True))
        return None if payload is NO_PAYLOAD else payload

    def succeed(self, output: Json, at: float) -> None:
        """Note what the action has answered at last; whatever went wrong before is of no account."""
        self.output, self.ended_at = output, at
        if self.extras is not None:
            self.extras.failure, self.extras.in_doubt = None, False

    def shrink(self) -> None:
        """Keep what a step that has completed may still need, in little room: of a payload, the values are enough."""
        if isinstance(self._attempts, Attempts) and self._attempts.is_plain:
            self._attempts = self._attempts.number
        if self.plan.keys is not None and isinstance(self.packed, dict):
            self.packed = tuple(self.packed.values())

    def copy(self, cursor: Cursor) -> Execution:
        """Return the same step in another saga, to be gone on with apart; its `regions` are still the same."""
        twin = Execution(self.plan, cursor, self.number, self.started_at)
        for name in ("status", "output", "ended_at", "done_at", "packed"):
            setattr(twin, name, getattr(self, name))
        twin._attempts = self._attempts if isinstance(self._attempts, int) else self._attempts.copy()
        if self.extras is not None:
            undo = self.extras.undo_attempts
            twin.extras = replace(self.extras, undo_attempts=undo and undo.copy(), latest=None)
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
        return self.plan.name

    @property
    def region(self) -> str:
        """Which items of maps it is in; see `Cursor.region`."""
        return self.cursor.region

    @property
    def place(self) -> str:
        """The state's name, with the index of its item."""
        name, region = self.plan.name, self.cursor.region
        return f"{name}/{region}" if region else name

    @property
    def label(self) -> str:
        """The place, with `:2`, `:3`, … when it was entered again."""
        name, region = self.plan.name, self.cursor.region
        place = f"{name}/{region}" if region else name
        return place if self.number == 1 else f"{place}:{self.number}"

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
