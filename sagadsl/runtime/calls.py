"""The calls of actions that are under way: begun when it is their turn, timed out, and stopped when nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.durations import format_duration
from sagadsl.language.jsondata import as_json
from sagadsl.machine.commands import Compensate, Invoke
from sagadsl.machine.events import TIMEOUT, Event, Failure
from sagadsl.runtime.activity import Activity
from sagadsl.runtime.answers import answered, failed
from sagadsl.runtime.breakers import TIMED_OUT, Guard, Leave
from sagadsl.runtime.clock import Clock
from sagadsl.runtime.deadlines import Deadlines
from sagadsl.runtime.invocation import invoke
from sagadsl.runtime.services import Action, ActionContext, Services
from sagadsl.runtime.turns import Turns

ActionCall: TypeAlias = Invoke | Compensate
Tell: TypeAlias = Callable[[Event], None]
Ask: TypeAlias = "Callable[[Call, ActionContext], Awaitable[Json | Failure]]"
Around: TypeAlias = "Callable[[Call, ActionContext, Ask], Awaitable[Json | Failure]]"
"""Calls an action by its last argument, and hears of the answer that it returns."""


class Call:
    """One call of one action. There are as many as sagas, and the garbage collector walks through all they are made of.

    Attributes:
        command: What the saga wants.
        is_over: Whether it has answered, or was stopped.
    """

    __slots__ = ("_calls", "action", "again", "command", "is_over", "leave", "saga_id", "task", "tell")

    def __init__(
        self, calls: Calls, saga_id: str, command: ActionCall, action: Action, tell: Tell, again: bool
    ) -> None:
        self._calls = calls
        self.saga_id = saga_id
        self.command = command
        self.action = action
        self.tell: Tell | None = tell
        self.task: asyncio.Task[None] | None = None
        self.again = again
        self.leave: Leave | None = None
        self.is_over = False

    def start(self) -> bool:
        """Begin, now that it is its turn; return whether it has."""
        return self._calls.start(self)

    def time_out(self) -> None:
        """Tell that there was no answer in time."""
        if self.is_over or self.tell is None:
            return
        if self.leave is not None:
            self.leave.judge(TIMED_OUT)
        limit = format_duration(self.command.timeout)
        self.tell(failed(self.command, Failure(TIMEOUT, f"no answer within {limit}", in_doubt=True)))

    def ended(self, task: asyncio.Task[None]) -> None:
        """Hear that the action has come to its end."""
        self._calls.ended(task, self.command.service)


class Calls:
    """Calls actions.

    Args:
        services: The actions.
        clock: Measures time-outs.
        turns: Says how many may be under way.
        activity: Hears of what is.

    Attributes:
        is_closing: Whether no call may begin any more.
        around: Calls actions in the engine's place; whoever observes calls puts it there.
    """

    def __init__(self, services: Services, clock: Clock, turns: Turns, activity: Activity) -> None:
        self._services = services
        self._deadlines = Deadlines(clock)
        self._turns = turns
        self._activity = activity
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_closing = False
        self.around: Around | None = None

    @property
    def under_way(self) -> set[asyncio.Task[None]]:
        """The tasks of those that have begun and not ended."""
        return self._tasks

    def begin(self, saga_id: str, command: ActionCall, tell: Tell, *, again: bool = False) -> Call:
        """Call an action as soon as it is its turn; `tell` hears what becomes of it, and of its time-out.

        `again` says that an engine that is gone may have called it before. If it fails now, nobody knows whether it
        has taken place then.
        """
        call = Call(self, saga_id, command, self._services.find(command.service, command.action), tell, again)
        self._turns.ask(command.service, call.start)
        return call

    def stop(self, call: Call) -> None:
        """Nobody waits for it any more. A thread cannot be stopped: what it answers late is told all the same."""
        call.is_over = True
        self._deadlines.stop(call.command.timeout, call)
        if call.task is not None and call.action.is_async and call.task is not asyncio.current_task():
            call.task.cancel()

    def drop(self, call: Call) -> None:
        """Stop it, and tell nobody whatever becomes of it."""
        call.tell = None
        self.stop(call)

    def start(self, call: Call) -> bool:
        """Begin a call whose turn it is, unless nobody waits for it any more; return whether it has begun."""
        if call.is_over or self.is_closing:
            return False
        command = call.command
        self._deadlines.start(command.timeout, call)
        call.task = task = asyncio.get_running_loop().create_task(self._invoke(call))
        self._tasks.add(task)
        self._activity.begin()
        task.add_done_callback(call.ended)
        return True

    def ended(self, task: asyncio.Task[None], service: str) -> None:
        """Give the turn of an action that has ended to the next."""
        self._tasks.discard(task)
        self._turns.done(service)
        self._activity.end()

    async def _invoke(self, call: Call) -> None:
        command = call.command
        undoes = command.undoes if isinstance(command, Compensate) else None
        context = ActionContext(call.saga_id, command.state, command.attempt, command.key, undoes)
        around = self.around
        answer = await (self._ask(call, context) if around is None else around(call, context, self._ask))
        self._deadlines.stop(call.command.timeout, call)
        call.is_over = True
        if isinstance(answer, Failure) and call.again:
            answer = replace(answer, in_doubt=True)
        if call.tell is not None:
            call.tell(answered(command, answer))

    def _ask(self, call: Call, context: ActionContext) -> Coroutine[Any, Any, Json | Failure]:
        guard = self._services.guard(call.command.service)
        if guard is None:
            return invoke(call.action, as_json(call.command.payload), context)
        return self._guarded(guard, call, context)

    async def _guarded(self, guard: Guard, call: Call, context: ActionContext) -> Json | Failure:
        """Call an action if the circuit breaker of its service lets it, and let that hear of the answer."""
        leave = guard.ask()
        if isinstance(leave, Failure):
            return leave
        call.leave = leave
        try:
            answer = await invoke(call.action, as_json(call.command.payload), context)
            leave.judge(answer)
        finally:
            leave.give_back()
        return answer
