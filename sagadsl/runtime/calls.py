"""The calls of actions that are under way: begun when it is their turn, timed out, and stopped when nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, KeysView
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.durations import format_duration
from sagadsl.language.jsondata import as_json
from sagadsl.machine.commands import Compensate, Invoke
from sagadsl.machine.events import TIMEOUT, UNAVAILABLE, Event, Failure
from sagadsl.runtime.activity import Activity
from sagadsl.runtime.answers import answered
from sagadsl.runtime.breakers import Guard, Leave
from sagadsl.runtime.clock import Clock
from sagadsl.runtime.deadlines import Deadlines
from sagadsl.runtime.invocation import invoke
from sagadsl.runtime.services import Action, ActionContext, Services
from sagadsl.runtime.turns import Turns

if TYPE_CHECKING:
    from sagadsl.runtime.runs import Run

ActionCall: TypeAlias = Invoke | Compensate
Tell: TypeAlias = "Callable[[Call, Event], None]"
Ask: TypeAlias = "Callable[[Call, ActionContext], Awaitable[Json | Failure]]"
Around: TypeAlias = "Callable[[Call, ActionContext, Ask], Awaitable[Json | Failure]]"
"""Calls an action by its last argument, and hears of the answer that it returns."""


class Call:
    """One call of one action. There are as many as sagas, and the garbage collector walks through all they are made of.

    Attributes:
        run: The saga, in this engine's memory.
        command: What it wants.
        is_held: Whether the circuit breaker of its service has not let it through yet.
        is_over: Whether it has answered, or was stopped.
    """

    __slots__ = ("_calls", "action", "again", "command", "is_held", "is_over", "leave", "run", "task", "tell")

    def __init__(self, calls: Calls, run: Run, command: ActionCall, action: Action, tell: Tell, again: bool) -> None:
        self._calls = calls
        self.run = run
        self.command = command
        self.action = action
        self.tell: Tell | None = tell
        self.task: asyncio.Task[None] | None = None
        self.again = again
        self.leave: Leave | None = None
        self.is_held = False
        self.is_over = False

    @property
    def saga_id(self) -> str:
        """The saga's id."""
        return self.run.saga.id

    @property
    def can_be_stopped(self) -> bool:
        """Whether nothing comes of it any more once it is stopped: a thread goes on to its end."""
        return self.action.is_async or self.task is None or self.is_held

    def start(self) -> bool:
        """Begin, now that it is its turn; return whether it has."""
        return self._calls.start(self)

    def time_out(self) -> None:
        """Tell that there was no answer in time."""
        if self.is_over or self.tell is None:
            return
        if self.is_held and self.task is not None:
            self.task.cancel()  # or it might be let through while it is written down that it was not
        self.tell(self, answered(self.command, self._too_late()))

    def _too_late(self) -> Json | Failure:
        limit, service = format_duration(self.command.timeout), self.command.service
        if self.is_held:
            why = f"{service} was not called: for {limit} another call has been trying whether it works again"
            return Failure(UNAVAILABLE, why, in_doubt=self.again)
        failure = Failure(TIMEOUT, f"no answer within {limit}", in_doubt=True)
        return failure if self.leave is None else self.leave.judge(failure)


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
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._hear_of_end, self._context = self._ended, copy_context()  # made once, and not for each of very many calls
        self.is_closing = False
        self.around: Around | None = None

    @property
    def under_way(self) -> KeysView[asyncio.Task[None]]:
        """The tasks of those that have begun and not ended."""
        return self._tasks.keys()

    def begin(self, run: Run, command: ActionCall, tell: Tell, *, again: bool = False) -> Call:
        """Call an action as soon as it is its turn; `tell` hears what becomes of it, and of its time-out.

        `again` says that an engine that is gone may have called it before. If it fails now, nobody knows whether it
        has taken place then.
        """
        call = Call(self, run, command, self._services.find(command.service, command.action), tell, again)
        self._turns.ask(command.service, call.start)
        return call

    def stop(self, call: Call) -> None:
        """Nobody waits for it any more. A thread cannot be stopped: what it answers late is told all the same."""
        call.is_over = True
        self._deadlines.stop(call.command.timeout, call)
        if call.task is not None and call.can_be_stopped and call.task is not asyncio.current_task():
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
        self._tasks[task] = command.service
        self._activity.begin()
        task.add_done_callback(self._hear_of_end, context=self._context)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Give the turn of an action that has ended to the next."""
        self._turns.done(self._tasks.pop(task))
        self._activity.end()

    async def _invoke(self, call: Call) -> None:
        answer = await self._answer(call)
        self._deadlines.stop(call.command.timeout, call)
        call.is_over = True
        if isinstance(answer, Failure) and call.again:
            answer = replace(answer, in_doubt=True)
        if call.tell is not None:
            call.tell(call, answered(call.command, answer))

    def _answer(self, call: Call) -> Awaitable[Json | Failure]:
        command, around = call.command, self.around
        undoes = command.undoes if isinstance(command, Compensate) else None
        context = ActionContext(call.saga_id, command.state, command.attempt, command.key, undoes)
        return self._ask(call, context) if around is None else around(call, context, self._ask)

    def _ask(self, call: Call, context: ActionContext) -> Coroutine[Any, Any, Json | Failure]:
        guard = self._services.guard(call.command.service)
        if guard is None:
            return invoke(call.action, as_json(call.command.payload), context)
        return self._guarded(guard, call, context)

    async def _guarded(self, guard: Guard, call: Call, context: ActionContext) -> Json | Failure:
        """Call an action if the circuit breaker of its service lets it, and let that hear of the answer."""
        call.is_held = True
        leave = await guard.ask()
        call.is_held = False
        if isinstance(leave, Failure):
            return leave
        call.leave = leave
        try:
            return leave.judge(await invoke(call.action, as_json(call.command.payload), context))
        finally:
            leave.give_back()
