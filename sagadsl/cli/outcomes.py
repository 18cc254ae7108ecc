"""`sagadsl outcomes`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli import catalogues, files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagadsl.machine.outcomes import Outcome

_WIDTH = 80
_HEAD = ("step", "what happens", "is undone", "and then")


class Format(StrEnum):
    """How the table is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    format: Annotated[  # noqa: A002 - the option's name
        Format, typer.Option(help="`text` for people, `markdown` for documents, `json` for programs.")
    ] = Format.TEXT,
    catalogue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the services' actions raise: errors that lead elsewhere have rows."),
    ] = None,
    saga: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The definition of another saga that this one runs, to see that it fits."),
    ] = None,
) -> None:
    """Show what becomes of a saga when a step fails: what is undone, in which order, and where it ends.

    Everything else goes well, but for what has to fail before a saga comes to the step at all. What stands in brackets
    is undone if it was done: not every path passes it. `last done first` stands where the order depends on which
    branch comes first.

    Exit code 0, 1 when the definition has errors, 2 when there is no such file.
    """
    from sagadsl.machine.compiler import compile_saga
    from sagadsl.machine.outcomes import outcomes

    known = catalogues.known(catalogue)
    definition, *_ = files.load_together([file, *(saga or [])])
    found = outcomes(compile_saga(definition), known)
    if format is Format.JSON:
        typer.echo(json.dumps([outcome.to_json() for outcome in found], indent=2, ensure_ascii=False))
    elif format is Format.MARKDOWN:
        typer.echo("\n".join(_markdown(found)))
    elif found:
        _text(found)
    else:
        what = "none calls a service, runs a saga or waits for a signal"
        typer.echo(f"no step of {definition.name} can fail: {what}")


def _text(found: list[Outcome]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, width=None, padding=(0, 1))
    for head in _HEAD:
        table.add_column(head, overflow="fold")
    for cells in _rows(found):
        table.add_row(*map(Text, cells))
    Console(width=_WIDTH, highlight=False).print(table)


def _markdown(found: list[Outcome]) -> Iterator[str]:
    for cells in (_HEAD, ("---",) * len(_HEAD), *_rows(found)):
        yield f"| {' | '.join(cells)} |"


def _rows(found: list[Outcome]) -> Iterator[tuple[str, ...]]:
    before = ""
    for outcome in found:
        yield outcome.state if outcome.state != before else "", outcome.how, _undone(outcome), _then(outcome)
        before = outcome.state


def _undone(outcome: Outcome) -> str:
    labels = [f"({label})" if label in outcome.if_done else label for label in outcome.undone]
    manner = " at once" if outcome.at_once and len(labels) > 1 else "; last done first" if outcome.order_varies else ""
    return (", ".join(labels) or "nothing") + manner


def _then(outcome: Outcome) -> str:
    where = f"goes on at {outcome.goes_on}" if outcome.goes_on is not None else ""
    then = ": ".join(filter(None, (where, (outcome.ends or "").replace("_", " "))))
    if outcome.waits is None:
        return then
    return f"waits for the signal {outcome.waits}{then and f'; without it: {then}'}"
