"""`sagadsl verify`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli import catalogues, files
from sagadsl.cli.exits import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagadsl.language.definition import Definition
    from sagadsl.machine.verify import Report, Violation

_ALSO = 3  # other ways in which a rule is broken, before the rest is only counted


class Format(StrEnum):
    """How the reports are written."""

    TEXT = "text"
    JSON = "json"


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE", help="Definitions, or folders with definitions.")],
    format: Annotated[Format, typer.Option(help="`text` for people, `json` for programs.")] = Format.TEXT,  # noqa: A002
    max_states: Annotated[
        int, typer.Option(metavar="N", min=1, help="Stop after so many states of a saga, and say so.")
    ] = 200_000,
    max_visits: Annotated[
        int, typer.Option(metavar="N", min=1, help="Follow a cycle until a state has been entered so often.")
    ] = 2,
    every_order: Annotated[
        bool,
        typer.Option("--every-order", help="Leave out no order of steps side by side; many branches then take long."),
    ] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the services' actions answer and raise."),
    ] = None,
) -> None:
    """Walk through everything that can happen to a saga, and look for broken rules and promises.

    Every action and every undo succeeds, fails and times out; timers run out, signals come or stay away, people step
    in at any moment. The promises are those of the definition's `invariants`.

    Exit code 0 when every state was seen and nothing is broken, 1 when something is, when --max-states was reached, or
    when definitions have errors or do not fit each other, 2 when a path is not there.
    """
    from sagadsl.machine.compiler import compile_saga
    from sagadsl.machine.verify import verify

    known = catalogues.known(catalogue)
    found = [path for path in files.find(paths) if catalogue is None or path.resolve() != catalogue.resolve()]
    definitions = files.load_together(found)
    children = frozenset(_run_by(definitions))
    reports: list[Report] = []
    for definition in definitions:
        report = verify(
            compile_saga(definition),
            max_states=max_states,
            max_visits=max_visits,
            catalogue=known,
            is_child=definition.name in children,
            reduce=not every_order,
        )
        reports.append(report)
        if format is Format.TEXT:
            typer.echo("\n".join(told(report)))
    if format is Format.JSON:
        typer.echo(json.dumps([report.to_json() for report in reports], indent=2, ensure_ascii=False))
    if not all(report.verified for report in reports):
        raise typer.Exit(PROBLEMS)


def _run_by(definitions: list[Definition]) -> Iterator[str]:
    """Yield the names of the sagas that one of these runs."""
    from sagadsl.language.library import sagas_run_by

    for definition in definitions:
        yield from (state.saga for state in sagas_run_by(definition))


def told(report: Report) -> Iterator[str]:
    """Yield the lines of a report for people."""
    verdict = "verified" if report.verified else "broken" if report.violations else "not verified"
    how_far = ", branches two at a time" if report.verified and report.reduced else ""
    yield f"{report.name} {report.version}: {verdict}{how_far}"
    yield f"  {report.states:,} states, {report.transitions:,} transitions"
    yield f"  can end as {', '.join(report.statuses) or 'nothing'}"
    times = "once" if report.max_visits == 1 else f"{report.max_visits} times"
    if cycles := sorted({*report.cut} - {*report.tried_again}):
        yield f"  cycles were followed until a state had been entered {times}: {', '.join(cycles)}"
    if report.tried_again:
        states = ", ".join(report.tried_again)
        yield f"  people had the saga tried again until a state had been entered {times}: {states}"
    if report.reduced:
        wide = ", ".join(report.reduced)
        yield f"  of the branches of {wide} two at a time did everything, the others went well (--every-order)"
    if not report.complete:
        yield f"  stopped after {report.states:,} states: what lies behind them has not been seen (--max-states)"
    for rule in dict.fromkeys(violation.rule for violation in report.violations):
        yield from _broken(rule, [violation for violation in report.violations if violation.rule == rule])


def _broken(rule: str, violations: list[Violation]) -> Iterator[str]:
    """Yield the lines about one rule: the shortest story, and in what other ways it is broken."""
    first, *others = violations
    yield f"  broken: {rule}"
    yield f"    {first.what}"
    yield from (f"    {number:>2}. {line}." for number, line in enumerate(first.story, 1))
    yield from (f"    also: {other.what}" for other in others[:_ALSO])
    if len(others) > _ALSO:
        yield f"    and {len(others) - _ALSO} more, which --format json tells"
