"""The run that `sagadsl draw` shows on a picture, out of a store or an archive, with the definition that it ran."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sagadsl.cli.draw_run import Run

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.store.contract import Store


def stored_run(given: str, url: str | None, archive: Path | None) -> tuple[CompiledSaga, Run]:
    """Return the definition and the events of a saga that is kept somewhere.

    Args:
        given: Its id, or enough of it.
        url: The store, as the option `--store` has it.
        archive: A file that `purge --archive` or `export` has written; then the store is not asked.

    Raises:
        CommandError: There is no such saga, or no such store or archive.
    """
    if archive is not None:
        from sagadsl.cli.archived import archived

        saga_id, compiled, events = archived(archive, given)
        return compiled, Run(saga_id, tuple(events))
    from sagadsl.cli.stores import look

    return look(url, lambda store: _find(store, given))


async def _find(store: Store, given: str) -> tuple[CompiledSaga, Run]:
    from sagadsl.cli.finding import find
    from sagadsl.cli.recalling import recalled

    found = await recalled(store, await find(store, given))
    return found.saga.compiled, Run(found.row.id, tuple(found.events), time.time())
