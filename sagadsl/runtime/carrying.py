"""Carrying out what a saga's machine commands, and giving it what becomes of that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

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
from sagadsl.machine.events import Event, LocksAcquired
from sagadsl.runtime.calls import ActionCall, Call
from sagadsl.runtime.patience import until_available
from sagadsl.runtime.runs import Run

if TYPE_CHECKING:
    from sagadsl.runtime.host import Host


class Carrier:
    """Carries commands out. What is locked, and what finishes, is written together with the event that says so."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._tell = self._answered

    def carry_out(self, run: Run, command: Command, *, again: bool = False) -> None:
        """Do what a saga wants; its next events say what came of it. `again`: it may have been done before."""
        match command:
            case Invoke() | Compensate():
                self._call(run, command, again=again)
            case StartTimer():
                self._set_alarm(run, command)
            case CancelTimer():
                alarm = run.alarms.pop(command.timer_id, None)
                if alarm is not None:
                    alarm.cancel()
            case StartChild():
                self._host.errands.begin(self._host.families.start_child(run, command), run)
            case CompensateChild():
                self._host.errands.begin(self._host.families.undo_child(run, command), run)
            case AcquireLocks():
                self._host.errands.begin(self._lock(run, command.names), run)

    def _call(self, run: Run, command: ActionCall, *, again: bool) -> None:
        if self._host.is_closing or not run.saga.awaits(command):
            return
        run.calls[_name(command)] = self._host.calls.begin(run, command, self._tell, again=again)

    def _answered(self, call: Call, event: Event) -> None:
        run = call.run
        if call.is_over:
            run.calls.pop(_name(call.command), None)
        self._host.offer(run, event)
        self._host.leave_at_rest(run)

    def _set_alarm(self, run: Run, timer: StartTimer) -> None:
        """Set a timer; it takes no longer than its delay, even if the clock has been set back since."""
        ring = partial(self._ring, run, timer.timer_id)
        instant = min(timer.due, self._host.clock.now() + timer.delay)
        run.alarms[timer.timer_id] = self._host.clock.call_at(instant, ring)

    def _ring(self, run: Run, timer_id: str) -> None:
        run.alarms.pop(timer_id, None)
        self._host.offer(run, run.saga.timer_event(timer_id))

    async def _lock(self, run: Run, names: Sequence[str]) -> None:
        saga_id = run.saga.id
        if await until_available(lambda: self._host.store.lock(self._host.engine_id, saga_id, names), "take locks"):
            self._host.offer(run, LocksAcquired())

    def stop_abandoned(self, run: Run) -> None:
        """Stop the calls that the saga no longer waits for."""
        if not run.calls:
            return
        for name, call in list(run.calls.items()):
            if not run.saga.awaits(call.command):
                if call.can_be_stopped:
                    del run.calls[name]
                self._host.calls.stop(call)


def _name(command: ActionCall) -> str:
    return f"{command.key}#{command.attempt}"
