"""The inside of an engine: the sagas that it has in memory, and how it carries out what their machines command.

The host holds what a machine must not have: a clock, tasks and threads. Whatever comes of a command is fed back as an
event, stamped with its number and the time. The event goes to the store first; only when it is there is anything done
because of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from sagadsl.machine.commands import Command
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event, SagaStarted
from sagadsl.machine.guests import CallbackError
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.about import about
from sagadsl.runtime.activity import Activity
from sagadsl.runtime.arrivals import Arrivals
from sagadsl.runtime.calls import Calls
from sagadsl.runtime.clock import Clock
from sagadsl.runtime.commits import Commits, Committed
from sagadsl.runtime.errands import Errands
from sagadsl.runtime.ids import check_names
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.patience import until_available
from sagadsl.runtime.promises import Promises, fulfil
from sagadsl.runtime.runs import Run, first_row
from sagadsl.runtime.services import Services
from sagadsl.runtime.store.contract import UNBEGUN, IdTaken, OutOfTurn, Refusal, SagaRow, Store, StoreError, Write
from sagadsl.runtime.stored import Recollection
from sagadsl.runtime.turns import Turns

Written = Callable[[Refusal | None], None]

_log = logging.getLogger(__name__)


class Host:
    """Runs sagas.

    Args:
        store: Where their events go.
        services: The actions that they call.
        clock: Where their time comes from.
        limits: How much is done at a time.
        on_event: Hears of every event once it is in the store.

    Attributes:
        listeners: Those who do.
        heard_of_commits: Hears of every transaction; see `Commits`.
        runs: The sagas in memory, by their ids.
        recollection: The definitions that sagas in the store run.
        families: Carries out what concerns the sagas that sagas run.
        carrier: Carries out what sagas command.
        errands: What is done in the background.
        promises: What is owed to those who wait for an event to be written.
        generation: How often it has lost all its sagas at once.
        resting: Sagas at rest that were taken up, to be let go of once their mail has been read.
        arrivals: Sagas that are being started or taken up.
        mail_sent: Called when there may be mail for sagas of this engine.
    """

    def __init__(
        self, store: Store, services: Services, clock: Clock, limits: Limits, on_event: Listener | None
    ) -> None:
        from sagadsl.runtime.carrying import Carrier  # noqa: PLC0415 - the two know each other
        from sagadsl.runtime.families import Families  # noqa: PLC0415 - likewise

        self.store = store
        self.clock = clock
        self.engine_id = ""
        self.runs: dict[str, Run] = {}
        self.recollection = Recollection(store)
        self.families = Families(self, services)
        self.carrier = Carrier(self)
        self.mail_sent: Callable[[], None] = lambda: None
        self.is_closing = False
        self.generation = 0
        self.resting: list[Run] = []
        self.arrivals = Arrivals()
        self.listeners: tuple[Listener, ...] = () if on_event is None else (on_event,)
        self.heard_of_commits: Committed | None = None
        self._activity = Activity(clock)
        turns = Turns(limits.actions, {**services.limits, **limits.per_service})
        self.calls = Calls(services, clock, turns, self._activity)
        self.errands = Errands(self._activity)
        self._at_rest: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()  # as long as somebody waits
        self.promises = Promises()

    def begin(self, engine_id: str, lost: Callable[[StoreError], None]) -> None:
        """Run sagas under this id from now on."""
        self.engine_id = engine_id
        self.commits = Commits(self.store, engine_id, lost, self.heard_of_commits)
        self.promises.are_kept = lambda: not self.commits.is_stopped

    # sagas come and go

    async def start(
        self,
        compiled: CompiledSaga,
        saga_id: str,
        started: SagaStarted,
        *,
        parent: str | None = None,
        wanted: Callable[[], bool] | None = None,
        keep: bool = False,
    ) -> Refusal | None:
        """Begin a saga; return when its first event is in the store, or why it was refused.

        Args:
            compiled: What to run.
            saga_id: Its id.
            started: The event that begins it.
            parent: The saga that runs it as a state of its own.
            wanted: Asked at the last moment; if it says no, the saga does not begin.
            keep: Whether its events are to be kept in memory, for somebody who waits for it.

        Raises:
            InputError: Its business key or one of its locks has a name that is too long.
            LeaseLostError: This engine has been taken for dead, and has not begun anew yet.
        """
        async with self.arrivals.of(saga_id):
            if saga_id in self.runs:
                return IdTaken(self.runs[saga_id].row)
            if wanted is not None and not wanted():
                return OutOfTurn()
            refusal: Refusal | None = await self._begin(compiled, saga_id, started, parent, keep=keep)
            return refusal

    def _begin(
        self, compiled: CompiledSaga, saga_id: str, started: SagaStarted, parent: str | None, *, keep: bool
    ) -> asyncio.Future[Refusal | None]:
        future = self.promises.make()
        if future.done():
            return future
        saga = compiled.new(saga_id)
        run = Run(saga, first_row(saga, parent, self.engine_id), self.engine_id, self._loop_time())
        run.events = [] if keep else None
        stamped = replace(started, seq=1, at=self.clock.now())
        commands = _apply(saga, stamped)
        check_names(saga)

        def written(refusal: Refusal | None) -> None:
            if refusal is None:
                self.runs[saga_id] = run
            fulfil(future, refusal)

        self._write(run, run.first_write(stamped), commands, written)
        return future

    def adopt(self, row: SagaRow, saga: Saga) -> Run:
        """Go on with a saga that has been replayed: whatever is outstanding is done again, or at last (`UNBEGUN`)."""
        run = Run(saga, row, self.engine_id, self._loop_time())
        self.runs[saga.id] = run
        if saga.status in AT_REST:
            self.resting.append(run)
        again = row.wake_at != UNBEGUN
        for command in list(saga.outstanding.values()):
            self.carrier.carry_out(run, command, again=again)
        return run

    def evict(self, run: Run) -> None:
        """Forget a saga, and stop what is under way for it. What is on its way to the store may get there."""
        run.is_gone = True
        if self.runs.get(run.saga.id) is run:
            del self.runs[run.saga.id]
        for alarm in run.alarms.values():
            alarm.cancel()
        for call in run.calls.values():
            self.calls.drop(call)
        run.alarms.clear()
        run.calls.clear()
        self._rouse(run.saga.id)

    def evict_all(self, why: Exception) -> None:
        """Forget every saga, and let whoever waits for something to be written know why it will not be."""
        self.generation += 1
        for run in list(self.runs.values()):
            self.evict(run)
        self.promises.break_all(why)

    # events

    def feed(self, run: Run, event: Event, *, answers: int | None = None) -> asyncio.Future[Refusal | None]:
        """Let the saga take an event; the future says that it is in the store.

        Raises:
            UnexpectedEvent: The event is out of place. Nothing has changed.
        """
        future = self.promises.make()
        self._take(run, event, answers, partial(fulfil, future))
        return future

    def offer(self, run: Run, event: Event) -> None:
        """Let the saga take an event that the world brings; one that comes too late for it to care is dropped."""
        if run.is_gone:
            _log.info("%s: %s came too late", run.saga.id, type(event).__name__, extra=about(run.saga, event))
            return
        try:
            self._take(run, event, None, None)
        except UnexpectedEvent as unexpected:
            _log.info("dropped: %s", unexpected, extra=about(run.saga, event))
        except Exception as error:  # noqa: BLE001 - whoever waits for the saga gets it
            self._break(run, error)

    def _take(self, run: Run, event: Event, answers: int | None, written: Written | None) -> None:
        saga = run.saga
        stamped = replace(event, seq=saga.seq + 1, at=max(self.clock.now(), saga.now))
        commands = _apply(saga, stamped)
        run.touched = self._loop_time()
        self._write(run, run.write(stamped, commands, answers), commands, written)

    def _break(self, run: Run, error: Exception) -> None:
        """Stop running a saga whose machine has failed, which must never be; whoever waits for it hears of it."""
        what = "%s: it failed, and is not run any further here"
        _log.error(what, run.saga.id, exc_info=error, extra=about(run.saga))
        run.broken = error
        for alarm in run.alarms.values():
            alarm.cancel()
        self._rouse(run.saga.id)

    def _write(self, run: Run, write: Write, commands: Sequence[Command], written: Written | None) -> None:
        run.uncommitted += 1
        self._activity.begin()
        self.commits.put(write, partial(self._written, run, write, commands, written))

    def _written(
        self, run: Run, write: Write, commands: Sequence[Command], written: Written | None, refusal: Refusal | None
    ) -> None:
        run.uncommitted -= 1
        if run.events is not None:
            run.events.append(write.event)
        if written is not None:
            written(refusal)
        if refusal is None and not run.is_gone:
            try:
                self._follow(run, write.event, commands)
            except Exception as error:  # noqa: BLE001 - whoever waits for the saga gets it
                self._break(run, error)
        elif refusal is not None and write.event.seq > 1:
            _log.warning("%s: another engine runs it", run.saga.id, extra=about(run.saga, write.event))
            self.evict(run)
            self.errands.begin(self.release({run.saga.id: 0.0}))  # should it be ours all the same, it is taken up again
        if refusal is None and (write.mail or write.frees_locks):
            self.mail_sent()
        self._activity.end()

    def _follow(self, run: Run, event: Event, commands: Sequence[Command]) -> None:
        """Do what follows from an event that is in the store."""
        self.carrier.stop_abandoned(run)
        for command in commands:
            self.carrier.carry_out(run, command)
        self._tell_listener(run, event, commands)
        if run.is_at_rest:
            self._rouse(run.saga.id)
            self.leave_at_rest(run)

    def leave_at_rest(self, run: Run) -> None:
        """Let go of a saga that rests, once nothing is under way for it."""
        if run.is_at_rest and not run.calls and not run.is_gone:
            self.evict(run)
            if run.is_ours:
                self.errands.begin(self.release({run.saga.id: None}))

    async def release(self, sagas: dict[str, float | None]) -> None:
        """Give sagas back to the store, but for those that have been taken up again meanwhile."""
        engine_id = self.engine_id

        async def attempt() -> None:
            await self.arrivals.over(sagas)
            await self.store.release(engine_id, {name: at for name, at in sagas.items() if name not in self.runs})

        await until_available(attempt, "give sagas back")

    def _tell_listener(self, run: Run, event: Event, commands: Sequence[Command]) -> None:
        """Tell whoever listens; that they cannot cope is no business of the saga's."""
        for listener in self.listeners:
            try:
                listener(run.saga, event, commands)
            except Exception:  # noqa: BLE001 - it is the listener's
                _log.exception(
                    "%s: whoever listens to events raised an exception", run.saga.id, extra=about(run.saga, event)
                )

    # waiting

    def rest_of(self, saga_id: str) -> asyncio.Event:
        """Return what is set when a saga of this engine has come to rest, or has left the engine."""
        event = self._at_rest.get(saga_id)
        if event is None:
            self._at_rest[saga_id] = event = asyncio.Event()
        return event

    def _rouse(self, saga_id: str) -> None:
        waiting = self._at_rest.pop(saga_id, None)
        if waiting is not None:
            waiting.set()

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()


def _apply(saga: Saga, event: Event) -> list[Command]:
    """Let a saga take an event; what a callback on its machines raises is told to whoever reads the log."""
    try:
        return saga.apply(event)
    except CallbackError as error:
        _log.exception("%s", saga.id, extra=about(saga, event))
        return error.commands
