"""`sagadsl db`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sagadsl.cli.exits import CommandError
from sagadsl.cli.stores import StoreOption, connect, lasting, look, told


class Action(StrEnum):
    """What to do with a store."""

    UPGRADE = "upgrade"
    ROTATE = "rotate"
    NEW_KEY = "new-key"


def command(
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="`upgrade` brings the store's tables up to date, `rotate` encrypts it anew, `new-key` prints a key.",
        ),
    ],
    store: StoreOption = None,
) -> None:
    """Look after the store of sagas.

    Every command that opens a store upgrades it first. Where that is to happen at a time of your own, for example
    before new workers are rolled out, do it with `sagadsl db upgrade`.

    It also makes the tables where there are none.

    With keys in `SAGADSL_KEYS`, separated by commas, what sagas are given and what services answer is encrypted in the
    store. `sagadsl db new-key` prints a new key. The first one encrypts, and each of them decrypts: to change keys, put
    the new one in front, restart all workers, and encrypt with it what is there by `sagadsl db rotate`, which also
    encrypts what was written before there was a key. Then the old key can go.

    Exit code 0, 2 when there are no keys to rotate to, 69 when the store cannot be used.
    """
    match action:
        case Action.UPGRADE:
            _upgrade(lasting(store))
        case Action.ROTATE:
            _rotate(store)
        case Action.NEW_KEY:
            from sagadsl.runtime.store.encryption import new_key

            typer.echo(new_key())


def _upgrade(url: str) -> None:
    from sagadsl.runtime.store.opening import upgrade

    connect(url)  # says what is wrong with the URL itself
    with told():
        typer.echo(upgrade(url))


def _rotate(store: str | None) -> None:
    from sagadsl.runtime.store.contract import Store
    from sagadsl.runtime.store.encryption import VARIABLE, keys_of_environment
    from sagadsl.runtime.store.sql.sealed import SealedStore

    with told():
        keys = keys_of_environment()
    if keys is None:
        raise CommandError(f"{VARIABLE} has no keys", hint="`sagadsl db new-key` makes one")

    async def rotate(opened: Store) -> int:
        if not isinstance(opened, SealedStore):  # it has keys, and is a database
            raise TypeError(f"{opened.url} cannot be encrypted")
        return await opened.rotate(lambda count: typer.echo(f"{count} texts …", err=True))

    typer.echo(f"{look(store, rotate)} texts encrypted anew; all is encrypted with the first key now")
