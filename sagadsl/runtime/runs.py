"""A saga in an engine's memory, and the row that a store lists it by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sagadsl.machine.commands import Command, ReleaseLocks, StartTimer
from sagadsl.machine.events import Event
from sagadsl.machine.lifecycles import AT_REST, SAGA
from sagadsl.machine.saga import Saga
from sagadsl.runtime import mail
from sagadsl.runtime.calls import Call
from sagadsl.runtime.clock import Alarm
from sagadsl.runtime.store.contract import Mail, SagaRow, Write


class Run:
    """A saga that this engine runs.

    Attributes:
        saga: The saga, which may be some events ahead of the store.
        row: Its row, as it was given to the store last.
        calls: The calls under way, by what the saga calls them.
        alarms: The timers that are set, by their ids.
        uncommitted: How many of its events are on their way to the store.
        errands: How many things are being done for it in the background.
        events: Those that are in the store, if somebody wants them kept.
        touched: When something happened to it last, by the event loop's clock.
        engine_id: The engine that runs it.
        is_ours: Whether the store has that engine as its owner; it has none for a saga at rest.
        is_gone: Whether it is run here no longer; then nothing may be written for it.
        broken: What went wrong in the machine, so that nothing can be done for it.
    """

    __slots__ = (
        "alarms", "broken", "calls", "engine_id", "errands", "events", "is_gone", "is_ours", "row", "saga", "touched",
        "uncommitted",
    )  # fmt: skip

    def __init__(self, saga: Saga, row: SagaRow, engine_id: str, touched: float) -> None:
        self.saga = saga
        self.row = row
        self.engine_id = engine_id
        self.is_ours = True
        self.calls: dict[str, Call] = {}
        self.alarms: dict[str, Alarm] = {}
        self.uncommitted = 0
        self.errands = 0
        self.events: list[Event] | None = None
        self.touched = touched
        self.is_gone = False
        self.broken: Exception | None = None

    @property
    def is_at_rest(self) -> bool:
        """Whether it does nothing by itself, and that is in the store."""
        return self.saga.status in AT_REST and not self.uncommitted

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way for it."""
        return not (self.calls or self.uncommitted or self.errands)

    def next_due(self, now: float) -> float | None:
        """When it has to do something by itself, if ever; a clock that was set back puts nothing off."""
        timers = (timer for timer in self.saga.outstanding.values() if isinstance(timer, StartTimer))
        return min((min(timer.due, now + timer.delay) for timer in timers), default=None)

    def write(self, event: Event, commands: Sequence[Command], answers: int | None) -> Write:
        """Return what has to be written for an event that the saga has just taken."""
        saga, was = self.saga, self.row
        if (saga.status, _error(saga)) == (was.status, (was.error_code, was.error_message, was.error_state)):
            return Write(saga.id, event, answers=answers)
        self._change(was, event.at)
        ends = saga.status in SAGA.final
        letters = (Mail(was.parent, mail.of_child(saga)),) if ends and was.parent is not None else ()
        frees = ends and any(isinstance(command, ReleaseLocks) for command in commands)
        return Write(saga.id, event, self.row, letters, answers, frees)

    def first_write(self, event: Event) -> Write:
        """Return what has to be written for the event that begins the saga."""
        saga, definition = self.saga, self.saga.definition
        deadline = None if definition.timeout is None else event.at + definition.timeout
        self._change(self.row, event.at, created_at=event.at, key=saga.key, deadline=deadline)
        parent, ends = self.row.parent, saga.status in SAGA.final
        letters = (Mail(parent, mail.of_child(saga)),) if ends and parent is not None else ()
        return Write(saga.id, event, self.row, letters)

    def _change(self, row: SagaRow, at: float, **begun: Any) -> None:
        """Note that the status or the error has changed, or that it begins; a saga that rests belongs to nobody."""
        saga, (code, message, state) = self.saga, _error(self.saga)
        self.is_ours = saga.status not in AT_REST
        self.row = replace(
            row,
            status=saga.status,
            updated_at=at,
            ended_at=at if saga.status in SAGA.final else None,
            error_code=code,
            error_message=message,
            error_state=state,
            owner=self.engine_id if self.is_ours else None,
            wake_at=None,
            **begun,
        )


def _error(saga: Saga) -> tuple[str | None, str | None, str | None]:
    """Return the code and the message of a saga's error, and where it happened."""
    error = saga.error
    return (None, None, saga.error_state) if error is None else (error.code, error.message, saga.error_state)


def first_row(saga: Saga, parent: str | None, engine_id: str) -> SagaRow:
    """Return the row of a saga that is about to begin; its first event brings the rest."""
    definition = saga.definition
    return SagaRow(
        id=saga.id,
        name=definition.name,
        version=definition.version,
        hash=saga.compiled.hash,
        status=saga.status,
        created_at=0.0,
        updated_at=0.0,
        parent=parent,
        owner=engine_id,
    )
