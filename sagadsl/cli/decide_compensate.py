"""`sagadsl compensate`."""

from __future__ import annotations

from sagadsl.cli.decide_options import Decision, decides


def _compensate() -> Decision:
    """Undo a saga that is running or has failed, and has not passed its pivot.

    One that waits for its locks is called off. It is recorded in the store, and whoever runs the saga goes on with it.
    Of many sagas, those that have failed unless `--status` says otherwise, it is first said what would come of it;
    `--yes` does it.

    Exit code 0 when it is recorded, 6 when it is refused (of many: for some), 75 when the engine that runs the saga has
    not answered yet, 2 when there is no such saga or store, 69 when the store cannot be used; with `--services`,
    those of `sagadsl resume`.
    """
    from sagadsl.runtime import decisions

    return Decision("compensate", decisions.compensate)


command = decides(_compensate)
