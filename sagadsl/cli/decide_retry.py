"""`sagadsl retry`."""

from __future__ import annotations

from sagadsl.cli.decide_options import Decision, decides


def _retry() -> Decision:
    """Try a failed saga, or compensations that failed, again.

    It is recorded in the store, and whoever runs the saga goes on with it. Of many sagas it is first said what would
    come of it; `--yes` does it:

        sagadsl retry --name order --error GatewayTimeout --why "the gateway is back" --yes

    Exit code 0 when it is recorded, 4 or 5 when the saga, or one of many, then failed again at once, 6 when it is
    refused (of many: for some), 75 when the engine that runs the saga has not answered yet, 2 when there is no such
    saga or store, 69 when the store cannot be used; with `--services`, those of `sagadsl resume`.
    """
    from sagadsl.runtime import decisions

    return Decision("retry", decisions.retry)


command = decides(_retry)
