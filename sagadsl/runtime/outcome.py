"""What became of a saga: its status, its output or error, its steps, and everything that happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sagadsl.language.definition import Definition, Json, Map, Parallel, SubSaga, Task, Wait
from sagadsl.language.display import Shown
from sagadsl.machine.events import Event, Failure, to_json
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga


@dataclass(frozen=True, slots=True)
class StepReport:
    """One row of the table of steps.

    Args:
        state: The state's name.
        region: Which item of a map, as `2` or `2/0`; empty outside maps.
        execution: 1 the first time the saga entered the state, then 2, 3, …
        status: Where the step is in its lifecycle; `pending` for one that never began.
        attempts: How often the action was tried.
        compensation_attempts: How often the compensation was tried.
        duration: Seconds from its beginning until its action came to rest, or `None` if it has not; undoing it does
            not count.
        error: Why the last attempt failed; for a failed compensation, why that failed.
        output: What the action answered.
        in_doubt: Whether some attempt of the action may have taken place although nobody knows, so that undoing the
            saga undoes it too.
    """

    state: str
    execution: int = 1
    region: str = ""
    status: str = "pending"
    attempts: int = 0
    compensation_attempts: int = 0
    duration: float | None = None
    error: Failure | None = None
    output: Json = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Outcome(Shown):
    """A saga at rest, or as far as it has come. `error_state` says where it failed, `definition` what it ran."""

    saga_id: str
    name: str
    status: str
    input: Json
    output: Json
    error: Failure | None
    error_state: str | None
    steps: tuple[StepReport, ...]
    events: tuple[Event, ...]
    definition: Definition | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Json]:
        """Return the outcome as JSON data."""
        return {
            "saga_id": self.saga_id,
            "name": self.name,
            "status": self.status,
            "input": self.input,
            "output": self.output,
            "error": _error_to_json(self.error, self.error_state),
            "steps": [_step_to_json(step) for step in self.steps],
            "events": [to_json(event) for event in self.events],
        }


def report(saga: Saga, events: Sequence[Event]) -> Outcome:
    """Return the outcome of a saga as it stands, given its events."""
    begun = [_row(execution) for execution in saga.executions.values()]
    names = {row.state for row in begun}
    pending = [
        StepReport(state.name)
        for state in saga.definition.all_states.values()
        if isinstance(state, Task | SubSaga | Parallel | Map | Wait) and state.name not in names
    ]
    return Outcome(
        saga_id=saga.id,
        name=saga.definition.name,
        status=saga.status,
        input=saga.input,
        output=saga.output,
        error=saga.error,
        error_state=saga.error_state,
        steps=(*begun, *pending),
        events=tuple(events),
        definition=saga.definition,
    )


def _row(execution: Execution) -> StepReport:
    ended = execution.ended_at
    return StepReport(
        state=execution.name,
        execution=execution.number,
        region=execution.region,
        status=execution.status,
        attempts=execution.attempts.number,
        compensation_attempts=execution.undo_attempts.number,
        duration=None if ended is None else ended - execution.started_at,
        error=execution.undo_failure or execution.failure,
        output=execution.output,
        in_doubt=execution.in_doubt,
    )


def _error_to_json(error: Failure | None, state: str | None) -> Json:
    if error is None:
        return None
    data: dict[str, Json] = {"code": error.code, "message": error.message, "in_doubt": error.in_doubt}
    return data if state is None else {**data, "state": state}


def _step_to_json(step: StepReport) -> dict[str, Json]:
    return {
        "state": step.state,
        "execution": step.execution,
        "region": step.region,
        "status": step.status,
        "attempts": step.attempts,
        "compensation_attempts": step.compensation_attempts,
        "duration": step.duration,
        "error": _error_to_json(step.error, None),
        "output": step.output,
        "in_doubt": step.in_doubt,
    }
