"""`sagadsl run`."""

from __future__ import annotations

import shlex
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli import files
from sagadsl.cli.exits import EXIT_OF_STATUS, PROBLEMS, USAGE, CommandError
from sagadsl.cli.formats import Format, FormatOption
from sagadsl.cli.outlasting import outlasting_its_reader
from sagadsl.cli.run_options import read_input, read_script, read_signal
from sagadsl.cli.serving import OptionalServices, sub_sagas
from sagadsl.cli.stores import StoreOption, url_of
from sagadsl.cli.telling import conclude, noter, teller
from sagadsl.language.inputs import InputError, prepare_input
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.runtime.ids import check_names
from sagadsl.runtime.simulation import Script, SimulationError, simulate

if TYPE_CHECKING:
    from sagadsl.cli.durable import Story
    from sagadsl.language.definition import Json
    from sagadsl.runtime.engine import Engine


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    input: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option(help="The saga's input: JSON, or @FILE, or @- for standard input.", metavar="JSON|@FILE"),
    ] = None,
    services: OptionalServices = None,
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
    saga_id: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="ID", help="An id of your own. The same id and input again go on with the same saga."
        ),
    ] = None,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Run a saga and tell what happens.

    With `--services` the actions are Python functions of yours, or are called over HTTP, and everything that happens is
    kept in the store: Ctrl-C, or a crash, ends the command and not the saga, which `sagadsl resume` or a `sagadsl
    worker` goes on with.
    With `--simulate` no services are needed, and nothing is kept:

        sagadsl run order.yaml --simulate --input '{"quantity": 2}' --fail charge=Declined

    Exit code 0 when the saga completed, 3 when it was compensated, 4 when a compensation failed, 5 when it failed,
    1 when the definition or the input has errors, 2 when the command does, 69 when the store cannot be used, 130 after
    Ctrl-C.
    """
    _check_options(services, simulated, fail or [], output or [])
    if simulated and (store or saga_id):
        raise CommandError(f"--simulate keeps nothing; leave {'--store' if store else '--id'} out")
    definition, *others = files.load_together([file, *(saga or [])])
    script = read_script(definition, fail or [], output or [], signal or [])
    compiled = compile_saga(definition)
    _check_signals(compiled, [name for name, _ in script.signals])
    checked = _checked_input(compiled, read_input(input))
    with outlasting_its_reader():
        if services is None:
            _simulate(compiled, checked, script, format)
        sagas = [compiled, *map(compile_saga, others)]
        _run(sagas, checked, services or [], signal or [], saga_id, store, format)


def _simulate(compiled: CompiledSaga, data: Json, script: Script, format: Format) -> None:  # noqa: A002
    saga_id = uuid.uuid4().hex
    for state in sub_sagas(compiled):
        noter(format)(
            f"the saga {state.saga} is not run in a simulation: {state.name} is taken to succeed (or --fail it)"
        )
    try:
        check_names(compiled.replay(saga_id, [compiled.started(data)]))
        outcome = simulate(compiled, data, script, saga_id=saga_id, start_at=time.time(), on_event=teller(format))
    except InputError as error:
        raise _unfitting(compiled, error) from None
    except SimulationError as error:
        raise CommandError(str(error), USAGE) from None
    conclude(outcome, format, simulated=True)
    raise typer.Exit(EXIT_OF_STATUS[outcome.status])


def _run(
    sagas: Sequence[CompiledSaga],
    data: Json,
    services: Sequence[str],
    signals: Sequence[str],
    saga_id: str | None,
    store: str | None,
    format: Format,  # noqa: A002 - the option's name
) -> None:
    from sagadsl.cli.durable import Task, carry_out
    from sagadsl.cli.serving import services_for
    from sagadsl.machine.unexpected import UnexpectedEvent
    from sagadsl.runtime.ids import check_id, new_id

    _check_sagas(sagas)
    try:
        chosen = new_id(time.time()) if saga_id is None else check_id(saga_id)
    except ValueError as error:
        raise CommandError(f"--id: {error}") from None
    try:
        able = services_for(sagas, services)
    except CommandError as error:
        raise _or_resume(error, saga_id, services, store) from None

    async def begin(engine: Engine, story: Story) -> str:
        story.saga_id = chosen
        started = await _start(engine, story, sagas[0], data, chosen)
        if saga_id not in {None, started}:
            story.note(f"--id {saga_id} is not used")
        for text in signals:
            with suppress(UnexpectedEvent):  # a saga that calls nobody is over before a signal comes
                await engine.signal(started, *read_signal(text))
        return started

    carry_out(Task(sagas, able, url_of(store), format, services, store is not None), begin)


def _or_resume(error: CommandError, saga_id: str | None, services: Sequence[str], store: str | None) -> CommandError:
    """Say that a saga which was begun before can go on with the text of then, whatever its file calls by now."""
    if saga_id is None or not _was_begun(saga_id, store):
        return error
    words = ["sagadsl", "resume", saga_id, *(word for name in services for word in ("--services", name))]
    again = shlex.join([*words, "--store", store] if store is not None else words)
    hint = f"saga {saga_id} was begun before and goes on with the text that it was started with: `{again}`"
    return CommandError(str(error), error.exit_code, hint=hint)


def _was_begun(saga_id: str, store: str | None) -> bool:
    from sagadsl.cli.stores import look
    from sagadsl.runtime.store.contract import UnknownSagaError

    try:
        look(store, lambda opened: opened.row(saga_id))
    except (CommandError, UnknownSagaError):  # there may be no store yet
        return False
    return True


def _check_options(services: list[str] | None, simulated: bool, fail: list[str], output: list[str]) -> None:
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
        raise _unfitting(compiled, error) from None


def _unfitting(compiled: CompiledSaga, error: InputError) -> CommandError:
    return CommandError(f"the input does not fit {compiled.definition.name}:\n{error}", PROBLEMS)


def _check_sagas(sagas: Sequence[CompiledSaga]) -> None:
    given = {compiled.definition.name for compiled in sagas}
    for compiled in sagas:
        for state in sub_sagas(compiled):
            if state.saga not in given:
                raise CommandError(
                    f"{compiled.definition.name}: {state.name} runs the saga {state.saga}, which was not given",
                    hint="give its definition with --saga FILE",
                )


async def _start(engine: Engine, story: Story, compiled: CompiledSaga, data: Json, chosen: str) -> str:
    """Start the saga, or go on with the one that has its id or its business key; return its id."""
    from sagadsl.cli.resuming import go_on
    from sagadsl.runtime.engine import DuplicateSagaError

    was_there = await _is_there(engine, chosen)
    try:
        saga_id = await engine.start(compiled, data, chosen)
    except DuplicateSagaError as error:
        raise CommandError(f"--id: {error}", hint="one id is for one saga and one input") from None
    except InputError as error:
        raise CommandError(f"{compiled.definition.name}: {error}", PROBLEMS) from None
    if saga_id != chosen:
        await _check_same_input(engine, saga_id, data)
        story.note(f"a saga with the same business key is not finished, and there is only one: {saga_id}")
    if was_there or saga_id != chosen:
        story.saga_id = saga_id
        await go_on(engine, story, saga_id)
    return saga_id


async def _check_same_input(engine: Engine, saga_id: str, data: Json) -> None:
    """Refuse to show one saga's outcome to somebody who has asked for another."""
    first, *_ = await engine.store.events(saga_id, limit=1)
    if getattr(first, "input", data) != data:
        raise CommandError(
            f"the saga {saga_id}, which is not finished, has the same business key and another input",
            hint=f"`sagadsl show {saga_id}` shows it; a new one can begin when it has ended",
        )


async def _is_there(engine: Engine, saga_id: str) -> bool:
    from sagadsl.runtime.store.contract import UnknownSagaError

    try:
        await engine.store.row(saga_id)
    except UnknownSagaError:
        return False
    return True
