"""The story of a running saga, live: whoever runs it, every event is told once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sagadsl.cli.story import Line, Teller
from sagadsl.machine.lifecycles import AT_REST, SAGA

if TYPE_CHECKING:
    from sagadsl.machine.commands import Command
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.machine.events import Event
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.store.contract import Store

_BETWEEN_LOOKS = 0.5  # seconds
_LOOKED_AT = 20  # sagas that wait for a person, at the most, at a time
_WAITS_FOR_A_PERSON = AT_REST - SAGA.final


class Storyteller:
    """Tells sagas from the events that an engine reports, and from those that the store has besides.

    An engine's own saga may be some events ahead of the one that is told; so each saga is replayed here.

    Args:
        store: Has the events that no engine of this process has reported.
        write: Writes a line.

    Attributes:
        unwritten: What kept a line from being written; nothing is written after that, and the sagas go on.
    """

    def __init__(self, store: Store, write: Callable[[Line], None]) -> None:
        self.unwritten: OSError | None = None
        self._store = store
        self._write = write
        self._teller = Teller()
        self._sagas: dict[str, Saga] = {}
        self._stuck: dict[str, Saga] = {}
        self._heard: asyncio.Queue[tuple[CompiledSaga, str, Event]] = asyncio.Queue()

    def hear(self, saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        """Take an event from an engine, whose listener this is; what is next in the story is told at once.

        While a saga waits for a person, it may follow from a decision that only the store has.
        """
        told = self._sagas.get(saga.id)
        if told is None and event.seq == 1:
            told = self._sagas[saga.id] = saga.compiled.new(saga.id)
        if told is not None and event.seq == told.seq + 1 and not self._stuck:
            self._say(told, event)
        else:
            self._heard.put_nowait((saga.compiled, saga.id, event))

    def skip(self, compiled: CompiledSaga, saga_id: str, events: Iterable[Event]) -> None:
        """Take it that these events are known; the story goes on behind them."""
        saga = self._sagas[saga_id] = compiled.new(saga_id)
        for event in events:
            self._say(saga, event, aloud=False)

    async def follow(self, saga_id: str, compiled: CompiledSaga) -> None:
        """Tell what is heard, and what another engine does to one saga, until cancelled."""
        from sagadsl.runtime.store.contract import StoreUnavailableError

        while True:
            try:
                async with asyncio.timeout(_BETWEEN_LOOKS):
                    heard = await self._heard.get()
            except TimeoutError:
                heard = None
            try:
                await (self.catch_up(saga_id, compiled) if heard is None else self._take(*heard))
            except StoreUnavailableError:
                await asyncio.sleep(_BETWEEN_LOOKS)  # what was missed is in the store once it is back

    async def catch_up(self, saga_id: str, compiled: CompiledSaga) -> None:
        """Tell whatever has happened and was not told yet."""
        while not self._heard.empty():
            await self._take(*self._heard.get_nowait())
        await self._look_at_stuck()
        told = self._sagas.get(saga_id)
        for event in await self._store.events(saga_id, 0 if told is None else told.seq):
            await self._take(compiled, saga_id, event)

    async def _look_at_stuck(self) -> None:
        """Tell what people have decided about sagas that wait for them: no engine need have reported that."""
        for saga in list(self._stuck.values())[:_LOOKED_AT]:
            for event in await self._store.events(saga.id, saga.seq):
                self._say(saga, event)

    async def _take(self, compiled: CompiledSaga, saga_id: str, event: Event) -> None:
        await self._look_at_stuck()
        if saga_id not in self._sagas:  # one that this saga runs, and perhaps not from its beginning
            before = await self._store.events(saga_id, limit=event.seq - 1) if event.seq > 1 else []
            self.skip(compiled, saga_id, before)
        saga = self._sagas[saga_id]
        if event.seq > saga.seq + 1:
            for missed in await self._store.events(saga_id, saga.seq, limit=event.seq - saga.seq - 1):
                self._say(saga, missed)
        self._say(saga, event)

    def _say(self, saga: Saga, event: Event, *, aloud: bool = True) -> None:
        if event.seq != saga.seq + 1:  # an engine has reported it while the store was asked
            return
        lines = self._teller.tell(saga, event, saga.apply(event))
        if saga.status in _WAITS_FOR_A_PERSON:
            self._stuck[saga.id] = saga
        else:
            self._stuck.pop(saga.id, None)
        for line in lines:
            if aloud and self.unwritten is None:
                try:
                    self._write(line)
                except OSError as error:  # whoever read our output has gone
                    self.unwritten = error
