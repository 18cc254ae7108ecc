"""Why sagas wait for a person, in a line each, and which of them another saga waits for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagadsl.cli.formats import printable

if TYPE_CHECKING:
    from sagadsl.language.definition import Json
    from sagadsl.machine.events import Failure
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.store.contract import SagaRow, Store

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Below:
    """A saga that waits for a person, for which the saga that runs it waits, and why it does."""

    row: SagaRow
    because: str

    def line(self, options: Sequence[str] = ()) -> str:
        """Return the command that tells what can be decided about it, to be pasted into a shell."""
        return shlex.join(["sagadsl", "dead-letters", self.row.id, *options])

    def to_json(self, options: Sequence[str]) -> dict[str, Json]:
        """Return it as JSON data."""
        row = self.row
        return {
            "saga_id": row.id,
            "name": row.name,
            "status": row.status,
            "parent": row.parent,
            "because": self.because,
            "line": self.line(options),
        }

    def __str__(self) -> str:
        row, why = self.row, f", because of {self.because}" if self.because else ""
        return printable(f"saga {row.id}, {row.name}, which is {row.status}{why}")


async def below(store: Store, saga_id: str) -> list[Below]:
    """Return the sagas that a saga runs, directly or not, and that wait for a person."""
    from sagadsl.cli.masking import masked_rows
    from sagadsl.runtime.stuck import waited_for

    rows = await masked_rows(store, await waited_for(store, saga_id))
    why = await reasons(store, rows)
    return [Below(row, why[row.id]) for row in rows]


async def reasons(store: Store, rows: Sequence[SagaRow]) -> Mapping[str, str]:
    """Return why sagas wait for a person, by their ids: what went wrong, and then what could not be undone.

    Args:
        store: Where they are.
        rows: Their rows, without what is sensitive.
    """
    from sagadsl.runtime.stuck import stuck

    sagas = await stuck(store, rows)
    return {row.id: "; ".join(_because(row, sagas.get(row.id))) for row in rows}


def _because(row: SagaRow, saga: Saga | None) -> Iterator[str]:
    from sagadsl.runtime.observe.masking import Mask
    from sagadsl.runtime.stuck import not_undone

    if row.error_code is not None:
        where = f" at {row.error_state}" if row.error_state else ""
        yield f"{row.error_code}{where}" + (f": {row.error_message}" if row.error_message else "")
    if saga is None:
        return
    mask, failures = Mask.of(saga), not_undone(saga)
    yield from (f"{label} is not undone: {_said(mask.failure(error))}" for label, error in failures[:_NAMED])
    if len(failures) > _NAMED:
        yield f"nor are {len(failures) - _NAMED:,} more"


def _said(failure: Failure | None) -> str:
    if failure is None:
        return ""
    return f"{failure.code}: {failure.message}" if failure.message else failure.code
