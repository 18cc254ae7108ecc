"""One pass of a saga through one task: its status, its attempts, and those of its undo."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagadsl.language.definition import Json, Task
from sagadsl.machine.compiler import STEP_MACHINE, TaskPlan
from sagadsl.machine.events import Failure
from sagadsl.machine.lifecycles import STEP


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
class Execution:
    """A step: state `number` counts how often the saga entered it, `status` is the step lifecycle's.

    Args:
        plan: The compiled task.
        number: 1 the first time the saga enters the state, then 2, 3, …
        payload: What the action is called with, once that is known (`has_payload`).
        failure: Why the last attempt failed.
        in_doubt: Whether some attempt may have taken place although nobody knows, so that it must be undone.
        undo_failure: Why the last attempt at the compensation failed.
        awaits: The signal for which a failed step waits before it tries again.
        started_at: When the first attempt began, in seconds since 1970.
        ended_at: When its action last came to rest; undoing it does not count.
    """

    plan: TaskPlan
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
    ended_at: float | None = None

    @property
    def state(self) -> Task:
        """The task."""
        return self.plan.state

    @property
    def name(self) -> str:
        """The state's name."""
        return self.plan.state.name

    @property
    def label(self) -> str:
        """The state's name, with `:2`, `:3`, … when it was entered again."""
        return self.name if self.number == 1 else f"{self.name}:{self.number}"

    def key(self, saga_id: str) -> str:
        """Return the idempotency key of the action."""
        return f"{saga_id}/{self.label}"

    def undo_key(self, saga_id: str) -> str:
        """Return the idempotency key of the compensation."""
        suffix = "" if self.number == 1 else f":{self.number}"
        return f"{saga_id}/{self.name}/compensate{suffix}"

    def fire(self, trigger: str) -> None:
        """Move the step's lifecycle on."""
        STEP_MACHINE.fire(self, trigger)

    @property
    def must_be_undone(self) -> bool:
        """Whether a compensation of the saga has to undo this step, or to go on undoing it."""
        if self.state.compensation is None:
            return False
        if self.status == "completed":
            return self.state.kind != "pivot"
        return self.status == "compensation_failed" or (self.status in {"failed", "skipped"} and self.in_doubt)
