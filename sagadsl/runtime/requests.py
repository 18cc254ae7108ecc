"""What people and other systems ask of a saga: taken by this engine, or sent to the one that runs it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TypeAlias

from sagadsl.machine.events import Event
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime import foreseen, mail
from sagadsl.runtime.about import about
from sagadsl.runtime.claims import CannotRunError, Claims
from sagadsl.runtime.decisions import Make
from sagadsl.runtime.host import Host
from sagadsl.runtime.replies import replies
from sagadsl.runtime.runs import Run
from sagadsl.runtime.store.contract import Mail, SagaRow, StoreUnavailableError, UnknownSagaError
from sagadsl.runtime.stored import replay

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """A saga by its business key: the unfinished one of this name, or else the youngest finished one."""

    name: str
    key: str


Ref: TypeAlias = str | Key


class Requests:
    """Brings requests to sagas.

    Args:
        host: Runs the sagas of this engine.
        claims: Takes up those that nobody runs.
        patience: Seconds to wait for another engine.
    """

    def __init__(self, host: Host, claims: Claims, patience: float) -> None:
        self._host = host
        self._claims = claims
        self._patience = patience

    async def find(self, ref: Ref) -> str:
        """Return the id of the saga that is meant.

        Raises:
            UnknownSagaError: There is none.
        """
        if isinstance(ref, str):
            return ref
        row = await self._host.store.find_key(ref.name, ref.key)
        if row is None:
            raise UnknownSagaError(f"there is no saga {ref.name!r} with the key {ref.key!r}")
        return row.id

    async def make(self, ref: Ref, make: Make) -> None:
        """Let a saga take an event, wherever it is run, and return when that is in the store.

        Raises:
            UnexpectedEvent: The event is out of place; the message says why.
            UnknownSagaError: There is no such saga.
            StoreUnavailableError: The engine that runs the saga does not answer.
        """
        saga_id = await self.find(ref)
        while True:
            try:
                taken = await self._claims.take_up_one(saga_id)
            except CannotRunError:
                taken = await self._host.store.row(saga_id)
            if isinstance(taken, SagaRow):
                await self._send(taken, make)
                return
            if await self._tell(taken, make):
                return

    async def _tell(self, run: Run, make: Make) -> bool:
        """Let a saga of this engine take the event; return whether it is in the store."""
        host = self._host
        if run.broken is not None:
            raise run.broken
        try:
            if isinstance(event := make(run.saga), foreseen.DECISIONS):
                await self._foresee(run, event)
            if run.is_gone:
                return False
            written = host.feed(run, make(run.saga))
        except UnexpectedEvent:
            host.leave_at_rest(run)
            raise
        return await written is None

    async def _foresee(self, run: Run, event: Event) -> None:
        """Refuse what would come to nothing, unless the store does not have everything that has happened yet."""
        sagas = await replay(self._host.store, [run.row], self._host.recollection)
        if sagas[run.saga.id].seq == run.saga.seq:
            foreseen.check(sagas[run.saga.id], event)

    async def _send(self, row: SagaRow, make: Make) -> None:
        """Send the event to the engine that runs the saga, and wait for its answer."""
        store = self._host.store
        sagas = await replay(store, [row], self._host.recollection)
        saga = sagas[row.id]
        event = make(saga)
        foreseen.check(saga, event)
        if saga.status in AT_REST:  # what it refuses now it will refuse then, and perhaps nobody is there to say so
            saga.apply(event)
        letter = await store.post(Mail(row.id, mail.of_event(event)))
        answer = (await replies(store, [letter], self._patience)).get(letter)
        if answer is None:
            raise StoreUnavailableError(
                f"{row.id}: the engine that runs it has not answered for {self._patience:g} s; "
                "it will find the request when it goes on, and so will whoever takes its place"
            )
        if answer.refusal is not None:
            raise UnexpectedEvent(answer.refusal)

    async def read_mail(self) -> int:
        """Let sagas of this engine take the mail that has come for them; return how many letters there were."""
        host = self._host
        letters = await host.store.letters(host.engine_id)
        written, refused = [], {}
        for letter in letters:
            run = host.runs.get(letter.saga_id)
            if run is None or run.broken is not None:
                continue
            try:
                written.append(host.feed(run, mail.read(run.saga, letter.body), answers=letter.id))
            except UnexpectedEvent as unexpected:
                refused[letter.id] = str(unexpected)
            except Exception as error:  # noqa: BLE001 - one letter that cannot be read must not keep the others
                _log.exception("%s: a letter cannot be read", letter.saga_id, extra=about(run.saga))
                refused[letter.id] = f"it cannot be read: {error}"
        if written:  # before anything else may go wrong: a letter that is read again would be taken twice
            await asyncio.wait(written)
        for letter_id, why in refused.items():
            await host.store.refuse(letter_id, why)
        return len(written)
