"""Records what people decide about sagas, without running any: an engine among the others that carries nothing out.

A decision about a saga that nobody runs is written into its log at once, and whoever takes the saga up next does what
follows from it. One about a saga that an engine runs is sent to that engine, whose answer is waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Self, TypeVar

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.commands import Command, Compensate, Invoke
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime import foreseen, mail, processes
from sagadsl.runtime.clock import Clock, SystemClock
from sagadsl.runtime.decisions import Make
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.replies import replies
from sagadsl.runtime.runs import Run
from sagadsl.runtime.store.contract import (
    UNBEGUN,
    Answer,
    LeaseLostError,
    Letter,
    Mail,
    SagaRow,
    Store,
    StoreError,
    StoreUnavailableError,
    UnknownSagaError,
    Write,
)
from sagadsl.runtime.stored import Recollection
from sagadsl.runtime.verdicts import Recorded, Refused, Sent, Verdict, reason, recorded, refused

T = TypeVar("T")

_log = logging.getLogger(__name__)

_AGAIN = 3
"""How often a decision is begun anew, should this process have slept for so long that it was taken for dead."""


_GONE_ON = Refused("something else has happened to the saga meanwhile; look at it again")


class Recorder:
    """Records decisions in a store that is open. Use it as `async with Recorder(store) as recorder:`.

    One can be shared by tasks that decide at the same time.

    Args:
        store: Where the sagas are.
        clock: What time it is.
        patience: Seconds to wait for the answer of an engine.
    """

    def __init__(self, store: Store, *, clock: Clock | None = None, patience: float = 10.0) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._patience = patience
        self._recollection = Recollection(store)
        self._engine_id = ""
        self._beating: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # what one call owns, another one of the same name would give back

    async def __aenter__(self) -> Self:
        await self._join()
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait({self._beating})
        with suppress(StoreUnavailableError):  # the others will find that this process is gone
            await self._store.leave(self._engine_id)

    async def _join(self) -> None:
        row = processes.new_engine(self._clock.now(), ())
        self._engine_id = row.id
        await self._store.join(row)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(Limits().beat)
            try:
                await self._store.beat(self._engine_id)
            except StoreError as error:  # who writes next hears of it
                _log.info("no sign of life could be given: %s", error)

    async def record(self, saga_id: str, make: Make) -> Verdict:
        """Record a decision about one saga; see `record_all`."""
        return (await self.record_all([saga_id], make))[saga_id]

    async def record_all(self, saga_ids: Sequence[str], make: Make) -> Mapping[str, Verdict]:
        """Record a decision about several sagas, each by itself; what is refused for one does not keep the others.

        Args:
            saga_ids: The sagas; some hundreds at a time.
            make: Makes the decision's event from a saga.

        Returns:
            What became of each.

        Raises:
            StoreUnavailableError: The store is not there now; what of this is in it can be seen there.
        """
        async with self._turn:
            rows = await self._with_lease(lambda: self._claim(saga_ids))
            here = [row for row in rows.values() if self._is_free(row)]
            verdicts = await self._with_lease(lambda: self._record_here(here, make))
        verdicts |= {id_: Refused("there is no such saga") for id_ in saga_ids if id_ not in rows}
        return verdicts | await self._send([row for row in rows.values() if not self._is_free(row)], make)

    def _is_free(self, row: SagaRow) -> bool:
        """Whether no other engine may write for a saga just now."""
        return row.owner == self._engine_id or _rests(row)

    async def _with_lease(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do something, under a new name should this process have been taken for dead."""
        for _ in range(_AGAIN):
            try:
                return await do()
            except LeaseLostError:
                await self._join()
        return await do()

    async def _claim(self, saga_ids: Sequence[str]) -> dict[str, SagaRow]:
        """Become the owner of those that nobody runs; return the rows of all that there are.

        One that rests, and has no mail, is left as it is: nobody is about to write anything for it, and if somebody
        does all the same, the store takes only one of the two events.
        """
        await self._bury_the_dead()
        rows = {}
        for saga_id in saga_ids:
            with suppress(UnknownSagaError):
                row = await self._store.row(saga_id)
                rows[saga_id] = row if _rests(row) else await self._store.claim_one(self._engine_id, saga_id)
        return rows

    async def _bury_the_dead(self) -> None:
        """Take away the entries of engines whose process has ended on this machine."""
        for engine in await self._store.engines():
            if engine.id != self._engine_id and processes.is_gone(engine.process):
                await self._store.bury(engine.id, engine.beat)

    # sagas that nobody runs

    async def _record_here(self, rows: Sequence[SagaRow], make: Make | None) -> dict[str, Verdict]:
        """Let sagas that are ours take their mail and then the decision, and give them back."""
        rows = [await self._owned(row) for row in rows]
        ours = {row.id: row for row in rows if self._is_free(row)}
        taken_up = Refused("an engine has taken the saga up meanwhile; decide again")
        release = {row.id: _next(row.status, is_unbegun=row.wake_at == UNBEGUN) for row in ours.values()}
        try:
            histories = await self._store.histories(list(ours)) if ours else {}
            runs: dict[str, Run] = {}
            verdicts: dict[str, Verdict] = {row.id: taken_up for row in rows if row.id not in ours}
            for row in ours.values():
                try:
                    saga = (await self._recollection.find(row)).replay(row.id, histories[row.id])
                    if saga.status == row.status:
                        runs[row.id] = Run(saga, row, self._engine_id, 0.0)
                    else:
                        verdicts[row.id] = _GONE_ON
                except (StoreError, DefinitionError, UnexpectedEvent, KeyError) as error:
                    verdicts[row.id] = Refused(f"this sagadsl cannot read the saga: {error}")
            unbegun = {id_ for id_, run in runs.items() if run.row.wake_at == UNBEGUN or not _calls(run.saga)}
            taken = await self._take(runs, make)
            release |= {id_: _next(runs[id_].saga.status, is_unbegun=id_ in unbegun) for id_ in taken}
            return verdicts | taken
        finally:
            if release:
                await self._store.release(self._engine_id, release)

    async def _owned(self, row: SagaRow) -> SagaRow:
        """Return the row of a saga that is ours, unless somebody was quicker."""
        return row if self._is_free(row) else await self._store.claim_one(self._engine_id, row.id)

    async def _take(self, runs: Mapping[str, Run], make: Make | None) -> dict[str, Verdict]:
        """Write what follows from the mail of these sagas and from the decision."""
        writes: list[Write] = []
        for letter in await self._store.letters(self._engine_id) if runs else []:
            if letter.saga_id in runs:
                await self._open(runs[letter.saga_id], letter, writes)
        verdicts: dict[str, Verdict] = {}
        for saga_id, run in runs.items():
            try:
                commands = [] if make is None else self._write(run, make, None, writes)
                verdicts[saga_id] = recorded(run.saga, commands)
            except UnexpectedEvent as unexpected:
                verdicts[saga_id] = refused(run.saga, str(unexpected))
        refusals = await self._store.commit(self._engine_id, writes) if writes else []
        for write, refusal in zip(writes, refusals, strict=True):
            if refusal is not None:
                verdicts[write.saga_id] = _GONE_ON
        return verdicts

    async def _open(self, run: Run, letter: Letter, writes: list[Write]) -> None:
        """Add what follows from a letter that came before the decision did."""
        try:
            self._write(run, lambda saga: mail.read(saga, letter.body), letter.id, writes)
        except (UnexpectedEvent, ValueError, KeyError, TypeError) as error:
            await self._store.refuse(letter.id, str(error))

    def _write(self, run: Run, make: Make, answers: int | None, writes: list[Write]) -> Sequence[Command]:
        """Let the saga take an event, and add what has to be written for it; return what the saga wants done."""
        saga = run.saga
        event = replace(make(saga), seq=saga.seq + 1, at=max(self._clock.now(), saga.now))
        foreseen.check(saga, event)
        commands = saga.apply(event)
        writes.append(run.write(event, commands, answers))
        return commands

    # sagas that an engine runs

    async def _send(self, rows: Sequence[SagaRow], make: Make) -> dict[str, Verdict]:
        """Send the decision to the engines that run these sagas, and wait for their answers."""
        letters: dict[int, str] = {}
        verdicts: dict[str, Verdict] = {}
        for row in rows:
            try:
                saga = await self._look_at(row)
            except (StoreError, DefinitionError, UnexpectedEvent) as error:
                verdicts[row.id] = Refused(f"this sagadsl cannot read the saga: {error}")
                continue
            try:
                event = make(saga)
                foreseen.check(saga, event)
                letters[await self._store.post(Mail(row.id, mail.of_event(event)))] = row.id
            except UnexpectedEvent as unexpected:
                verdicts[row.id] = refused(saga, str(unexpected))
        answers = await replies(self._store, letters, self._patience, self._deliver_those(letters))
        verdicts |= {letters[letter]: await self._verdict(letters[letter], answers[letter]) for letter in answers}
        unanswered = [saga_id for letter, saga_id in letters.items() if letter not in answers]
        hosts = {engine.id: engine.host for engine in await self._store.engines()} if unanswered else {}
        owners = {row.id: row.owner or "" for row in rows}
        return verdicts | {saga_id: Sent(hosts.get(owners[saga_id], "another host")) for saga_id in unanswered}

    async def _look_at(self, row: SagaRow) -> Saga:
        events = await self._store.events(row.id)
        return (await self._recollection.find(row)).replay(row.id, events)

    async def _verdict(self, saga_id: str, answer: Answer) -> Verdict:
        if answer.refusal is not None:
            return Refused(reason(saga_id, answer.refusal))
        row = await self._store.row(saga_id)
        return Recorded(row.status, is_run=row.owner is not None)

    def _deliver_those(self, letters: Mapping[int, str]) -> Callable[[Collection[int]], Awaitable[None]]:
        async def deliver(left: Collection[int]) -> None:
            await self._with_lease(lambda: self._deliver([letters[letter] for letter in left]))

        return deliver

    async def _deliver(self, saga_ids: Sequence[str]) -> None:
        """Where an engine has let go of a saga before it read our letter, let the saga take it here."""
        async with self._turn:
            await self._bury_the_dead()
            free = [row for saga_id in saga_ids if (row := await self._store.row(saga_id)).owner is None]
            await self._record_here(free, None)


def _rests(row: SagaRow) -> bool:
    """Whether nobody has a saga, and nothing is to be done for it."""
    return row.owner is None and row.wake_at is None and row.status in AT_REST


def _calls(saga: Saga) -> bool:
    """Whether the saga waits for the answer of an action, which whoever had it before may have called."""
    return any(isinstance(command, Invoke | Compensate) for command in saga.outstanding.values())


def _next(status: str, *, is_unbegun: bool) -> float | None:
    """Return when a saga is to be taken up: at once, unless it does nothing by itself."""
    if status in AT_REST:
        return None
    return UNBEGUN if is_unbegun else 0.0
