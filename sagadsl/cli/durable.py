"""Running one saga in a store until it comes to rest, or until somebody stops it."""

from __future__ import annotations

import asyncio
import logging
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from sagadsl.cli import telling
from sagadsl.cli.exits import EXIT_OF_STATUS, INTERRUPTED, PROBLEMS, CommandError
from sagadsl.cli.formats import Format
from sagadsl.cli.logs import log_for_people
from sagadsl.cli.resuming import explain_waiting
from sagadsl.cli.stopping import Stopping, leave_at_once
from sagadsl.cli.stores import MEMORY, connect, told
from sagadsl.cli.storytelling import Storyteller
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.runtime.engine import Engine, EngineClosedError
from sagadsl.runtime.one_family import OneFamily

if TYPE_CHECKING:
    from sagadsl.cli.reasons import Below
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.outcome import Outcome
    from sagadsl.runtime.services import Services
    from sagadsl.runtime.store.contract import Store

_MOVING = {"running", "retrying", "waiting", "failed", "compensating"}


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be run.

    Args:
        sagas: The definition, and then those of the sagas that it runs.
        services: Carry out the actions.
        url: The store.
        format: For whom it is told.
        services_names: The modules and files that have them.
        names_store: Whether the command line names the store.
    """

    sagas: Sequence[CompiledSaga]
    services: Services
    url: str
    format: Format
    services_names: Sequence[str]
    names_store: bool


Begin = Callable[[Engine, "Story"], Awaitable[str]]
"""Starts a saga or takes one up, and returns its id."""


@dataclass(slots=True)
class Story:
    """What is known while a saga runs: its id, once it may be in the store, and whether the engine is open.

    `note` says something to people that is no part of the story.
    """

    teller: Storyteller
    note: Callable[[str], None]
    saga_id: str | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class _Ended:
    """How it went: the outcome, how many actions do not stop, and what a signal has made of it.

    `url` is the store's for people, without a password. `below` are sagas that this one waits for, and that wait for a
    person.
    """

    url: str
    outcome: Outcome | None
    below: Sequence[Below]
    left: int
    exit_code: int | None
    unwritten: OSError | None


def carry_out(task: Task, begin: Begin) -> None:
    """Run a saga and tell it; the process ends with the exit code of its status.

    Raises:
        CommandError: It was interrupted, or the store cannot be used.
        typer.Exit: It has come to rest.
    """
    log_for_people(logging.WARNING)
    runner = asyncio.Runner()
    with told():
        ended = runner.run(_run(task, begin))
    error = _conclude(task, ended)
    if ended.left:  # asyncio would wait for them for ever
        last_words = f"error: {error}\n" if isinstance(error, CommandError) else ""
        hint = f"hint: {error.hint}\n" if isinstance(error, CommandError) and error.hint else ""
        leave_at_once(error.exit_code if isinstance(error, CommandError | typer.Exit) else PROBLEMS, last_words + hint)
    runner.close()
    raise error


def _conclude(task: Task, ended: _Ended) -> Exception:
    """Tell how it has ended, and return what ends the command."""
    if ended.unwritten is not None:
        return ended.unwritten
    outcome = ended.outcome
    if outcome is None or outcome.status not in AT_REST:
        return _interrupted(task, ended)
    telling.conclude(outcome, task.format)
    return typer.Exit(EXIT_OF_STATUS[outcome.status])


async def _run(task: Task, begin: Begin) -> _Ended:
    with Stopping() as stopping:
        store = connect(task.url)
        family = OneFamily()
        story = Story(Storyteller(store, telling.writer(task.format)), telling.noter(task.format))
        engine = Engine(store, task.services, on_event=story.teller.hear, only=family)
        work = asyncio.create_task(_until_rest(task, begin, engine, family, story))
        asked = asyncio.create_task(stopping.asked())
        try:
            await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and sys.stderr.isatty():
                typer.echo("stopping; Ctrl-C again stops at once", err=True)
            left = await engine.close() if story.is_open else 0
            work.cancel()
            await _judge(work, was_stopped=stopping.exit_code is not None)
            outcome = await _outcome(task, store, story)
            below = await _below(store, outcome)
            return _Ended(store.url, outcome, below, left, stopping.exit_code, story.teller.unwritten)
        finally:
            asked.cancel()
            await store.close()


async def _until_rest(task: Task, begin: Begin, engine: Engine, family: OneFamily, story: Story) -> None:
    """Begin, tell what happens, and return when the saga rests."""
    await engine.open()
    story.is_open = True
    await engine.register(*reversed(task.sagas))
    story.saga_id = family.root = await begin(engine, story)
    beside = {
        asyncio.create_task(story.teller.follow(story.saga_id, task.sagas[0])),
        asyncio.create_task(explain_waiting(engine, story, story.saga_id)),
    }
    try:
        await engine.wait(story.saga_id)
    finally:
        for each in beside:
            each.cancel()
        await asyncio.wait(beside)


async def _judge(work: asyncio.Task[None], *, was_stopped: bool) -> None:
    """Raise what has gone wrong; that a stopped engine does nothing more is not wrong."""
    try:
        await work
    except (asyncio.CancelledError, EngineClosedError):
        if not was_stopped:
            raise


async def _outcome(task: Task, store: Store, story: Story) -> Outcome | None:
    """Return what has become of the saga, having told the rest of its story; `None` if it was not begun."""
    from sagadsl.runtime.store.contract import UnknownSagaError
    from sagadsl.runtime.stored import outcome_of

    if story.saga_id is None:
        return None
    try:
        await story.teller.catch_up(story.saga_id, task.sagas[0])
        return await outcome_of(store, story.saga_id)
    except UnknownSagaError:
        return None


async def _below(store: Store, outcome: Outcome | None) -> Sequence[Below]:
    """Return the sagas that wait for a person, and that one waits for which has not come to rest."""
    from sagadsl.cli.reasons import below

    return [] if outcome is None or outcome.status in AT_REST else await below(store, outcome.saga_id)


def _interrupted(task: Task, ended: _Ended) -> CommandError:
    outcome, code = ended.outcome, ended.exit_code or INTERRUPTED
    if outcome is None:
        return CommandError("interrupted before the saga was started", code)
    at = ", ".join(step.state for step in outcome.steps if step.status in _MOVING)
    where = f", at {at}" if at else ""
    what = f"interrupted while {outcome.name} was {outcome.status}{where}"
    if task.url.startswith(MEMORY):
        return CommandError(f"{what}; what it had done is not undone", code)
    words = ["sagadsl", "resume", outcome.saga_id]
    words += [word for name in task.services_names for word in ("--services", name)]
    named = ["--store", ended.url] if task.names_store else []
    hint = f"`{shlex.join([*words, *named])}` goes on with it"
    if ended.below:
        hint += f"; it waits for a saga about which a person has to decide: `{ended.below[0].line(named)}`"
    return CommandError(what, code, hint=hint)
