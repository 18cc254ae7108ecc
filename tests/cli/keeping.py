"""Sagas in a store, written as an engine writes them, without running one."""

import asyncio
import time

from sagadsl.language.load import load
from sagadsl.machine.commands import Compensate, CompensateChild
from sagadsl.machine.compiler import compile_saga
from sagadsl.runtime.processes import this_process
from sagadsl.runtime.runs import Run, first_row
from sagadsl.runtime.store.contract import EngineRow
from sagadsl.runtime.store.opening import open_store
from sagadsl.runtime.stored import to_store
from sagadsl.runtime.virtual import Answer, VirtualRun, stand_ins

ENGINE = "engine-of-the-test"


def writes_of(compiled, saga_id, events, parent=None):
    """What an engine commits for a saga to which these events happen."""
    run = Run(compiled.new(saga_id), first_row(compiled.new(saga_id), parent, ENGINE), ENGINE, 0.0)
    for event in events:
        commands = run.saga.apply(event)
        yield run.first_write(event) if event.seq == 1 else run.write(event, commands, None)


def answering(compiled, given):
    """What calls are answered, a second later."""
    outputs = {**stand_ins(compiled), **given}

    def answer(call):
        undo = "~" if isinstance(call, Compensate | CompensateChild) else ""
        return Answer(outputs.get(f"{undo}{call.state}", {}), after=1.0)

    return answer


class Keeper:
    """Puts sagas into a store."""

    def __init__(self, url):
        self.url = url

    def keep(self, definition, saga_id, input, given=(), *, started=None, first=None, owned=False, parent=None):
        """Put a saga there whose actions take a second each; return its events.

        Args:
            given: What states (`~STATE`: their compensations) answer, or with what `Failure`.
            started: When it began; now, otherwise.
            first: How many of its events are there; all that come by themselves, otherwise.
            owned: Whether the engine that runs it is still there.
        """
        compiled = compile_saga(load(definition))
        at = time.time() if started is None else started
        run = VirtualRun(compiled, answering(compiled, dict(given)), saga_id=saga_id, start_at=at)
        run.start(input)
        while (first is None or len(run.events) < first) and run.step():
            pass
        asyncio.run(self._write(compiled, list(writes_of(compiled, saga_id, run.events, parent)), owned))
        return run.events

    async def _write(self, compiled, writes, owned):
        store = open_store(self.url)
        await store.open()
        await store.join(EngineRow(ENGINE, "here", this_process(), time.time()))
        await store.save_definition(to_store(compiled, time.time()))
        assert await store.commit(ENGINE, writes) == [None] * len(writes)
        if not owned:
            await store.leave(ENGINE)
        await store.close()
