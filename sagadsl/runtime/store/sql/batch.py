"""What a list of writes puts into the tables, column by column. Where something is written twice, the last counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import SagaRow, Write
from sagadsl.runtime.store.encryption import PLAIN, Codec
from sagadsl.runtime.store.sql.plain import dumps, to_column
from sagadsl.runtime.store.sql.rows import Columns, event_columns, saga_columns


@dataclass(slots=True)
class Batch:
    """Rows for the tables; ids are as the columns have them.

    Args:
        events: The rows of the log.
        preceding: The event before the first one of each saga that is there already, as its id and number.
        started: New sagas.
        changed: The rows of sagas from now on, by their ids.
        at_rest: Sagas that nobody runs from now on.
        mail: To whom, and what.
        taken: The letters that are dealt with.
        freed: The sagas that give back their locks.
        in_turn: Whether each saga's events follow one another, and the first one comes with a row.
    """

    events: list[Columns] = field(default_factory=list)
    preceding: list[Columns] = field(default_factory=list)
    started: list[Columns] = field(default_factory=list)
    changed: dict[str, Columns] = field(default_factory=dict)
    at_rest: list[Columns] = field(default_factory=list)
    mail: list[Columns] = field(default_factory=list)
    taken: list[Columns] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)
    in_turn: bool = True


class _Sorting:
    """Sorts writes into a batch."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.batch = Batch()
        self._last: dict[str, int] = {}
        self._rows: dict[str, SagaRow] = {}
        self._new: dict[str, SagaRow] = {}
        self._too_early: dict[str, int] = {}

    def add(self, write: Write) -> None:
        saga_id, seq = to_column(write.saga_id), write.event.seq
        batch = self.batch
        before = self._last.get(saga_id)
        if before is None:
            self._begin(saga_id, write)
        elif seq != before + 1:
            batch.in_turn = False
        self._last[saga_id] = seq
        batch.events.append(event_columns(saga_id, write.event, self._codec))
        if write.row is not None:
            self._rows[saga_id] = write.row
        if write.mail:
            batch.mail += [[to_column(mail.to), dumps(mail.body)] for mail in write.mail]
        if write.answers is not None:
            batch.taken.append([write.answers])
        if write.frees_locks:
            batch.freed.append(saga_id)

    def _begin(self, saga_id: str, write: Write) -> None:
        if write.event.seq != 1:
            self.batch.preceding.append([saga_id, write.event.seq - 1])
        elif write.row is None:
            self.batch.in_turn = False
        else:
            self._new[saga_id] = write.row
            self._too_early[saga_id] = len(self.batch.mail)

    def done(self, *, checked: bool) -> Batch:
        batch = self.batch
        for saga_id, row in self._rows.items():
            columns = saga_columns(row)
            first = self._new.get(saga_id)
            if first is None:
                batch.changed[saga_id] = columns
            elif first.key is not None and row.status in SAGA.final and not checked:
                batch.started.append([*saga_columns(first)[:-1], 1])  # the key has to be free, for however short
                batch.changed[saga_id] = columns
            else:
                batch.started.append(columns)
            if row.owner is None:
                batch.at_rest.append([saga_id])
        if batch.mail and self._new:  # nobody is there to get what was sent before
            early = self._too_early
            batch.mail = [mail for place, mail in enumerate(batch.mail) if place >= early.get(mail[0], 0)]
        return batch


def batch_of(writes: Iterable[Write], codec: Codec = PLAIN, *, checked: bool = False) -> Batch:
    """Return what these writes put into the tables. `checked` says that nothing will be refused."""
    sorting = _Sorting(codec)
    for write in writes:
        sorting.add(write)
    return sorting.done(checked=checked)
