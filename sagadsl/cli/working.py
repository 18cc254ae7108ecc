"""An engine that runs until it is stopped, and says what becomes of its sagas."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import typer
from rich.text import Text

from sagadsl.cli import observing
from sagadsl.cli.exits import OK
from sagadsl.cli.formats import Format, printable
from sagadsl.cli.interpreter import tune_the_interpreter
from sagadsl.cli.moments import clock_time, length
from sagadsl.cli.stopping import Stopping, leave_at_once
from sagadsl.cli.stores import connect, told
from sagadsl.cli.tables import STYLES, console
from sagadsl.language.diagnostics import DefinitionError
from sagadsl.machine.commands import Finish
from sagadsl.runtime.engine import Engine
from sagadsl.runtime.observe.masking import masked_end

if TYPE_CHECKING:
    from sagadsl.language.definition import Json
    from sagadsl.machine.commands import Command
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.machine.events import Event
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.limits import Limits
    from sagadsl.runtime.listening import Listener
    from sagadsl.runtime.observe.setting_up import Observation, Settings
    from sagadsl.runtime.services import Services
    from sagadsl.runtime.store.contract import Store, StoredDefinition

_log = logging.getLogger(__name__)

_BETWEEN_WORDS = 1.0  # seconds
_ALIVE = 1.0  # seconds

Say: TypeAlias = Callable[[str], None]


def work(
    url: str,
    sagas: Sequence[CompiledSaga],
    services: Services,
    limits: Limits,
    format: Format,  # noqa: A002 - the option's name
    settings: Settings,
) -> None:
    """Run sagas until somebody stops it; the process ends there if actions do not.

    Raises:
        CommandError: The store cannot be used, or not any more.
    """
    observing.log(settings)
    runner = asyncio.Runner()
    with told():
        store = connect(url)
        engine = Engine(store, services, on_event=_listener(format), limits=limits)
        with observing.observed(engine, settings) as observation:
            left = runner.run(_work(store, engine, sagas, observation, _log.info if settings.logs else _say))
    if left:  # asyncio would wait for them for ever
        leave_at_once(OK, f"{left} {_actions(left)} did not stop and will be called again\n")
    runner.close()


async def _work(store: Store, engine: Engine, sagas: Sequence[CompiledSaga], observation: Observation, say: Say) -> int:
    """Return how many actions do not stop."""
    with Stopping() as stopping:
        opening = asyncio.create_task(_open(engine, store, sagas))
        asked = asyncio.create_task(stopping.asked())
        try:
            await asyncio.wait({opening, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                opening.cancel()
                await asyncio.wait({opening})
                return 0
            opening.result()
            tune_the_interpreter()
            say(f"at work on {printable(store.url)}; Ctrl-C stops it")
            async with observation:
                await _until(asked, engine)
            return await _stop(engine, say)
        finally:
            asked.cancel()
            await store.close()


async def _open(engine: Engine, store: Store, sagas: Sequence[CompiledSaga]) -> None:
    await store.open()
    before = await _run_by_others(store, engine.services)
    await engine.register(*before, *sagas)


async def _run_by_others(store: Store, services: Services) -> list[CompiledSaga]:
    """Return the definitions of the store that others of it run, of each version the last text, the newest last.

    A saga that is taken up may begin to run one of them, and its file need not be among those of this worker.
    """
    from sagadsl.cli.serving import sub_sagas
    from sagadsl.runtime.actions import missing_actions
    from sagadsl.runtime.stored import recall

    stored = []
    newest: dict[tuple[str, str], StoredDefinition] = {}
    for each in await store.definitions():
        newest.setdefault((each.name, each.version), each)
    for each in reversed(newest.values()):
        try:
            stored.append(recall(each))
        except DefinitionError:
            _log.warning("%s %s: the store's text cannot be read by this sagadsl", each.name, each.version)
    wanted = {state.saga for compiled in stored for state in sub_sagas(compiled)}
    return [saga for saga in stored if saga.definition.name in wanted and not missing_actions(saga, services)]


async def _until(asked: asyncio.Task[None], engine: Engine) -> None:
    """Wait until the worker is asked to stop.

    Raises:
        StoreError: The engine can do nothing any more.
    """
    while not asked.done():
        await asyncio.wait({asked}, timeout=_ALIVE)
        await engine.open()


async def _stop(engine: Engine, say: Say) -> int:
    """Hand everything back, and say what that waits for."""
    closing = asyncio.create_task(engine.close())
    while not closing.done():
        count = engine.actions_under_way
        if count:
            say(f"stopping: waiting for {count} {_actions(count)}; Ctrl-C again stops at once")
        await asyncio.wait({closing}, timeout=_BETWEEN_WORDS)
    say("stopped; what is not finished has been handed back")
    return closing.result()


def _actions(count: int) -> str:
    return "action" if count == 1 else "actions"


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _listener(format: Format) -> Listener:  # noqa: A002 - the option's name
    write = _json_line if format is Format.JSON else _text_line()

    unwritten: list[OSError] = []

    def hear(saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Finish) and not unwritten:
                try:
                    write(saga, event, masked_end(command, saga))
                except OSError as error:  # the sagas go on
                    unwritten.append(error)
                    _log.warning("nobody reads what becomes of sagas any more: %s", error.strerror)

    return hear


def _text_line() -> Callable[[Saga, Event, Finish], None]:
    to = console()

    def write(saga: Saga, event: Event, end: Finish) -> None:
        error = "" if end.error is None else f"  {end.error.code} at {end.state}"
        took = length(event.at - (saga.started_at or event.at))
        line = Text(f"{clock_time(event.at)}  ", style="dim")
        line.append(f"{end.status:<19}", style=STYLES.get(end.status, ""))
        line.append(printable(f"  {saga.definition.name}  {saga.id}  {took}{error}"))
        to.print(line)

    return write


def _json_line(saga: Saga, event: Event, end: Finish) -> None:
    error: Json = None
    if end.error is not None:
        error = {"code": end.error.code, "message": end.error.message, "state": end.state}
    data = {
        "saga_id": saga.id,
        "name": saga.definition.name,
        "version": saga.definition.version,
        "status": end.status,
        "output": end.output,
        "error": error,
        "at": event.at,
        "duration": event.at - (saga.started_at or event.at),
    }
    typer.echo(json.dumps(data, ensure_ascii=False))
