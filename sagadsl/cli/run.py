"""`sagadsl run`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from sagadsl.cli import files, story
from sagadsl.cli.exits import EXIT_OF_STATUS, INTERRUPTED, PROBLEMS, USAGE, CommandError
from sagadsl.cli.run_options import read_input, read_script, read_signal
from sagadsl.cli.service_module import load_services
from sagadsl.language.definition import Json, SubSaga
from sagadsl.language.inputs import InputError, prepare_input
from sagadsl.machine.commands import Command
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import INVALID_PAYLOAD, Event
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime import Engine, Outcome, Services, UnknownActionError
from sagadsl.runtime.engine import check_actions
from sagadsl.runtime.listening import Listener
from sagadsl.runtime.simulation import SimulationError, simulate

_NARROWEST = 40


class Format(StrEnum):
    """How the run is written."""

    TEXT = "text"
    JSON = "json"


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    input: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(help="The saga's input: JSON, or @FILE, or @- for standard input.", metavar="JSON|@FILE"),
    ] = None,
    services: Annotated[
        str | None,
        typer.Option(help="The services to run against: a Python module or file.", metavar="MODULE|FILE.py"),
    ] = None,
    simulated: Annotated[
        bool,
        typer.Option("--simulate", help="Run without services, in virtual time: every action succeeds at once."),
    ] = False,
    fail: Annotated[
        list[str] | None,
        typer.Option(
            help="In a simulation: this state's action fails ('~STATE', in quotes: its compensation), always or so "
            "many TIMES. The code Timeout lets the step's timeout pass.",
            metavar="STATE[=CODE[:TIMES]]",
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(help="In a simulation: what this state's action answers.", metavar="STATE=JSON"),
    ] = None,
    signal: Annotated[
        list[str] | None,
        typer.Option(help="A signal that has been sent to the saga.", metavar="NAME[=JSON]"),
    ] = None,
    saga: Annotated[
        list[Path] | None,
        typer.Option(help="The definition of another saga that this one runs.", metavar="FILE"),
    ] = None,
    format: Annotated[Format, typer.Option(help="`text` for people, `json` for programs.")] = Format.TEXT,  # noqa: A002
) -> None:
    """Run a saga once, in memory, and tell what happens.

    With `--services` the actions are Python functions of yours; with `--simulate` none are needed:

        sagadsl run order.yaml --simulate --input '{"quantity": 2}' --fail charge=Declined

    Exit code 0 when the saga completed, 3 when it was compensated, 4 when a compensation failed, 5 when it failed,
    1 when the definition or the input has errors, 2 when the command does.
    """
    _check_options(services, simulated, fail or [], output or [])
    definition = files.load(file)
    script = read_script(definition, fail or [], output or [], signal or [])
    compiled = compile_saga(definition)
    _check_signals(compiled, [name for name, _ in script.signals])
    checked = _checked_input(compiled, read_input(input))
    console = Console(highlight=False, soft_wrap=True, quiet=format is Format.JSON)
    console.width = max(console.width, _NARROWEST)
    try:
        if services is None:
            tell = _teller(console)
            outcome = simulate(compiled, checked, script, saga_id=uuid.uuid4().hex, start_at=time.time(), on_event=tell)
        else:
            sagas = [compiled, *(compile_saga(files.load(path)) for path in saga or [])]
            actions = _actions(sagas, services)
            outcome = _run_to_rest(sagas, checked, actions, signal or [], console, format)
    except SimulationError as error:
        raise CommandError(str(error), USAGE) from None
    _conclude(console, outcome, format, services_were_simulated=simulated)
    raise typer.Exit(EXIT_OF_STATUS[outcome.status])


def _check_options(services: str | None, simulated: bool, fail: list[str], output: list[str]) -> None:
    if services is None and not simulated:
        raise CommandError(
            "nobody is there to carry out the actions", hint="give --services, or --simulate to do without"
        )
    if services is not None and simulated:
        raise CommandError("--simulate runs without services; leave one of the two out")
    if services is not None and (fail or output):
        raise CommandError("--fail and --output are for --simulate; services answer for themselves")


def _check_signals(compiled: CompiledSaga, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in compiled.signals]
    if unknown:
        known = ", ".join(sorted(compiled.signals)) or "none"
        raise CommandError(
            f"--signal {unknown[0]}: {compiled.definition.name} waits for no such signal",
            hint=f"its signals: {known}",
        )


def _checked_input(compiled: CompiledSaga, data: Json) -> Json:
    try:
        return prepare_input(compiled.definition, data)
    except InputError as error:
        raise CommandError(f"the input does not fit {compiled.definition.name}:\n{error}", PROBLEMS) from None


def _actions(sagas: Sequence[CompiledSaga], name: str) -> Services:
    _check_sagas(sagas)
    services = load_services(name)
    try:
        for compiled in sagas:
            check_actions(compiled, services)
    except UnknownActionError as error:
        offered = ", ".join(services) or "none"
        raise CommandError(f"{name}: {error}", hint=f"it has {offered}") from None
    return services


def _check_sagas(sagas: Sequence[CompiledSaga]) -> None:
    given = {compiled.definition.name for compiled in sagas}
    for compiled in sagas:
        for state in compiled.definition.all_states.values():
            if isinstance(state, SubSaga) and state.saga not in given:
                raise CommandError(
                    f"{compiled.definition.name}: {state.name} runs the saga {state.saga}, which was not given",
                    hint="give its definition with --saga FILE",
                )


def _teller(console: Console) -> Listener:
    teller = story.Teller()

    def tell(saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        for line in teller.tell(saga, event, commands):
            console.print(Text(str(line), style=story.STYLES[line.mark]))

    return tell


def _run_to_rest(
    sagas: Sequence[CompiledSaga],
    data: Json,
    services: Services,
    signals: Sequence[str],
    console: Console,
    format: Format,  # noqa: A002 - the option's name
) -> Outcome:
    """Run the saga against services; an action that does not stop when it is told to is left behind."""
    tell, unwritten = _teller(console), list[OSError]()

    def tell_or_remember(saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        try:
            tell(saga, event, commands)
        except OSError as error:  # whoever read our output has gone; the saga goes on
            unwritten.append(error)

    runner = asyncio.Runner()
    outcome, left = runner.run(_run(sagas, data, services, signals, tell_or_remember))
    if unwritten:
        raise unwritten[0]
    if left:  # asyncio would wait for them for ever
        _conclude(console, outcome, format, services_were_simulated=False)
        sys.stdout.flush()
        os._exit(EXIT_OF_STATUS[outcome.status])
    runner.close()
    return outcome


async def _run(
    sagas: Sequence[CompiledSaga], data: Json, services: Services, signals: Sequence[str], tell: Listener
) -> tuple[Outcome, int]:
    """Return the outcome, and how many actions have not stopped."""
    engine = Engine(services, on_event=tell)
    engine.register(*sagas)
    try:
        saga_id = await engine.start(sagas[0], data)
        with suppress(UnexpectedEvent):  # a saga that calls nobody is over before a signal comes
            for text in signals:
                await engine.signal(saga_id, *read_signal(text))
        outcome = await engine.wait(saga_id)
    except asyncio.CancelledError:  # Ctrl-C: asyncio cancels what it was told to run
        message = _interrupted(engine.get(saga_id))
        await engine.close()
        raise CommandError(message, INTERRUPTED) from None
    return outcome, await engine.close()


def _interrupted(outcome: Outcome) -> str:
    moving = {"running", "retrying", "waiting", "failed", "compensating"}
    at = ", ".join(step.state for step in outcome.steps if step.status in moving)
    return f"interrupted while {outcome.name} was {outcome.status}, at {at}; what it had done is not undone"


def _conclude(console: Console, outcome: Outcome, format: Format, *, services_were_simulated: bool) -> None:  # noqa: A002
    if format is Format.JSON:
        typer.echo(json.dumps(outcome.to_json(), ensure_ascii=False, indent=2))
        return
    console.print()
    for row, status in story.table(outcome):
        console.print(Text(row, style=story.STATUS_STYLES.get(status, "")))
    console.print()
    if outcome.status == "completed":
        console.print(Text(f"output: {json.dumps(outcome.output, ensure_ascii=False)}"))
    if services_were_simulated and outcome.error is not None and outcome.error.code == INVALID_PAYLOAD:
        console.print(
            Text("in a simulation outputs are stand-ins; give real ones with --output STATE=JSON", style="yellow")
        )
    for line in story.summary(outcome):
        console.print(Text(line, style=story.STATUS_STYLES.get(outcome.status, "")))
