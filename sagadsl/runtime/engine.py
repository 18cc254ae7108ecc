"""The embedded host: runs sagas in one process, in memory, on asyncio.

The engine holds what a machine must not have: a clock, tasks and threads. It carries out commands and feeds what
comes of them back as events, each stamped with its number and the time.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self, TypeAlias

from sagadsl.language.definition import Json, Task
from sagadsl.language.durations import format_duration
from sagadsl.language.inputs import prepare_input
from sagadsl.machine.commands import CancelTimer, Command, Compensate, Invoke, StartTimer
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import (
    TIMEOUT,
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    Event,
    Failure,
    RetryRequested,
    SagaStarted,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
)
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.clock import Alarm, Clock, SystemClock
from sagadsl.runtime.invocation import invoke
from sagadsl.runtime.outcome import Outcome, report
from sagadsl.runtime.services import Action, ActionContext, Services, UnknownActionError

Call: TypeAlias = Invoke | Compensate
Listener: TypeAlias = Callable[[Saga, Event, Sequence[Command]], None]
"""Hears of every event, after the saga has taken it, with the commands that follow from it."""

AT_REST = frozenset({"completed", "compensated", "compensation_failed", "failed"})

_log = logging.getLogger(__name__)


class UnknownSagaError(LookupError):
    """No saga of this engine has this id."""


class DuplicateSagaError(ValueError):
    """A saga with this id runs already."""


@dataclass(slots=True)
class _Underway:
    """A call that has been made and not been answered."""

    command: Call
    action: Action
    task: asyncio.Task[None]
    deadline: Alarm


@dataclass(slots=True)
class _Run:
    """A saga in this engine and what is under way for it."""

    saga: Saga
    events: list[Event] = field(default_factory=list)
    calls: dict[str, _Underway] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    at_rest: asyncio.Event = field(default_factory=asyncio.Event)
    broken: BaseException | None = None


class Engine:
    """Runs sagas in memory.

    Args:
        services: The actions that the sagas call.
        clock: Where time comes from; tests pass a `ManualClock` or a `VirtualClock`.
        on_event: Hears of every event as it happens.

    Use it as `async with Engine(services) as engine:`; leaving the block stops what is still under way.
    """

    def __init__(self, services: Services, *, clock: Clock | None = None, on_event: Listener | None = None) -> None:
        self.services = services
        self._clock: Clock = clock or SystemClock()
        self._on_event = on_event
        self._runs: dict[str, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop everything that is under way. The sagas stay as they are and can still be looked at."""
        for run in self._runs.values():
            for alarm in (*run.alarms.values(), *(call.deadline for call in run.calls.values())):
                alarm.cancel()
            run.alarms.clear()
            run.calls.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def start(self, compiled: CompiledSaga, input: Json, saga_id: str | None = None) -> str:  # noqa: A002
        """Begin a saga and return its id, without waiting for it.

        Args:
            compiled: What to run.
            input: The saga's input; it is checked against the definition's schema, and copied.
            saga_id: An id of your own; a new one is made otherwise.

        Raises:
            InputError: The input does not fit the schema.
            UnknownActionError: The definition calls an action that no service offers.
            DuplicateSagaError: A saga with this id is there already.
        """
        checked = prepare_input(compiled.definition, input)
        check_actions(compiled, self.services)
        saga_id = saga_id or uuid.uuid4().hex
        if saga_id in self._runs:
            raise DuplicateSagaError(f"there is a saga with the id {saga_id!r} already")
        self._runs[saga_id] = _Run(compiled.new(saga_id))
        definition = compiled.definition
        self._feed(saga_id, SagaStarted(checked, definition.name, definition.version, compiled.hash))
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
        self._feed(saga_id, SignalReceived(name, payload))

    async def retry(self, saga_id: str, *, by: str = "", why: str = "") -> None:
        """Try a failed saga, or failed compensations, again."""
        self._feed(saga_id, RetryRequested(by, why))

    async def compensate(self, saga_id: str, *, by: str = "", why: str = "") -> None:
        """Undo a saga that has not passed its pivot."""
        self._feed(saga_id, CompensationRequested(by, why))

    async def resolve(self, saga_id: str, state: str, output: Json = None, *, by: str = "", why: str = "") -> None:
        """Say that what a step, or its compensation, could not do has been done by hand."""
        self._feed(saga_id, StepResolved(state, output, by, why))

    async def skip(self, saga_id: str, state: str, *, by: str = "", why: str = "") -> None:
        """Let the saga go on without a failed step."""
        self._feed(saga_id, StepSkipped(state, by, why))

    def _run(self, saga_id: str) -> _Run:
        try:
            return self._runs[saga_id]
        except KeyError:
            raise UnknownSagaError(f"there is no saga {saga_id!r}") from None

    def _feed(self, saga_id: str, event: Event) -> None:
        """Let the saga take an event, and carry out what follows from it."""
        run = self._run(saga_id)
        stamped = replace(event, seq=run.saga.seq + 1, at=self._clock.now())
        commands = run.saga.apply(stamped)
        run.events.append(stamped)
        run.at_rest.clear()
        self._stop_abandoned(run)
        for command in commands:
            self._carry_out(run, command)
        if self._on_event is not None:
            self._on_event(run.saga, stamped, commands)
        if run.saga.status in AT_REST:
            run.at_rest.set()
        self._rest_if_idle()

    def _rest_if_idle(self) -> None:
        if self._is_idle():
            self._clock.idle(self._is_idle)

    def _is_idle(self) -> bool:
        return not self._under_way

    def _feed_safely(self, saga_id: str, event: Event) -> None:
        """Feed an event that the world brings; one that comes too late for the saga to care is dropped."""
        run = self._runs.get(saga_id)
        if run is None:
            return
        try:
            self._feed(saga_id, event)
        except UnexpectedEvent as unexpected:
            _log.info("dropped: %s", unexpected)
        except Exception as error:  # noqa: BLE001 - whoever waits for the saga gets it
            run.broken = error
            run.at_rest.set()

    def _carry_out(self, run: _Run, command: Command) -> None:
        match command:
            case Invoke() | Compensate():
                self._call(run, command)
            case StartTimer():
                event = run.saga.timer_event(command.timer_id)
                ring = partial(self._feed_safely, run.saga.id, event)
                run.alarms[command.timer_id] = self._clock.call_at(command.due, ring)
            case CancelTimer():
                run.alarms.pop(command.timer_id).cancel()

    def _call(self, run: _Run, command: Call) -> None:
        saga_id = run.saga.id
        action = self.services.find(command.service, command.action)
        task = asyncio.get_running_loop().create_task(self._invoke(saga_id, action, command))
        self._tasks.add(task)
        self._under_way += 1
        task.add_done_callback(self._ended)
        deadline = self._clock.call_at(self._clock.now() + command.timeout, partial(self._time_out, saga_id, command))
        run.calls[_name(command)] = _Underway(command, action, task, deadline)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._under_way -= 1
        self._rest_if_idle()

    async def _invoke(self, saga_id: str, action: Action, command: Call) -> None:
        undoes = command.undoes if isinstance(command, Compensate) else None
        context = ActionContext(saga_id, command.state, command.attempt, command.key, undoes)
        answer = await invoke(action, copy.deepcopy(command.payload), context)
        self._feed_safely(saga_id, answered(command, answer))

    def _time_out(self, saga_id: str, command: Call) -> None:
        limit = format_duration(command.timeout)
        failure = Failure(TIMEOUT, f"no answer within {limit}", in_doubt=True)
        self._feed_safely(saga_id, failed(command, failure))

    def _stop_abandoned(self, run: _Run) -> None:
        """Cancel what the saga no longer waits for. A thread cannot be stopped: its late result is recorded."""
        wanted = run.saga.outstanding.values()
        for name, call in list(run.calls.items()):
            if any(call.command is command for command in wanted):
                continue
            del run.calls[name]
            call.deadline.cancel()
            if call.action.is_async and call.task is not asyncio.current_task():
                call.task.cancel()


def answered(command: Call, answer: Json | Failure) -> Event:
    """Return the event that says what became of a call."""
    if isinstance(answer, Failure):
        return failed(command, answer)
    if isinstance(command, Invoke):
        return StepSucceeded(command.state, command.attempt, answer, command.execution)
    return CompensationSucceeded(command.state, command.attempt, command.execution)


def failed(command: Call, failure: Failure) -> Event:
    """Return the event that says that a call failed."""
    kind = StepFailed if isinstance(command, Invoke) else CompensationFailed
    return kind(command.state, command.attempt, failure, command.execution)


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
    for state in compiled.definition.states.values():
        if isinstance(state, Task):
            names.append(f"{state.service}.{state.action}")
            if state.compensation is not None:
                names.append(f"{state.compensation.service}.{state.compensation.action}")
    return names


def _name(command: Call) -> str:
    return f"{command.key}#{command.attempt}"
