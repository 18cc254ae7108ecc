"""`sagadsl resolve`."""

from __future__ import annotations

from typing import Annotated

import typer

from sagadsl.cli.decide_options import Decision, decides

StateArgument = Annotated[
    str | None, typer.Argument(metavar="STATE", help="The state whose step is meant.", show_default=False)
]
RegionOption = Annotated[
    str,
    typer.Option(metavar="INDEX", help="Inside a map: which item, as the table of steps has it.", show_default=False),
]


def _resolve(
    state: StateArgument = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="JSON|@FILE", help="What the action would have answered; later states may read it."),
    ] = None,
    region: RegionOption = "",
) -> Decision:
    """Say that what a failed step, or its compensation, could not do has been done by hand.

    The saga goes on from there; one that has failed in a state that calls nobody is completed, and what was left is not
    called. It is recorded in the store, and whoever runs the saga goes on with it:

        sagadsl resolve 0192ab ship_order --output '{"shipment_id": "S-7"}' --why "handed to the courier"

    Exit code 0 when it is recorded, 4 or 5 when the saga, or one of many, then failed again at once, 6 when it is
    refused (of many: for some), 75 when the engine that runs the saga has not answered yet, 2 when there is no such
    saga, state or store, 69 when the store cannot be used; with `--services`, those of `sagadsl resume`.
    """
    from sagadsl.cli.run_options import read_json
    from sagadsl.runtime import decisions

    data = None if output is None else read_json(output, "--output")
    name = state or ""
    return Decision("resolve", lambda by, why: decisions.resolve(name, data, by, why, region), state=name)


command = decides(_resolve, about="state")
