"""Telling a saga's story on standard output, line by line, and how it has ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from sagadsl.cli import story
from sagadsl.cli.formats import Format, shortened
from sagadsl.cli.tables import console
from sagadsl.machine.events import INVALID_PAYLOAD
from sagadsl.runtime.observe.masking import masked_outcome

if TYPE_CHECKING:
    from sagadsl.machine.commands import Command
    from sagadsl.machine.events import Event
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.listening import Listener
    from sagadsl.runtime.outcome import Outcome


def writer(format: Format) -> Callable[[story.Line], None]:  # noqa: A002 - the option's name
    """Return what writes a line of a story for people; programs get none."""
    to = console() if format is Format.TEXT else Console(quiet=True)
    return lambda line: to.print(Text(str(line), style=story.STYLES[line.mark]))


def noter(format: Format) -> Callable[[str], None]:  # noqa: A002 - the option's name
    """Return what says something to people that is no part of the story; programs are told nothing."""
    to = console() if format is Format.TEXT else Console(quiet=True)
    return lambda text: to.print(Text(text))


def teller(format: Format = Format.TEXT) -> Listener:  # noqa: A002 - the option's name
    """Return what tells people of each event as it happens."""
    write, told = writer(format), story.Teller()

    def tell(saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        for line in told.tell(saga, event, commands):
            write(line)

    return tell


def steps(outcome: Outcome) -> None:
    """Print the table of a saga's steps for people."""
    to = console()
    for row, status in story.table(masked_outcome(outcome)):
        to.print(Text(row, style=story.STATUS_STYLES.get(status, "")))


def conclude(outcome: Outcome, format: Format, *, simulated: bool = False) -> None:  # noqa: A002
    """Print how a saga has ended: for people its table of steps and why, for programs everything."""
    outcome = masked_outcome(outcome)
    if format is Format.JSON:
        typer.echo(json.dumps(outcome.to_json(), ensure_ascii=False, indent=2))
        return
    to = console()
    to.print()
    steps(outcome)
    to.print()
    if outcome.status == "completed":
        output = json.dumps(outcome.output, ensure_ascii=False)
        to.print(Text(f"output: {shortened(output, on_terminal=to.is_terminal)}"))
    if simulated and outcome.error is not None and outcome.error.code == INVALID_PAYLOAD:
        to.print(Text("in a simulation outputs are stand-ins; give real ones with --output STATE=JSON", style="yellow"))
    for line in story.summary(outcome):
        to.print(Text(line, style=story.STATUS_STYLES.get(outcome.status, "")))
