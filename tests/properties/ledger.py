"""An account of a saga's life that is kept from its events and commands alone, to hold the machine's own against.

It knows the rules of `language.md` ("What happens") and nothing of how the machine carries them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sagadsl.language.definition import SubSaga, Task
from sagadsl.machine.commands import Compensate, CompensateChild, Invoke, StartChild
from sagadsl.machine.events import (
    CompensationFailed,
    CompensationRequested,
    CompensationSucceeded,
    RetryRequested,
    SagaTimedOut,
    SignalReceived,
    StepFailed,
    StepResolved,
    StepSkipped,
    StepSucceeded,
    TimerFired,
)

ROUNDS = (RetryRequested, SignalReceived, StepResolved, StepSkipped)
"""What may begin a new round of attempts."""


@dataclass
class Call:
    """One step of the saga that calls somebody."""

    state: Task | SubSaga
    number: int
    region: str
    attempt: int = 0
    is_open: bool = False
    is_taken: bool = False
    completed_at: int | None = None
    in_doubt_at: int | None = None
    attempts: int = 0
    undo_attempts: int = 0
    undo_open: bool = False
    undo_begun: list[int] = field(default_factory=list)
    undone: int = 0

    @property
    def happened_at(self):
        return max((at for at in (self.completed_at, self.in_doubt_at) if at is not None), default=None)

    @property
    def must_be_undone(self):
        """Rules 1 and 2: what has completed, and what may have."""
        state = self.state
        if state.kind == "read_only" or (state.compensation is None and not isinstance(state, SubSaga)):
            return False
        return self.in_doubt_at is not None or (self.completed_at is not None and state.kind != "pivot")


class Ledger:
    """Watches a saga, and complains when it breaks a rule."""

    def __init__(self, saga):
        self.saga = saga
        self.calls = {}
        self.time = 0
        self.rounds = 1
        self.pivot_passed = False
        self._was = saga.status

    def before(self, event):
        self._was = self.saga.status

    def after(self, event, commands):
        """Take note of an event that was taken, and of what the saga wants because of it."""
        self.time += 1
        self._note(event)
        passed = self.pivot_passed
        for command in commands:
            match command:
                case Invoke() | StartChild():
                    self._called(command)
                case Compensate() | CompensateChild():
                    assert not passed, f"{command.state} is undone after the pivot"
                    self._undo(command)
        if self.saga.status == "compensated" and self._was != "compensated":
            self.check_undone()

    def _note(self, event):
        self.rounds += isinstance(event, ROUNDS)
        match event:
            case StepSucceeded() | StepFailed():
                self._answered(event, self.calls.get((event.state, event.region, event.execution)))
            case CompensationSucceeded() | CompensationFailed():
                self._undo_answered(event, self.calls[event.state, event.region, event.execution])
            case TimerFired(timer_id=timer_id):
                self._rang(timer_id)
            case SagaTimedOut() | CompensationRequested():
                self._abandon()
            case StepResolved() | StepSkipped():
                self._decided(event)

    def _answered(self, event, call):
        if call is None or not call.is_open or event.attempt != call.attempt:
            return  # late: the attempt has been given up
        if isinstance(event, StepFailed):
            call.is_open = call.is_taken = False
            if event.error.in_doubt:
                call.in_doubt_at = self.time
        elif getattr(call.state, "callback", False) and not event.reported:
            assert not call.is_taken
            call.is_taken = True
        else:
            call.is_open = call.is_taken = False
            self._complete(call, event.output)

    def _complete(self, call, output):
        if not (getattr(call.state, "fail_when", ()) and output["declined"]):
            call.completed_at, call.in_doubt_at = self.time, None
            self.pivot_passed = self.pivot_passed or call.state.kind == "pivot"

    def _undo_answered(self, event, call):
        if not call.undo_open or event.attempt != call.undo_attempts:
            return
        call.undo_open = False
        if isinstance(event, CompensationSucceeded):
            call.undone += 1

    def _rang(self, timer_id):
        label, _, what = timer_id.partition("/report/") if "/report/" in timer_id else timer_id.rpartition("/")
        if what != "timeout" and "/report/" not in timer_id:
            return
        for call in self.calls.values():
            if self.label(call) == label and call.is_open:
                call.is_open = call.is_taken = False
                call.in_doubt_at = self.time

    def _abandon(self):
        for call in self.calls.values():
            if call.is_open:
                call.is_open = call.is_taken = False
                call.in_doubt_at = self.time

    def _decided(self, event):
        calls = [call for call in self.calls.values() if (call.state.name, call.region) == (event.state, event.region)]
        if self._was == "compensation_failed":
            failed = [call for call in calls if call.undo_begun and not call.undone]
            failed[-1].undone += 1
        elif isinstance(event, StepResolved) and isinstance(self._state(event), Task | SubSaga):
            call = calls[-1] if calls else self._call(event.state, event.region, 1)
            call.completed_at, call.in_doubt_at = self.time, None
            self.pivot_passed = self.pivot_passed or call.state.kind == "pivot"

    def _state(self, event):
        return self.saga.definition.all_states[event.state]

    def _call(self, name, region, number):
        state = self.saga.definition.all_states[name]
        return self.calls.setdefault((name, region, number), Call(state, number, region))

    def _called(self, command):
        key = (command.state, command.region, command.execution)
        call = self._call(*key)
        assert not call.is_open, f"{key} is called while it is being called"
        call.attempt, call.is_open = command.attempt, True
        call.attempts += 1
        limit = getattr(call.state, "retry", None)
        assert call.attempts <= (limit.max_attempts if limit else 1) * self.rounds, f"{key} is tried too often"

    def _undo(self, command):
        key = (command.state, command.region, command.execution)
        call = self.calls[key]
        assert call.must_be_undone, f"{key} is undone although there is nothing to undo"
        assert not call.undone, f"{key} is undone again"
        assert not call.is_open, f"{key} is undone while it is being done"
        call.undo_attempts, call.undo_open = command.attempt, True
        call.undo_begun.append(self.time)
        retry = call.state.compensation.retry.max_attempts if call.state.compensation else 1
        assert call.undo_attempts <= retry * self.rounds, f"{key} is undone too often"

    def check_undone(self):
        """Exactly what had to be was undone, each once, the last that happened first (rule 1)."""
        for key, call in self.calls.items():
            assert call.undone == call.must_be_undone, f"{key} was undone {call.undone} times"
        undone = [call for call in self.calls.values() if call.undo_begun]
        undone.sort(key=lambda call: call.undo_begun[0])
        if self.saga.definition.compensation.order == "reverse":
            happened = [call.happened_at for call in undone]
            assert happened == sorted(happened, reverse=True), "not in the reverse order of completion"

    def label(self, call):
        place = f"{call.state.name}/{call.region}" if call.region else call.state.name
        return place if call.number == 1 else f"{place}:{call.number}"
