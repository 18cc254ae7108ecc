"""The saga that somebody means by its id, or by the beginning or the end of it.

Ids that are made here begin with the time, so of sagas that were started together the ends are told apart sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.cli.exits import CommandError
from sagadsl.cli.formats import printable
from sagadsl.language.suggest import did_you_mean

if TYPE_CHECKING:
    from sagadsl.runtime.store.contract import SagaRow, Store

SHORTEST = 6
"""How many characters of an id have to be given, at the least."""

LOOKED_THROUGH = 10_000
"""Of so many of the youngest sagas the id may be shortened; of older ones it has to be given in full."""

SAGA_HELP = (
    f"The saga's id; of one of the youngest {LOOKED_THROUGH:,} sagas the first or the last characters do, "
    f"{SHORTEST} at the least."
)

_PAGE = 1_000
_SHOWN = 3
_NEAR = 200  # among so many of the youngest sagas one is looked for whose id looks alike


async def find(store: Store, given: str) -> SagaRow:
    """Return the saga with this id, or the only one of the youngest whose id begins or ends so.

    Raises:
        CommandError: There is none, or more than one.
    """
    from sagadsl.runtime.store.contract import UnknownSagaError

    given = given.strip().removesuffix("…")  # as a narrow table shows it
    try:
        return await store.row(given)
    except UnknownSagaError:
        found = await _like(store, given) if len(given) >= SHORTEST else []
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(given, found)
    raise await _unknown(store, given)


async def _like(store: Store, part: str) -> list[SagaRow]:
    """Return those of the youngest sagas whose id begins or ends so."""
    found: list[SagaRow] = []
    after: str | None = None
    for _ in range(LOOKED_THROUGH // _PAGE):
        page = await store.list(after=after, limit=_PAGE)
        found.extend(row for row in page.sagas if row.id.startswith(part) or row.id.endswith(part))
        after = page.after
        if after is None:
            break
    return found


def _several(given: str, found: list[SagaRow]) -> CommandError:
    ids = ", ".join(printable(row.id) for row in found[:_SHOWN])
    more = " and others" if len(found) > _SHOWN else ""
    return CommandError(f"{given}: several sagas begin or end so: {ids}{more}", hint="give more of the id")


async def _unknown(store: Store, given: str) -> CommandError:
    youngest = (await store.list(limit=_NEAR)).sagas
    hint = did_you_mean(given, [row.id for row in youngest])
    if not youngest:
        hint = "there are no sagas at all"
    elif not hint and len(given) < SHORTEST:
        hint = f"`sagadsl ls` lists the sagas; at least {SHORTEST} characters of an id are needed"
    elif not hint:
        hint = (
            "`sagadsl ls` lists the sagas; an id may be shortened only for one of the youngest "
            f"{LOOKED_THROUGH:,}, of older ones it has to be given in full"
        )
    return CommandError(f"{given}: there is no such saga in {printable(store.url)}", hint=printable(hint))
