"""The embedded engine: runs sagas in one process, in memory, on asyncio."""

from __future__ import annotations

import uuid
from typing import Self

from sagadsl.language.definition import Json, Task
from sagadsl.language.jsondata import as_json
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import (
    CompensationRequested,
    Failure,
    RetryRequested,
    SagaStarted,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.host import EngineClosedError, Host, Run, UnknownSagaError
from sagadsl.runtime.outcome import Outcome, report
from sagadsl.runtime.services import Services, UnknownActionError

__all__ = ["DuplicateSagaError", "Engine", "EngineClosedError", "UnknownSagaError", "check_actions"]


class DuplicateSagaError(ValueError):
    """A saga with this id runs already."""


class Engine(Host):
    """Runs sagas in memory.

    Args:
        services: The actions that the sagas call.
        clock: Where time comes from; tests pass a `ManualClock` or a `VirtualClock`.
        on_event: Hears of every event as it happens.

    Use it as `async with Engine(services) as engine:`; leaving the block stops what is still under way.
    """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self, compiled: CompiledSaga, input: Json, saga_id: str | None = None) -> str:  # noqa: A002
        """Begin a saga and return its id, without waiting for it.

        Args:
            compiled: What to run.
            input: The saga's input; it is checked against the definition's schema, and copied.
            saga_id: An id of your own; a new one is made otherwise.

        A definition with a business `key` has at most one unfinished saga for each key: if there is one, its id is
        returned and nothing is started.

        Raises:
            InputError: The input does not fit the schema.
            UnknownActionError: The definition calls an action that no service offers.
            DuplicateSagaError: A saga with this id is there already.
        """
        if self._closed:
            raise EngineClosedError("the engine has been closed")
        started = compiled.started(input)
        check_actions(compiled, self.services)
        saga_id = saga_id or uuid.uuid4().hex
        if saga_id in self._runs:
            raise DuplicateSagaError(f"there is a saga with the id {saga_id!r} already")
        running = self._same_key(compiled, saga_id, started)
        if running is not None:
            return running
        self._runs[saga_id] = Run(compiled.new(saga_id))
        self._feed(saga_id, started)
        return saga_id

    async def wait(self, saga_id: str) -> Outcome:
        """Wait until the saga has come to rest: completed, compensated, or waiting for a person."""
        run = self._run(saga_id)
        await run.at_rest.wait()
        if run.broken is not None:
            raise run.broken
        return self.get(saga_id)

    async def run(self, compiled: CompiledSaga, input: Json, saga_id: str | None = None) -> Outcome:  # noqa: A002
        """Begin a saga and wait for it; see `start` and `wait`."""
        return await self.wait(await self.start(compiled, input, saga_id))

    def get(self, saga_id: str) -> Outcome:
        """Return the saga as it stands now."""
        run = self._run(saga_id)
        return report(run.saga, run.events)

    def forget(self, saga_id: str) -> None:
        """Drop a saga that has come to rest."""
        if not self._run(saga_id).at_rest.is_set():
            raise ValueError(f"the saga {saga_id!r} is still under way")
        del self._runs[saga_id]

    async def signal(self, saga_id: str, name: str, payload: Json = None) -> None:
        """Send a signal; `UnexpectedEvent` says why it was refused, as for all requests below."""
        self._feed(saga_id, SignalReceived(name, as_json(payload)))

    async def report(
        self, saga_id: str, state: str, output: Json = None, *, error: Failure | None = None, region: str = ""
    ) -> None:
        """Give the outcome of a `callback` step: its output, or why it failed."""
        execution = self._run(saga_id).saga.latest.get((state, region))
        attempt, number = (0, 1) if execution is None else (execution.attempts.number, execution.number)
        if error is not None:
            self._feed(saga_id, StepFailed(state, attempt, error, number, region, reported=True))
        else:
            answer = {} if output is None else as_json(output)
            self._feed(saga_id, StepSucceeded(state, attempt, answer, number, region, reported=True))

    async def retry(self, saga_id: str, *, by: str = "", why: str = "") -> None:
        """Try a failed saga, or failed compensations, again."""
        self._feed(saga_id, RetryRequested(by, why))

    async def compensate(self, saga_id: str, *, by: str = "", why: str = "") -> None:
        """Undo a saga that has not passed its pivot."""
        self._feed(saga_id, CompensationRequested(by, why))

    async def resolve(
        self, saga_id: str, state: str, output: Json = None, *, by: str = "", why: str = "", region: str = ""
    ) -> None:
        """Say that what a step, or its compensation, could not do has been done by hand."""
        self._feed(saga_id, StepResolved(state, as_json(output), by, why, region))

    async def skip(self, saga_id: str, state: str, *, by: str = "", why: str = "", region: str = "") -> None:
        """Let the saga go on without a failed step."""
        self._feed(saga_id, StepSkipped(state, by, why, region))

    def register(self, *compiled: CompiledSaga) -> None:
        """Make sagas known that others may start as a state of theirs; the last one of a name is its newest."""
        for saga in compiled:
            check_actions(saga, self.services)
            self._registered.setdefault(saga.definition.name, []).append(saga)

    def _same_key(self, compiled: CompiledSaga, saga_id: str, started: SagaStarted) -> str | None:
        """Return the unfinished saga that has the business key which the new one would have."""
        if compiled.key is None:
            return None
        trial = compiled.new(saga_id)
        trial.apply(started)
        name = compiled.definition.name
        for other in self._runs.values():
            saga = other.saga
            if (saga.definition.name, saga.key) == (name, trial.key) and saga.status not in SAGA.final:
                return saga.id
        return None


def check_actions(compiled: CompiledSaga, services: Services) -> None:
    """Make sure that every action the saga may call is there.

    Raises:
        UnknownActionError: Names all that are missing.
    """
    missing = [name for name in dict.fromkeys(_action_names(compiled)) if name not in services]
    if missing:
        raise UnknownActionError(f"no service offers {', '.join(missing)}")


def _action_names(compiled: CompiledSaga) -> list[str]:
    names = []
    for state in compiled.definition.all_states.values():
        if isinstance(state, Task):
            names.append(f"{state.service}.{state.action}")
        undo = getattr(state, "compensation", None)
        if undo is not None:
            names.append(f"{undo.service}.{undo.action}")
    return names
