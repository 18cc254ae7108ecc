"""The store that a command works on: which one, whether it is there, and what to say when it is not."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import unquote

import typer

from sagadsl.cli.exits import NO_STORE, CommandError

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import Store

DEFAULT = "sqlite:///saga.db"
VARIABLE = "SAGADSL_STORE"
MEMORY = "memory:"
_SQLITE = "sqlite:///"

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        show_default=DEFAULT,
        help=f"Where sagas are kept: sqlite:///FILE or postgresql://…; also `{VARIABLE}` in the environment.",
    ),
]

T = TypeVar("T")


def url_of(given: str | None) -> str:
    """Return the URL of the store: the option's, or else the environment's, or else the default."""
    return given or os.environ.get(VARIABLE) or DEFAULT


def lasting(given: str | None) -> str:
    """Return the URL of a store that outlives this process.

    Raises:
        CommandError: It is in memory.
    """
    url = url_of(given)
    if url.startswith(MEMORY):
        raise CommandError(f"{url} is a store that ends with its process", hint="only `sagadsl run` takes it")
    return url


def existing(given: str | None) -> str:
    """Return the URL of a store that somebody else has written to.

    Raises:
        CommandError: It is in memory, or a file that is not there.
    """
    url = lasting(given)
    file = file_of(url)
    if file is not None and not file.exists():
        raise CommandError(
            f"{file}: there is no such store",
            hint=f"`sagadsl run` makes it; --store URL, or {VARIABLE}, names another one",
        )
    if file is not None and file.stat().st_size == 0:
        raise CommandError(
            f"{file}: the file is empty, so it is no store",
            hint="if it was one, restore it from a backup; if not, remove it",
        )
    return url


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite store; of a URL with settings, which it does not take, whoever opens it tells."""
    return Path(unquote(url.removeprefix(_SQLITE))) if url.startswith(_SQLITE) and "?" not in url else None


@contextmanager
def told() -> Iterator[None]:
    """Say in a person's words what is wrong with a store.

    Raises:
        CommandError: Instead of a `StoreError`.
    """
    from sagadsl.runtime.store.contract import StoreError

    try:
        yield
    except StoreError as error:
        raise CommandError(str(error), NO_STORE) from None


def connect(url: str) -> Store:
    """Return a store that is not open yet.

    Raises:
        CommandError: Nothing can be meant by this URL.
    """
    from sagadsl.runtime.store.contract import StoreError
    from sagadsl.runtime.store.opening import open_store

    try:
        return open_store(url)
    except StoreError as error:
        raise CommandError(str(error)) from None


def look(given: str | None, at: Callable[[Store], Awaitable[T]]) -> T:
    """Open a store that is there, look at it, and close it.

    Raises:
        CommandError: It cannot be used, or what is looked for is not there.
    """
    import asyncio

    store = connect(existing(given))

    async def looking() -> T:
        await store.open()
        try:
            return await at(store)
        finally:
            await store.close()

    with told():
        return asyncio.run(looking())
