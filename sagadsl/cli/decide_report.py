"""`sagadsl report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sagadsl.cli.decide_options import Decision, decides
from sagadsl.cli.decide_resolve import RegionOption, StateArgument
from sagadsl.cli.exits import CommandError
from sagadsl.machine.lifecycles import UNFINISHED

if TYPE_CHECKING:
    from sagadsl.machine.events import Failure


def _report(
    state: StateArgument = None,
    output: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="What the job has come to.")] = None,
    failed: Annotated[
        str | None, typer.Option(metavar="CODE", help="That the job has failed, with this error code.")
    ] = None,
    message: Annotated[str, typer.Option(metavar="TEXT", help="With `--failed`: more about it.")] = "",
    final: Annotated[bool, typer.Option("--final", help="With `--failed`: trying again is of no use.")] = False,
    in_doubt: Annotated[
        bool, typer.Option("--in-doubt", help="With `--failed`: the job may have been done all the same.")
    ] = False,
    region: RegionOption = "",
) -> Decision:
    """Give the outcome of a step with `callback: true`, which waits for it.

    It is recorded in the store, and whoever runs the saga goes on with it:

        sagadsl report --key order=4711 print --output '{"pages": 12}'

    Exit code 0 when it is recorded, 6 when it is refused (of many: for some), 75 when the engine that runs the saga has
    not answered yet, 2 when there is no such saga, state or store, 69 when the store cannot be used; with `--services`,
    those of `sagadsl resume`.
    """
    from sagadsl.cli.run_options import read_json
    from sagadsl.runtime import decisions

    error = _failure(failed, message, final=final, in_doubt=in_doubt)
    if error is not None and output is not None:
        raise CommandError("a job that has failed has no output; leave --output or --failed out")
    data = None if output is None else read_json(output, "--output")
    name = state or ""
    make = lambda by, why: decisions.report(name, data, error, by, why, region)  # noqa: E731 - as the others
    return Decision("report", make, state=name, statuses=UNFINISHED)


def _failure(code: str | None, message: str, *, final: bool, in_doubt: bool) -> Failure | None:
    from sagadsl.machine.events import Failure

    if code is not None:
        return Failure(code, message, retryable=not final, in_doubt=in_doubt)
    if message or final or in_doubt:
        raise CommandError("--message, --final and --in-doubt are for a job that has failed", hint="add --failed CODE")
    return None


command = decides(_report, about="state")
