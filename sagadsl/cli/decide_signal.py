"""`sagadsl signal`."""

from __future__ import annotations

from typing import Annotated

import typer

from sagadsl.cli.decide_options import Decision, decides
from sagadsl.machine.lifecycles import UNFINISHED


def _signal(
    signal: Annotated[
        str | None, typer.Argument(metavar="SIGNAL", help="The signal's name.", show_default=False)
    ] = None,
    payload: Annotated[
        str | None, typer.Option(metavar="JSON|@FILE", help="What comes with it; the output of its `wait` state.")
    ] = None,
) -> Decision:
    """Send a signal to a saga that waits for it, or will.

    One that comes early is kept. It is recorded in the store, and whoever runs the saga goes on with it:

        sagadsl signal --key order=4711 manager_decision --payload '{"approved": true}'

    Exit code 0 when it is recorded, 6 when it is refused (of many: for some), 75 when the engine that runs the saga has
    not answered yet, 2 when there is no saga, signal or store like that, 69 when the store cannot be used; with
    `--services`, those of `sagadsl resume`.
    """
    from sagadsl.cli.run_options import read_json
    from sagadsl.runtime import decisions

    data = None if payload is None else read_json(payload, "--payload")
    name = signal or ""
    make = lambda by, why: decisions.signal(name, data, by, why)  # noqa: E731 - as the others of its kind
    return Decision("signal", make, signal=name, statuses=UNFINISHED)


command = decides(_signal, about="signal")
