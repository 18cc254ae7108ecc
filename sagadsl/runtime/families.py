"""Sagas that sagas run: started once, undone when the one around them is, and heard of when they have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sagadsl.language.inputs import InputError
from sagadsl.machine.commands import CompensateChild, StartChild
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import INVALID_PAYLOAD, CompensationRequested, Event, Failure, SagaStarted
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime import mail
from sagadsl.runtime.actions import check_actions
from sagadsl.runtime.answers import answered, failed
from sagadsl.runtime.handing import handed_on
from sagadsl.runtime.patience import until_available
from sagadsl.runtime.runs import Run
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import IdTaken, KeyTaken, SagaRow, UnknownSagaError
from sagadsl.runtime.stored import replay

if TYPE_CHECKING:
    from sagadsl.runtime.host import Host

TAKEN = "Taken"
"""The code of a failure to start a saga because another one has its id or its business key."""

UNDO = CompensationRequested(parent=True)

_ATTEMPTS, _PAUSE = 20, 0.05
"""How often, and after how many seconds again, a child is asked to go back whose row is behind what it says."""


def _is_wanted(run: Run, command: StartChild) -> bool:
    """Whether a saga still waits for a child that is about to begin; it may be on its way back already."""
    return not run.is_gone and run.saga.awaits(command)


class Families:
    """Carries out what concerns children.

    Attributes:
        request: Lets any saga of the store take an event, wherever it is run; set by the engine.
    """

    def __init__(self, host: Host, services: Services) -> None:
        self._host = host
        self._services = services
        self._registered: dict[str, list[CompiledSaga]] = {}
        self.request: Callable[[str, Event], Awaitable[None]]

    def register(self, compiled: CompiledSaga) -> None:
        """Make a saga known; the last one of a name is its newest."""
        known = self._registered.setdefault(compiled.definition.name, [])
        known[:] = [*(other for other in known if other.hash != compiled.hash), compiled]

    @property
    def names(self) -> Collection[str]:
        """The names of the sagas that are known."""
        return self._registered.keys()

    def find(self, name: str, version: str | None = None) -> CompiledSaga | None:
        """Return the newest saga of this name, or of this name and version."""
        known = self._registered.get(name, [])
        return next((c for c in reversed(known) if version is None or c.definition.version == version), None)

    async def start_child(self, run: Run, command: StartChild) -> None:
        """Run another saga for a state of this one; one that is there already is not started again."""
        try:
            compiled, started = await self._prepared(run, command)
        except (LookupError, InputError) as error:
            row = await self._row(command.child_id)
            if row is None:
                self._host.offer(run, failed(command, Failure(INVALID_PAYLOAD, str(error), retryable=False)))
            else:
                await self._is_there(run, command, row)
            return
        try:
            wanted = partial(_is_wanted, run, command)
            refusal = await self._host.start(compiled, command.child_id, started, parent=run.saga.id, wanted=wanted)
        except InputError as error:
            self._host.offer(run, failed(command, Failure(INVALID_PAYLOAD, str(error), retryable=False)))
            return
        match refusal:
            case IdTaken(row):
                await self._is_there(run, command, row)
            case KeyTaken(other):
                why = f"the saga {other}, which is not finished, has the same business key"
                self._host.offer(run, failed(command, Failure(TAKEN, why)))

    async def known(self, name: str, version: str | None) -> CompiledSaga | None:
        """Return the newest saga of a name that is registered here, or else that the store has."""
        found = self.find(name, version)
        if found is not None:
            return found
        recollection = self._host.recollection
        return await until_available(lambda: recollection.newest(name, version), "look for a definition")

    async def _prepared(self, run: Run, command: StartChild) -> tuple[CompiledSaga, SagaStarted]:
        compiled = await self.known(command.saga, command.version)
        if compiled is None:
            version = "" if command.version is None else f" {command.version}"
            raise LookupError(f"no saga {command.saga!r}{version} is registered")
        check_actions(compiled, self._services)
        started = compiled.started(command.input)
        secret = handed_on(run.saga, command.state)
        return compiled, replace(started, sensitive=secret) if secret else started

    async def _is_there(self, run: Run, command: StartChild, row: SagaRow) -> None:
        """Hear from a child that was started before; one that has not ended will send mail."""
        if row.parent != run.saga.id:
            failure = Failure(TAKEN, f"there is another saga with the id {row.id}", retryable=False)
            self._host.offer(run, failed(command, failure))
        elif row.status in SAGA.final:
            host = self._host
            sagas = await until_available(lambda: replay(host.store, [row], host.recollection), "read a saga")
            if sagas[row.id].status not in SAGA.final:  # its end is on its way to the store, and mail with it
                return
            try:
                event = mail.read(run.saga, mail.of_child(sagas[row.id]))
            except UnexpectedEvent:
                return
            host.offer(run, event)

    async def undo_child(self, run: Run, command: CompensateChild) -> None:
        """Undo the saga that a state of this one has run, however far it has come."""
        refused = ""
        for _ in range(_ATTEMPTS):
            async with self._host.arrivals.of(command.child_id):  # a start on its way is there now, or will never be
                row = await self._row(command.child_id)
            if row is None or row.parent != run.saga.id or row.status == "compensated":
                self._host.offer(run, answered(command, {}))
                return
            if row.status in {"compensating", "compensation_failed"}:
                return
            try:
                await until_available(lambda: self.request(command.child_id, UNDO), "undo a saga")
            except UnexpectedEvent as unexpected:
                refused = str(unexpected)
                await asyncio.sleep(_PAUSE)
            else:
                return
        self._host.offer(run, failed(command, Failure("NotCompensated", refused, retryable=False)))

    async def _row(self, saga_id: str) -> SagaRow | None:
        try:
            return await until_available(lambda: self._host.store.row(saga_id), "look for a saga")
        except UnknownSagaError:
            return None
