"""What a command names has to be there: that nothing is like a misspelt name is no good news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import printable
from sagadsl.language.suggest import did_you_mean

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import Store


async def check_definition(store: Store, name: str | None) -> None:
    """Make sure that a store has a definition of this name, if one is given.

    Raises:
        CommandError: It has none.
    """
    if name is None or await store.definitions(name):
        return
    names = sorted({stored.name for stored in await store.definitions()})
    hint = did_you_mean(name, names) or f"those that it has: {', '.join(names) or 'none'}"
    raise CommandError(f"--name {printable(name)}: the store has no definition of this name", hint=printable(hint))
