"""Taking up sagas from the store, and letting go of those that wait for long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event
from sagadsl.machine.guests import CallbackError
from sagadsl.machine.lifecycles import SAGA
from sagadsl.machine.saga import Saga
from sagadsl.runtime.about import about_row
from sagadsl.runtime.actions import needed_actions
from sagadsl.runtime.host import Host
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.one_family import OneFamily
from sagadsl.runtime.patience import until_available
from sagadsl.runtime.runs import Run
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import UNBEGUN, LeaseLostError, SagaRow, StoreError

AT_ONCE = 500
"""Sagas that are taken up together at the most."""

BETWEEN_TURNS = 50
"""Sagas that are replayed before others have a turn in the event loop."""

_log = logging.getLogger(__name__)


class CannotRunError(StoreError):
    """This engine does not have what a saga needs; others may."""


def _replayed(compiled: CompiledSaga, saga_id: str, events: Sequence[Event]) -> Saga:
    """Return the saga to which these events happened, whatever callbacks on its machines have to say to that."""
    try:
        return compiled.replay(saga_id, events)
    except CallbackError as error:
        _log.warning("%s", error, extra={"saga_id": saga_id})
        return error.saga


class Claims:
    """Moves sagas between the store and an engine's memory.

    Args:
        host: Runs them.
        services: A saga that calls an action which they do not have is left to others.
        limits: When to let go of a saga, and how many to have.
        only: The sagas that are taken up; all, otherwise.
    """

    def __init__(self, host: Host, services: Services, limits: Limits, only: OneFamily | None = None) -> None:
        self._host = host
        self._services = services
        self._limits = limits
        self._only = only
        self._not_ours: set[str] = set()
        self._has_strays = False
        self._leaving: dict[str, float | None] = {}

    def learn(self, compiled: CompiledSaga) -> None:
        """Hear of a definition that this engine can run."""
        self._not_ours.discard(compiled.hash)
        self._host.recollection.add(compiled)

    async def take_up(self) -> None:
        """Take up sagas whose time has come."""
        host = self._host
        if self._has_strays:
            await self._take_up_strays()
        generation = host.generation
        while (room := min(AT_ONCE, self._limits.residents - len(host.runs))) > 0 and not host.is_closing:
            without = frozenset(self._not_ours)
            with self._noting_strays():
                rows = await self._claim(room, without)
                await self._adopt_unless_others_do(rows, generation)
            if len(rows) < room:
                break

    async def _claim(self, room: int, without: Collection[str]) -> Sequence[SagaRow]:
        store, engine_id, now = self._host.store, self._host.engine_id, self._host.clock.now()
        if self._only is not None:
            return await self._only.claim(store, engine_id, now=now, limit=room, without=without)
        return await store.claim(engine_id, now=now, limit=room, without=without)

    async def _take_up_strays(self) -> None:
        """Take up sagas that the store says are ours, and that are not here: an answer of the store was lost."""
        host, generation = self._host, self._host.generation
        self._has_strays = False
        with self._noting_strays():
            rows = await host.store.owned(host.engine_id)
            strays = [row for row in rows if row.id not in self._leaving]
            await self._adopt_unless_others_do(strays, generation)

    @contextmanager
    def _noting_strays(self) -> Iterator[None]:
        """Note that there may be sagas that are ours and not here, if anything goes wrong on their way."""
        try:
            yield
        except BaseException:
            self._has_strays = True
            raise

    async def take_up_one(self, saga_id: str) -> Run | SagaRow:
        """Take up one saga, if nobody else runs it; return it, or the row that says who runs it.

        Raises:
            UnknownSagaError: There is no such saga.
            StoreError: It cannot be run here; the message says why.
        """
        host = self._host
        async with host.arrivals.of(saga_id):
            if saga_id in host.runs:
                return host.runs[saga_id]
            generation = host.generation
            with self._noting_strays():
                row = await host.store.claim_one(host.engine_id, saga_id)
                if row.owner != host.engine_id:
                    return row
                await self._adopt([row], generation)
        if generation != host.generation:
            raise LeaseLostError(f"{saga_id}: this engine was taken for dead while it took it up")
        if saga_id not in host.runs:
            raise CannotRunError(f"{saga_id}: its definition, {row.name} {row.version}, cannot be run here")
        return host.runs[saga_id]

    async def _adopt_unless_others_do(self, rows: Sequence[SagaRow], generation: int) -> None:
        """Take up sagas of this engine; one that a request brings in at this moment is left to that."""
        arrivals = self._host.arrivals
        mine = frozenset(arrivals.begin_now(row.id for row in rows))
        if len(mine) < len(rows):  # what brings the others in may come to nothing; the next look will tell
            self._has_strays = True
        try:
            await self._adopt([row for row in rows if row.id in mine], generation)
        finally:
            for saga_id in mine:
                arrivals.end(saga_id)

    async def _adopt(self, rows: Sequence[SagaRow], generation: int) -> None:
        """Replay sagas that are this engine's now, and go on with them, unless it has lost them meanwhile."""
        host = self._host
        for row in rows:
            self._leaving.pop(row.id, None)
            if row.id in host.runs:  # it came to rest, and has mail, before that could be told here
                host.runs[row.id].is_ours = True
        rows = [row for row in rows if row.id not in host.runs]
        first_of_each = {row.hash: row for row in reversed(rows)}  # what one can do, all of a definition can
        able = {hash_ for hash_, row in first_of_each.items() if await self._can_run(row)}
        for row in rows:
            if row.hash not in able:
                self._leave_to_others(row)
        runnable = [row for row in rows if row.hash in able]
        histories = await self._histories(runnable)
        for number, row in enumerate(runnable, 1):
            await self._adopt_one(row, histories.get(row.id), generation)
            if number % BETWEEN_TURNS == 0:
                await asyncio.sleep(0)
        if runnable:
            host.mail_sent()

    async def _histories(self, rows: Sequence[SagaRow]) -> Mapping[str, Sequence[Event]]:
        """Return the events of sagas; where one of them cannot be read, none, so that each is read by itself."""
        store = self._host.store
        try:
            return await until_available(lambda: store.histories([row.id for row in rows]), "read events")
        except (StoreError, ValueError):
            return {}

    async def _adopt_one(self, row: SagaRow, events: Sequence[Event] | None, generation: int) -> None:
        host = self._host
        try:
            if events is None:
                events = await until_available(lambda: host.store.events(row.id), "read events")
            saga = _replayed(await host.recollection.find_live(row), row.id, events)
        except Exception:  # noqa: BLE001 - whatever is wrong with one saga must not keep the others
            what = "%s: a %s whose events cannot be replayed; it is tried again in a minute"
            _log.exception(what, row.id, row.name, extra=about_row(row))
            host.errands.begin(host.release({row.id: host.clock.now() + 60.0}))
        else:
            if generation == host.generation and row.id not in host.runs:  # nothing is awaited from here on
                host.adopt(row, saga)

    async def _can_run(self, row: SagaRow) -> bool:
        """Whether its definition is known and its actions are there."""
        if row.hash in self._not_ours:
            return False
        why = await self._obstacle(row)
        if why is None:
            return True
        self._not_ours.add(row.hash)
        _log.warning("%s: %s; it is left to another engine", row.id, why, extra=about_row(row))
        return False

    def _leave_to_others(self, row: SagaRow) -> None:
        at_once = UNBEGUN if row.wake_at == UNBEGUN else 0.0
        self._host.errands.begin(self._host.release({row.id: None if row.status in SAGA.final else at_once}))

    async def _obstacle(self, row: SagaRow) -> str | None:
        host = self._host
        try:
            compiled = await until_available(lambda: host.recollection.find(row), "read a definition")
        except (StoreError, DefinitionError) as error:
            return f"its definition cannot be read: {error}"
        needed = await needed_actions(compiled, host.families.known)
        missing = [name for name in needed if name not in self._services]
        return f"no service offers {', '.join(missing)}" if missing else None

    async def let_go(self) -> None:
        """Give back sagas that wait for long, to be taken up again when their time comes or mail does."""
        host, now = self._host, asyncio.get_running_loop().time()
        resting, host.resting = host.resting, []
        for run in resting:
            host.leave_at_rest(run)
        quiet = (run for run in host.runs.values() if run.is_quiet and now - run.touched >= self._limits.sleep_after)
        for run in list(islice(filter(self._waits_for_long, quiet), AT_ONCE)):
            host.evict(run)
            self._leaving[run.saga.id] = run.next_due(host.clock.now())
        while self._leaving:
            sagas = dict(self._leaving)
            await host.store.release(host.engine_id, sagas)
            for saga_id in sagas:
                self._leaving.pop(saga_id, None)

    def _waits_for_long(self, run: Run) -> bool:
        now = self._host.clock.now()
        if run.saga.now > now:  # the clock was set back: only the alarms that are set know what is due
            return False
        due = run.next_due(now)
        wait = None if due is None else due - now
        return run.broken is None and (wait is None or wait > self._limits.sleep_after)
