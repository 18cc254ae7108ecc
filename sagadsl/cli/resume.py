"""`sagadsl resume`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.exits import EXIT_OF_STATUS, CommandError
from sagadsl.cli.finding import SAGA_HELP
from sagadsl.cli.formats import Format, FormatOption
from sagadsl.cli.serving import ServicesOption
from sagadsl.cli.stores import StoreOption, existing, look

if TYPE_CHECKING:
    from sagadsl.cli.durable import Story
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.engine import Engine
    from sagadsl.runtime.outcome import Outcome
    from sagadsl.runtime.store.contract import SagaRow, Store


def command(
    saga: Annotated[str, typer.Argument(metavar="ID", help=SAGA_HELP)],
    services: ServicesOption,
    store: StoreOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Go on with a saga that was interrupted, and tell what happens.

    The definition is the one that the saga was started with, from the store. Of a saga that has come to rest this shows
    what became of it; one that another engine runs is followed, and taken up should that engine end.

    Exit code 0 when the saga completed, 3 when it was compensated, 4 when a compensation failed, 5 when it failed,
    2 when there is no such saga or its actions are missing, 69 when the store cannot be used, 130 after Ctrl-C.
    """
    from sagadsl.machine.lifecycles import AT_REST

    row, sagas, outcome = look(store, lambda opened: _find(opened, saga))
    if outcome.status in AT_REST:
        _tell_rest(outcome, format)
    _go_on(row, sagas, services, store, format)


async def _find(store: Store, given: str) -> tuple[SagaRow, list[CompiledSaga], Outcome]:
    from sagadsl.cli.finding import find
    from sagadsl.cli.recalling import recalled
    from sagadsl.machine.lifecycles import AT_REST
    from sagadsl.runtime.outcome import report

    found = await recalled(store, await find(store, given))
    sagas = [found.saga.compiled]
    if found.saga.status not in AT_REST:
        sagas += await _run_by(store, found.saga.compiled)
    return found.row, sagas, report(found.saga, found.events)


async def _run_by(store: Store, compiled: CompiledSaga) -> list[CompiledSaga]:
    """Return the sagas that this one runs, and those that they run, each in its newest version."""
    from sagadsl.cli.serving import sub_sagas
    from sagadsl.runtime.stored import recall

    found: dict[str, CompiledSaga] = {}
    left = [compiled]
    while left:
        around = left.pop()
        for state in sub_sagas(around):
            versions = await store.definitions(state.saga)
            wanted = next((each for each in versions if state.version in {None, each.version}), None)
            if wanted is None:
                raise CommandError(
                    f"{around.definition.name}: {state.name} runs the saga {state.saga}, which is not in the store",
                    hint="`sagadsl worker` takes the saga up when it is given that definition too",
                )
            if wanted.hash not in found:
                found[wanted.hash] = recall(wanted)
                left.append(found[wanted.hash])
    return list(found.values())


def _tell_rest(outcome: Outcome, format: Format) -> None:  # noqa: A002 - the option's name
    """Show what became of a saga that does nothing by itself any more, and end the command."""
    from sagadsl.cli.telling import conclude, noter

    noter(format)(f"{outcome.name}, saga {outcome.saga_id}: there is nothing to go on with")
    conclude(outcome, format)
    raise typer.Exit(EXIT_OF_STATUS[outcome.status])


def _go_on(
    row: SagaRow,
    sagas: list[CompiledSaga],
    services: Sequence[str],
    store: str | None,
    format: Format,  # noqa: A002 - the option's name
) -> None:
    from sagadsl.cli.durable import Task, carry_out
    from sagadsl.cli.resuming import go_on
    from sagadsl.cli.serving import services_for

    able = services_for(sagas, services)

    async def begin(engine: Engine, story: Story) -> str:
        story.saga_id = row.id
        await go_on(engine, story, row.id)
        return row.id

    carry_out(Task(sagas, able, existing(store), format, services, store is not None), begin)
