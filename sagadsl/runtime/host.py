"""What an engine is made of: the runs it has, and how it carries out what their machines command.

The host holds what a machine must not have: a clock, tasks and threads. Whatever comes of a command is fed back as
an event, stamped with its number and the time.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.durations import format_duration
from sagadsl.language.inputs import InputError
from sagadsl.machine.commands import (
    AcquireLocks,
    CancelTimer,
    Command,
    Compensate,
    CompensateChild,
    Invoke,
    ReleaseLocks,
    StartChild,
    StartTimer,
)
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import (
    CANCELLED,
    INVALID_PAYLOAD,
    TIMEOUT,
    CompensationRequested,
    Event,
    Failure,
    LocksAcquired,
)
from sagadsl.machine.guests import CallbackError
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.answers import answered, failed
from sagadsl.runtime.clock import Alarm, Clock, SystemClock
from sagadsl.runtime.invocation import invoke
from sagadsl.runtime.listening import AT_REST, Listener
from sagadsl.runtime.locks import Locks
from sagadsl.runtime.services import Action, ActionContext, Services

ActionCall: TypeAlias = Invoke | Compensate

_log = logging.getLogger(__name__)


GRACE = 5.0
"""Seconds that actions have to end when an engine is closed; one that does not is left behind."""


class UnknownSagaError(LookupError):
    """No saga of this engine has this id."""


class EngineClosedError(RuntimeError):
    """The engine has been closed, and carries nothing out any more."""


@dataclass(slots=True)
class _Underway:
    """A call that has been made and not been answered."""

    command: ActionCall
    action: Action
    task: asyncio.Task[None]
    deadline: Alarm


@dataclass(slots=True)
class Run:
    """A saga in this engine and what is under way for it; `parent` is the saga that waits for it by `child_call`."""

    saga: Saga
    events: list[Event] = field(default_factory=list)
    calls: dict[str, _Underway] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    child_call: StartChild | CompensateChild | None = None
    parent: str | None = None
    at_rest: asyncio.Event = field(default_factory=asyncio.Event)
    broken: BaseException | None = None


class Host:
    """The inside of an `Engine`, which has the arguments' meaning."""

    def __init__(self, services: Services, *, clock: Clock | None = None, on_event: Listener | None = None) -> None:
        self.services = services
        self._clock: Clock = clock or SystemClock()
        self._on_event = on_event
        self._runs: dict[str, Run] = {}
        self._registered: dict[str, list[CompiledSaga]] = {}
        self._locks = Locks()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._closed = False

    async def close(self) -> int:
        """Stop everything that is under way. The sagas stay as they are and can still be looked at.

        Returns:
            How many actions have not ended although they were told to.
        """
        self._closed = True
        for run in self._runs.values():
            if not run.at_rest.is_set():
                run.broken = run.broken or EngineClosedError(f"{run.saga.id}: the engine was closed")
                run.at_rest.set()
            for alarm in (*run.alarms.values(), *(call.deadline for call in run.calls.values())):
                alarm.cancel()
            run.alarms.clear()
            run.calls.clear()
        tasks = self._tasks - {asyncio.current_task()}  # an action may close the engine that called it
        for task in tasks:
            task.cancel()
        _, left = await asyncio.wait(tasks, timeout=GRACE) if tasks else ((), ())
        return len(left)

    def _run(self, saga_id: str) -> Run:
        try:
            return self._runs[saga_id]
        except KeyError:
            raise UnknownSagaError(f"there is no saga {saga_id!r}") from None

    def _feed(self, saga_id: str, event: Event) -> None:
        """Let the saga take an event, and carry out what follows from it."""
        if self._closed:
            raise EngineClosedError(f"{saga_id}: the engine has been closed")
        run = self._run(saga_id)
        stamped = replace(event, seq=run.saga.seq + 1, at=self._clock.now())
        commands = _apply(run.saga, stamped)
        run.events.append(stamped)
        run.at_rest.clear()
        self._stop_abandoned(run)
        for command in commands:
            self._carry_out(run, command)
        self._tell_listener(run, stamped, commands)
        if run.saga.status in AT_REST:
            run.at_rest.set()
            self._tell_parent(run)
        self._rest_if_idle()

    def _tell_listener(self, run: Run, event: Event, commands: Sequence[Command]) -> None:
        """Tell whoever listens; that they cannot cope is no business of the saga's."""
        if self._on_event is None:
            return
        try:
            self._on_event(run.saga, event, commands)
        except Exception:  # noqa: BLE001 - it is the listener's
            _log.exception("%s: whoever listens to events raised an exception", run.saga.id)

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
        except (UnexpectedEvent, EngineClosedError) as unexpected:
            _log.info("dropped: %s", unexpected)
        except Exception as error:  # noqa: BLE001 - whoever waits for the saga gets it
            run.broken = error
            run.at_rest.set()

    def _carry_out(self, run: Run, command: Command) -> None:
        match command:
            case Invoke() | Compensate():
                self._call(run, command)
            case StartTimer():
                event = run.saga.timer_event(command.timer_id)
                ring = partial(self._feed_safely, run.saga.id, event)
                run.alarms[command.timer_id] = self._clock.call_at(command.due, ring)
            case CancelTimer():
                run.alarms.pop(command.timer_id).cancel()
            case StartChild():
                self._soon(self._start_child, run.saga.id, command)
            case CompensateChild():
                self._soon(self._compensate_child, run.saga.id, command)
            case AcquireLocks():
                granted = partial(self._soon, self._feed_safely, run.saga.id, LocksAcquired())
                self._locks.acquire(run.saga.id, command.names, granted)
            case ReleaseLocks():
                self._locks.release(run.saga.id)

    def _soon(self, call: Callable[..., None], *arguments: object) -> None:
        """Call when the event that is being taken has been dealt with."""
        self._under_way += 1

        def now() -> None:
            self._under_way -= 1
            call(*arguments)

        asyncio.get_running_loop().call_soon(now)

    def _start_child(self, parent: str, command: StartChild) -> None:
        """Run another saga for a state of this one."""
        compiled = self._find(command.saga, command.version)
        try:
            if compiled is None:
                raise LookupError(f"no saga {command.saga!r} is registered")
            started = compiled.started(command.input)
        except (LookupError, InputError) as error:
            failure = Failure(INVALID_PAYLOAD, str(error), retryable=False)
            self._feed_safely(parent, failed(command, failure))
            return
        run = Run(compiled.new(command.child_id), child_call=command, parent=parent)
        self._runs[command.child_id] = run
        self._feed_safely(command.child_id, started)

    def _find(self, name: str, version: str | None) -> CompiledSaga | None:
        known = self._registered.get(name, [])
        return next((c for c in reversed(known) if version is None or c.definition.version == version), None)

    def _compensate_child(self, parent: str, command: CompensateChild) -> None:
        """Undo the saga that a state of this one has run, however far it has come."""
        run = self._runs.get(command.child_id)
        if run is None or run.saga.status == "compensated":
            self._feed_safely(parent, answered(command, {}))
            return
        run.child_call, run.parent = command, parent
        if run.saga.status in {"compensating", "compensation_failed"}:
            return
        try:
            self._feed(command.child_id, CompensationRequested(parent=True))
        except UnexpectedEvent as unexpected:
            failure = Failure("NotCompensated", str(unexpected), retryable=False)
            self._feed_safely(parent, failed(command, failure))

    def _tell_parent(self, run: Run) -> None:
        """Report a child's end to the saga that waits for it; a child that waits for a person has not ended."""
        call, saga = run.child_call, run.saga
        if call is None or run.parent is None or saga.status not in SAGA.final:
            return
        answer: Json | Failure = saga.output
        if isinstance(call, StartChild) and saga.status == "compensated":
            error = saga.error or Failure(CANCELLED)
            answer = Failure(error.code, error.message, retryable=False)
        run.child_call = None
        self._soon(self._feed_safely, run.parent, answered(call, answer))

    def _call(self, run: Run, command: ActionCall) -> None:
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

    async def _invoke(self, saga_id: str, action: Action, command: ActionCall) -> None:
        undoes = command.undoes if isinstance(command, Compensate) else None
        context = ActionContext(saga_id, command.state, command.attempt, command.key, undoes)
        answer = await invoke(action, copy.deepcopy(command.payload), context)
        self._feed_safely(saga_id, answered(command, answer))

    def _time_out(self, saga_id: str, command: ActionCall) -> None:
        limit = format_duration(command.timeout)
        failure = Failure(TIMEOUT, f"no answer within {limit}", in_doubt=True)
        self._feed_safely(saga_id, failed(command, failure))

    def _stop_abandoned(self, run: Run) -> None:
        """Cancel what the saga no longer waits for. A thread cannot be stopped: its late result is recorded."""
        wanted = run.saga.outstanding.values()
        for name, call in list(run.calls.items()):
            if any(call.command is command for command in wanted):
                continue
            del run.calls[name]
            call.deadline.cancel()
            if call.action.is_async and call.task is not asyncio.current_task():
                call.task.cancel()


def _apply(saga: Saga, event: Event) -> list[Command]:
    """Let a saga take an event; what a callback on its machines raises is told to whoever reads the log."""
    try:
        return saga.apply(event)
    except CallbackError as error:
        _log.exception("%s", saga.id)
        return error.commands


def _name(command: ActionCall) -> str:
    return f"{command.key}#{command.attempt}"
