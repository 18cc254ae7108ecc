"""Going on with a saga that was begun before: what has happened so far, and who runs it now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import printable
from sagadsl.cli.moments import from_now
from sagadsl.cli.reasons import below
from sagadsl.cli.recalling import Recalled, recalled
from sagadsl.cli.waiting import waits_of
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.runtime.outcome import report
from sagadsl.runtime.processes import is_gone, this_process
from sagadsl.runtime.store.contract import EngineRow, SagaRow, Store, StoreError

if TYPE_CHECKING:
    from sagadsl.cli.durable import Story
    from sagadsl.runtime.engine import Engine

_SOON = 1.0
"""Seconds after which a saga that has not begun may need an explanation."""


async def go_on(engine: Engine, story: Story, saga_id: str) -> None:
    """Say how far a saga has come, and take it up here if nobody runs it.

    Raises:
        CommandError: It cannot be run here.
    """
    found = await recalled(engine.store, await engine.store.row(saga_id))
    story.teller.skip(found.saga.compiled, saga_id, found.events)
    for line in _so_far(found):
        story.note(line)
    if found.saga.status in AT_REST:
        return
    for each in await below(engine.store, saga_id):
        story.note(f"it waits for {each}: `{each.line()}` says what a person can decide")
    try:
        row = await engine.resume(saga_id)
    except StoreError as error:
        raise CommandError(str(error)) from None
    other = await _other_engine(engine.store, row)
    if other is not None:
        story.note(
            f"the engine {other.id} on {printable(other.host)} runs it: what happens is told here, "
            "and it is taken up should that engine end"
        )


async def explain_waiting(engine: Engine, story: Story, saga_id: str) -> None:
    """Say for whom a saga waits that does not begin, because another one has its locks."""
    await asyncio.sleep(_SOON)
    found = await recalled(engine.store, await engine.store.row(saga_id))
    for wait in waits_of(found.saga, await engine.store.locks()):
        if wait.kind == "lock" and wait.held_by is not None:
            story.note(f"it waits for the lock {printable(wait.what)}, which saga {printable(wait.held_by)} holds")


def _so_far(found: Recalled) -> Iterator[str]:
    """Yield the lines that tell briefly what has happened."""
    row, saga = found.row, found.saga
    began = from_now(row.created_at, time.time())
    what = "is" if saga.status in AT_REST else "so far"
    yield f"{saga.definition.name} {printable(row.version)}, saga {row.id}, started {began}: {what} {saga.status}"
    if saga.status in AT_REST:
        return
    for step in report(saga, found.events).steps:
        if step.status != "pending":
            tried = f", attempt {step.attempts}" if step.attempts > 1 else ""
            place = f"{step.state}/{step.region}" if step.region else step.state
            yield f"  {place:<24} {step.status}{tried}"


async def _other_engine(store: Store, row: SagaRow) -> EngineRow | None:
    """Return the engine that runs a saga, if it seems alive and is not of this process."""
    for engine in await store.engines():
        if engine.id == row.owner and engine.process != this_process() and not is_gone(engine.process):
            return engine
    return None
