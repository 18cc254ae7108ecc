"""Sagas in memory: their events and rows, who owns them, when they have to be taken up, and by which key they go."""

from __future__ import annotations

import heapq
import itertools
import json
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from sagadsl.machine.events import Event, to_json
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import (
    UNBEGUN,
    IdTaken,
    KeyTaken,
    OutOfTurn,
    Refusal,
    SagaRow,
    UnknownSagaError,
)

_OUT_OF_TURN = OutOfTurn()
_WRITTEN = (True, None)
_THERE_ALREADY = (False, None)
_SPARE_ALARMS = 64


class Record:
    """One saga."""

    __slots__ = ("events", "row")

    def __init__(self, row: SagaRow, event: Event) -> None:
        self.row = row
        self.events = [event]


class Sagas:
    """Every saga of a store, with what has to be found quickly about them."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._by_age: list[tuple[float, str]] = []
        self._owned: dict[str, dict[str, None]] = {}
        self._keys: dict[tuple[str, str], dict[str, None]] = {}
        self._key_holders: dict[tuple[str, str], str] = {}
        self._alarms: list[tuple[float, int, str]] = []
        self._waiting: dict[str, int] = {}  # the number of the alarm that counts
        self._numbers = itertools.count()

    def __contains__(self, saga_id: str) -> bool:
        return saga_id in self._records

    def get(self, saga_id: str) -> Record:
        """Return a saga.

        Raises:
            UnknownSagaError: It is not there.
        """
        try:
            return self._records[saga_id]
        except KeyError:
            raise UnknownSagaError(f"there is no saga {saga_id!r}") from None

    def all(self) -> Iterable[Record]:
        """Return every saga, in the order in which they were started."""
        return self._records.values()

    # the log

    def append(
        self, engine_id: str, saga_id: str, event: Event, row: SagaRow | None, refused: set[str]
    ) -> tuple[bool, Refusal | None]:
        """Write an event of an engine; return whether it is new, and why it was refused.

        `refused` are the sagas of which this batch holds something that is out of turn; the saga is added if this is.
        """
        record = self._records.get(saga_id)
        if record is not None and not refused and event.seq == len(record.events) + 1:
            record.events.append(event)
            if row is not None:
                self._change(record, row)
            return _WRITTEN
        is_begun = record is not None and event.seq == 1 and saga_id not in refused
        if record is not None and is_begun and record.row.owner not in {None, engine_id}:
            return False, IdTaken(record.row)  # another engine has begun it, be it with the very same event
        return self._append_unusual(record, saga_id, event, row, refused)

    def _append_unusual(
        self, record: Record | None, saga_id: str, event: Event, row: SagaRow | None, refused: set[str]
    ) -> tuple[bool, Refusal | None]:
        if record is not None and saga_id not in refused and _is_there(record, event):
            return _THERE_ALREADY
        refusal = _OUT_OF_TURN if saga_id in refused else self._refusal(record, event, row)
        if refusal is not None:
            if refusal is _OUT_OF_TURN:
                refused.add(saga_id)
            return False, refusal
        if record is not None:
            record.events.append(event)
            if row is not None:
                self._change(record, row)
        elif row is None:
            raise ValueError(f"the first event of {saga_id} comes without a row")
        else:
            self._add(row, event)
        return _WRITTEN

    def _refusal(self, record: Record | None, event: Event, row: SagaRow | None) -> Refusal | None:
        if record is not None and event.seq == 1:
            return IdTaken(record.row)
        if event.seq != (len(record.events) + 1 if record is not None else 1):
            return _OUT_OF_TURN
        if record is None and row is not None and row.key is not None:
            holder = self._key_holders.get((row.name, row.key))
            return None if holder is None else KeyTaken(holder)
        return None

    def _add(self, row: SagaRow, event: Event) -> None:
        self._records[row.id] = Record(row, event)
        insort(self._by_age, (row.created_at, row.id))
        if row.key is not None:
            self._keys.setdefault((row.name, row.key), {})[row.id] = None
        if row.owner is not None:
            self._owned.setdefault(row.owner, {})[row.id] = None
        self._note(row)

    def _change(self, record: Record, row: SagaRow) -> None:
        before, record.row = record.row, row
        if before.owner != row.owner:
            if before.owner is not None:
                del self._owned[before.owner][row.id]
            if row.owner is not None:
                self._owned.setdefault(row.owner, {})[row.id] = None
        self._note(row)

    def _note(self, row: SagaRow) -> None:
        """Keep in mind until when the saga rests, and whether the business key is still its own."""
        if row.owner is None and row.wake_at is not None:
            self._set_alarm(row.id, row.wake_at)
        else:
            self._waiting.pop(row.id, None)
        if row.key is not None:
            place = (row.name, row.key)
            if row.status not in SAGA.final:
                self._key_holders.setdefault(place, row.id)
            elif self._key_holders.get(place) == row.id:
                del self._key_holders[place]

    def remove(self, saga_id: str) -> None:
        """Forget a saga."""
        row = self._records.pop(saga_id).row
        del self._by_age[bisect_left(self._by_age, (row.created_at, row.id))]
        self._waiting.pop(saga_id, None)
        if row.owner is not None:
            del self._owned[row.owner][saga_id]
        if row.key is not None:
            place = (row.name, row.key)
            del self._keys[place][saga_id]
            if not self._keys[place]:
                del self._keys[place]

    # who owns what, and when it is to be taken up

    def owned_by(self, engine_id: str) -> list[str]:
        """Return the sagas of an engine."""
        return [*self._owned.get(engine_id, ())]

    def take(self, saga_id: str, engine_id: str) -> SagaRow:
        """Make an engine the owner of a saga; the row that is returned says if nothing has been begun of it."""
        record = self._records[saga_id]
        is_unbegun = record.row.wake_at == UNBEGUN
        self._change(record, replace(record.row, owner=engine_id, wake_at=None))
        return replace(record.row, wake_at=UNBEGUN) if is_unbegun else record.row

    def give_back(self, saga_id: str, wake_at: float | None) -> None:
        """Let nobody own a saga, which is to be taken up from an instant on."""
        record = self._records[saga_id]
        self._change(record, replace(record.row, owner=None, wake_at=wake_at))

    def due(self, now: float, limit: int, without: Collection[str]) -> list[str]:
        """Return at most `limit` sagas whose time has come, the longest overdue first."""
        due: list[str] = []
        others: list[tuple[float, int, str]] = []
        while self._alarms and self._alarms[0][0] <= now and len(due) < limit:
            alarm = heapq.heappop(self._alarms)
            _, number, saga_id = alarm
            if self._waiting.get(saga_id) != number:
                continue
            if self._records[saga_id].row.hash in without:
                others.append(alarm)
            else:
                due.append(saga_id)
        for alarm in others:
            heapq.heappush(self._alarms, alarm)
        return due

    def _set_alarm(self, saga_id: str, wake_at: float) -> None:
        number = self._waiting[saga_id] = next(self._numbers)
        heapq.heappush(self._alarms, (wake_at, number, saga_id))
        if len(self._alarms) > 2 * len(self._waiting) + _SPARE_ALARMS:
            self._alarms = [alarm for alarm in self._alarms if self._waiting.get(alarm[2]) == alarm[1]]
            heapq.heapify(self._alarms)

    # looking

    def with_key(self, name: str, key: str) -> SagaRow | None:
        """Return the unfinished saga with a business key, or else the youngest finished one."""
        holder = self._key_holders.get((name, key))
        if holder is not None:
            return self._records[holder].row
        rows = [self._records[each].row for each in self._keys.get((name, key), ())]
        return max(rows, key=lambda row: (row.status not in SAGA.final, row.created_at, row.id), default=None)

    def youngest_first(self, before: tuple[float, str] | None) -> Iterator[SagaRow]:
        """Yield sagas from the youngest on, or from the one that is older than this instant and id."""
        index = len(self._by_age) if before is None else bisect_left(self._by_age, before)
        while index:
            index -= 1
            yield self._records[self._by_age[index][1]].row


def _is_there(record: Record, event: Event) -> bool:
    """Whether the saga has this very event; `1`, `1.0` and `true` are not the same."""
    if not 0 < event.seq <= len(record.events):
        return False
    present = record.events[event.seq - 1]
    return present is event or _content(present) == _content(event)


def _content(event: Event) -> str:
    return json.dumps(to_json(event), sort_keys=True)
