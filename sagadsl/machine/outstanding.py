"""What a saga waits for: the commands that it has given and that have not been answered yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sagadsl.machine.commands import (
    AcquireLocks,
    CancelTimer,
    Command,
    Compensate,
    CompensateChild,
    Invoke,
    StartChild,
    StartTimer,
)
from sagadsl.machine.execution import Execution
from sagadsl.machine.guests import Guest
from sagadsl.machine.seldom import Seldom, WithExtras

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga

TimerHandler: TypeAlias = Callable[["Saga", Execution], None]

NO_TIMERS: Final[dict[str, tuple[TimerHandler, Execution]]] = {}
"""Shared by all sagas that have none, and never put into."""

LOCKS = "locks"

_CALLS = frozenset({Invoke, Compensate, StartChild, CompensateChild})
_ANSWERED = _CALLS | {StartTimer, AcquireLocks}


@dataclass(slots=True)
class Timers:
    """The timers of steps that are running, by their ids; see `Outstanding`."""

    timers: dict[str, tuple[TimerHandler, Execution]] = field(default_factory=lambda: NO_TIMERS)


class Outstanding(WithExtras, Guest):
    """The part of a saga that gives commands.

    Most sagas wait for one answer at a time: `_open` is that command, or a table of several by their names.
    """

    __slots__ = ("_commands", "_open", "now")

    Extras = Timers
    extras: Timers | None

    timers = Seldom[dict[str, tuple[TimerHandler, Execution]]]()

    def __init__(self) -> None:
        self.extras = None
        self.now = 0.0
        self._commands: list[Command] | None = None
        self._open: Command | dict[str, Command] | None = None

    @property
    def outstanding(self) -> dict[str, Command]:
        """The commands that are still to be carried out or answered, in the order they were given."""
        opened = self._open
        if opened is None:
            return {}
        return dict(opened) if isinstance(opened, dict) else {name_of(opened): opened}

    def awaits(self, command: Command) -> bool:
        """Whether this very command is outstanding."""
        opened = self._open
        if isinstance(opened, dict):
            return any(each is command for each in opened.values())
        return opened is command

    @property
    def awaits_nothing(self) -> bool:
        """Whether nothing is outstanding."""
        return self._open is None

    def issue(self, command: Command) -> None:
        """Give a command, and remember it for as long as it is outstanding."""
        if type(command) in _ANSWERED:
            opened = self._open
            if opened is None:
                self._open = command
            else:
                if not isinstance(opened, dict):
                    opened = self._open = {name_of(opened): opened}
                opened[name_of(command)] = command
        if self._commands is not None:
            self._commands.append(command)

    def answered(self, execution: Execution) -> bool:
        """Forget the call of this step: it has been answered, or nobody waits for its answer."""
        opened: Any = self._open
        if isinstance(opened, dict):
            return self._forget(_call_name(execution.name, execution.region, execution.number))
        if (
            type(opened) not in _CALLS
            or opened.state != execution.plan.name
            or opened.execution != execution.number
            or opened.region != execution.cursor.region
        ):
            return False
        self._open = None
        return True

    def locks_are_granted(self) -> bool:
        """Forget that locks were asked for; return whether they were."""
        return self._forget(LOCKS)

    def _forget(self, name: str) -> bool:
        opened = self._open
        if isinstance(opened, dict):
            found = opened.pop(name, None) is not None
            if not opened:
                self._open = None
            return found
        if opened is None or name_of(opened) != name:
            return False
        self._open = None
        return True

    def start_timer(self, timer_id: str, delay: float) -> None:
        """Ask for an event after so many seconds."""
        self.issue(StartTimer(timer_id, delay, self.now + delay))

    def start_step_timer(self, timer_id: str, delay: float, handler: TimerHandler, execution: Execution) -> None:
        """Ask for an event that `handler` takes for this step."""
        if self.timers is NO_TIMERS:
            self.timers = {}
        self.timers[timer_id] = (handler, execution)
        self.start_timer(timer_id, delay)

    def timer_is_set(self, timer_id: str) -> bool:
        """Whether the timer is outstanding."""
        opened, name = self._open, _timer_name(timer_id)
        return name in opened if isinstance(opened, dict) else opened is not None and name_of(opened) == name

    def take_timer(self, timer_id: str) -> tuple[TimerHandler, Execution] | None:
        """Forget a timer, which has run out, and return what it was for if it was a step's."""
        self._forget(_timer_name(timer_id))
        taken = self.timers.pop(timer_id, None)
        if not self.timers:
            self.timers = NO_TIMERS
        return taken

    def cancel_timer(self, timer_id: str) -> None:
        """Take a timer back, if it is outstanding."""
        if self._open is not None and self.timer_is_set(timer_id):
            self.take_timer(timer_id)
            self.issue(CancelTimer(timer_id))

    def cancel_step_timers(self, execution: Execution) -> None:
        """Take back every timer of this step."""
        if self.extras is None or not self.timers:
            return
        for timer_id in [key for key, (_, owner) in self.timers.items() if owner is execution]:
            self.cancel_timer(timer_id)


def name_of(command: Command) -> str:
    """Return what a command is known by while it is outstanding."""
    match command:
        case Invoke() | Compensate() | StartChild() | CompensateChild():
            return _call_name(command.state, command.region, command.execution)
        case StartTimer():
            return _timer_name(command.timer_id)
        case AcquireLocks():
            return LOCKS
    raise TypeError(f"nothing answers {command}")


@lru_cache(maxsize=10_000)
def _call_name(state: str, region: str, execution: int) -> str:
    place = f"{state}/{region}" if region else state
    return f"call {place}" if execution == 1 else f"call {place}:{execution}"


def _timer_name(timer_id: str) -> str:
    return f"timer {timer_id}"
