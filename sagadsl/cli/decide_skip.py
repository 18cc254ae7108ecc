"""`sagadsl skip`."""

from __future__ import annotations

from sagadsl.cli.decide_options import Decision, decides
from sagadsl.cli.decide_resolve import RegionOption, StateArgument


def _skip(state: StateArgument = None, region: RegionOption = "") -> Decision:
    """Let a saga go on without a failed step, which then has no output.

    It is recorded in the store, and whoever runs the saga goes on with it.

    Exit code 0 when it is recorded, 5 when the saga, or one of many, then failed again at once, 6 when it is
    refused (of many: for some), 75 when the engine that runs the saga has not answered yet, 2 when there is no such
    saga, state or store, 69 when the store cannot be used; with `--services`, those of `sagadsl resume`.
    """
    from sagadsl.runtime import decisions

    name = state or ""
    return Decision("skip", lambda by, why: decisions.skip(name, by, why, region), state=name)


command = decides(_skip, about="state")
