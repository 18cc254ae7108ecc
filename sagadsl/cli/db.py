"""`sagadsl db`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sagadsl.cli.stores import StoreOption, connect, lasting, told


class Action(StrEnum):
    """What to do with a store."""

    UPGRADE = "upgrade"


def command(
    action: Annotated[Action, typer.Argument(metavar="upgrade", help="Bring the store's tables up to date.")],
    store: StoreOption = None,
) -> None:
    """Look after the store of sagas.

    Every command that opens a store upgrades it first. Where that is to happen at a time of your own, for example
    before new workers are rolled out, do it with `sagadsl db upgrade`.

    It also makes the tables where there are none.

    Exit code 0, 69 when the store cannot be used.
    """
    from sagadsl.runtime.store.opening import upgrade

    url = lasting(store)
    connect(url)  # says what is wrong with the URL itself
    with told():
        match action:
            case Action.UPGRADE:
                typer.echo(upgrade(url))
