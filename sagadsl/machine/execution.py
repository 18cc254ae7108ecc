"""One pass of a saga through one step: its status, its attempts, and those of its undo."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagadsl.language.definition import Json, Map, Parallel, SubSaga, Task, Wait
from sagadsl.machine.cursor import Cursor, Regions
from sagadsl.machine.events import Failure
from sagadsl.machine.guests import Guest
from sagadsl.machine.lifecycles import STEP
from sagadsl.machine.plans import StepPlan, WaitPlan


@dataclass(slots=True)
class Attempts:
    """The attempts at one action: how many there were, and which of them nobody waits for any more.

    Args:
        number: The attempt that is under way or was the last, from 1.
        before_round: How many attempts were made before the present round; a round begins with every retry that
            a person or a signal asks for, and has the retry policy's attempts to itself.
        abandoned: Attempts whose outcome is unknown and may still be reported.
    """

    number: int = 0
    before_round: int = 0
    abandoned: set[int] = field(default_factory=set)

    @property
    def in_round(self) -> int:
        """How many attempts the present round has had."""
        return self.number - self.before_round

    def begin_round(self) -> None:
        """Give the retry policy all its attempts again."""
        self.before_round = self.number

    def forget(self, attempt: int) -> bool:
        """Whether this is the late result of an abandoned attempt, of which there is at most one."""
        if attempt not in self.abandoned:
            return False
        self.abandoned.remove(attempt)
        return True


@dataclass(slots=True, eq=False)
class Execution(Guest):
    """A step: `number` counts how often the saga entered its state, `status` is the step lifecycle's.

    Args:
        plan: The compiled state.
        cursor: The region that it is in.
        number: 1 the first time the saga enters the state, then 2, 3, …
        payload: What the action is called with, once that is known (`has_payload`).
        failure: Why the last attempt failed.
        in_doubt: Whether some attempt may have taken place although nobody knows, so that it must be undone.
        undo_failure: Why the last attempt at the compensation failed.
        awaits: The signal for which the step waits.
        due: The instant until which it waits, in seconds since 1970, or the end of its present attempt.
        regions: What is inside it, for a parallel or a map.
        started_at: When the first attempt began, in seconds since 1970.
        ended_at: When its action last came to rest; undoing it does not count.
    """

    plan: StepPlan
    cursor: Cursor
    number: int
    started_at: float
    status: str = STEP.initial
    attempts: Attempts = field(default_factory=Attempts)
    payload: Json = None
    has_payload: bool = False
    output: Json = None
    failure: Failure | None = None
    in_doubt: bool = False
    undo_attempts: Attempts = field(default_factory=Attempts)
    undo_failure: Failure | None = None
    awaits: str | None = None
    due: float | None = None
    regions: Regions | None = None
    ended_at: float | None = None

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
        return f"{self.name}/{self.region}" if self.region else self.name

    @property
    def label(self) -> str:
        """The place, with `:2`, `:3`, … when it was entered again."""
        return f"{self.place}{self._suffix}"

    @property
    def _suffix(self) -> str:
        return "" if self.number == 1 else f":{self.number}"

    def key(self, saga_id: str) -> str:
        """Return the idempotency key of the action."""
        return f"{saga_id}/{self.label}"

    def child_id(self, saga_id: str) -> str:
        """Return the id of the sub-saga that this attempt runs; one that was undone is not started again."""
        number = self.attempts.number
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
