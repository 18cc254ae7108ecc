"""Which writes of a list are refused: what was there before is looked up at once, and then one follows the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ClauseElement, Connection, Dialect, Select, Text, literal_column, select

from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime.store.contract import IdTaken, KeyTaken, OutOfTurn, Refusal, SagaRow, Write
from sagadsl.runtime.store.encryption import PLAIN, Codec
from sagadsl.runtime.store.sql.incoming import Prepared, incoming, rows
from sagadsl.runtime.store.sql.plain import same, to_column
from sagadsl.runtime.store.sql.rows import event_text, saga_row
from sagadsl.runtime.store.sql.tables import ROW, events, sagas

_OUT_OF_TURN = OutOfTurn()


class Lookup:
    """Looks up what a list of writes may collide with."""

    def __init__(self, dialect: Dialect, codec: Codec = PLAIN) -> None:
        self._codec = codec

        def prepared(statement: ClauseElement) -> Prepared:
            return Prepared(statement, dialect)

        self._events = prepared(_events(dialect))
        self._sagas = prepared(_sagas(dialect))
        self._holders = prepared(_holders(dialect))

    def present(self, connection: Connection, writes: Sequence[Write]) -> Present:
        """Return what is there."""
        places = {(to_column(write.saga_id), write.event.seq) for write in writes}
        places |= {(saga_id, seq - 1) for saga_id, seq in places}
        ids = {saga_id for saga_id, _ in places}
        keys = {
            (to_column(row.name), to_column(row.key))
            for row in (write.row for write in writes)
            if row and row.key is not None
        }
        return Present(
            {(row[0], row[1]): row[2] for row in self._events.run(connection, rows=_sorted_rows(places))},
            {row[0]: saga_row(row) for row in self._sagas.run(connection, rows=_sorted_rows((each,) for each in ids))},
            {(row[0], row[1]): row[2] for row in self._holders.run(connection, rows=_sorted_rows(keys))},
            self._codec,
        )


class Present:
    """What is there, and what would be after some of the writes."""

    def __init__(
        self,
        log: dict[tuple[str, int], str],
        rows_: dict[str, SagaRow],
        holders: dict[tuple[str, str], str],
        codec: Codec,
    ) -> None:
        self._log, self._rows, self._holders, self._codec = log, rows_, holders, codec
        self._refused: set[str] = set()

    def sort_out(self, engine_id: str, writes: Iterable[Write]) -> tuple[list[Write], list[Refusal | None]]:
        """Return the writes that are to be made, and for all of them why they are refused, or `None`."""
        accepted: list[Write] = []
        refusals: list[Refusal | None] = []
        for write in writes:
            saga_id = to_column(write.saga_id)
            text = event_text(saga_id, write.event, self._codec)
            there = self._log.get((saga_id, write.event.seq))
            refusal: Refusal | None = None
            if saga_id in self._refused:
                refusal = _OUT_OF_TURN
            elif (
                there is None
                or self._is_run_by_another(saga_id, write, engine_id)
                or not self._says(saga_id, there, text)
            ):
                refusal = self._refusal(saga_id, write)
                if refusal is None:
                    if write.event.seq == 1 and write.row is None:
                        raise ValueError(f"the first event of the saga {write.saga_id!r} comes without a row")
                    accepted.append(write)
                    self._note(saga_id, write, text)
            if refusal is _OUT_OF_TURN:
                self._refused.add(saga_id)
            refusals.append(refusal)
        return accepted, refusals

    def _is_run_by_another(self, saga_id: str, write: Write, engine_id: str) -> bool:
        """Whether another engine has begun this saga, be it with the very same event."""
        row = self._rows.get(saga_id)
        return write.event.seq == 1 and row is not None and row.owner not in {None, engine_id}

    def _says(self, saga_id: str, there: str, text: str) -> bool:
        """Whether the store has this event; it may have been encrypted with another key."""
        return there == text or same(self._codec.open(there, saga_id), self._codec.open(text, saga_id))

    def _refusal(self, saga_id: str, write: Write) -> Refusal | None:
        seq, row = write.event.seq, write.row
        if seq == 1 and saga_id in self._rows:
            return IdTaken(self._rows[saga_id])
        if (saga_id, seq) in self._log or (seq != 1 and (saga_id, seq - 1) not in self._log):
            return _OUT_OF_TURN
        if seq == 1 and row is not None and row.key is not None:
            holder = self._holders.get(_key(row))
            return None if holder is None else KeyTaken(holder)
        return None

    def _note(self, saga_id: str, write: Write, text: str) -> None:
        self._log[saga_id, write.event.seq] = text
        row = write.row
        if row is None:
            return
        self._rows[saga_id] = row
        if row.key is None:
            return
        if row.status not in SAGA.final:
            self._holders.setdefault(_key(row), row.id)
        elif self._holders.get(_key(row)) == row.id:
            del self._holders[_key(row)]


def _key(row: SagaRow) -> tuple[str, str]:
    return to_column(row.name), to_column(row.key or "")


def _sorted_rows(values: Iterable[Any]) -> str:
    return rows(sorted(values))


def _events(dialect: Dialect) -> Select[Any]:
    asked = incoming(dialect, {"id": Text(), "seq": BigInteger()}).c
    at_place = (events.c.saga_id == asked.id) & (events.c.seq == asked.seq)
    return select(events.c.saga_id, events.c.seq, events.c.data).where(at_place)


def _sagas(dialect: Dialect) -> Select[Any]:
    asked = incoming(dialect, {"id": Text()}).c
    return select(*(sagas.c[name] for name in ROW)).where(sagas.c.id == asked.id)


def _holders(dialect: Dialect) -> Select[Any]:
    asked = incoming(dialect, {"name": Text(), "key": Text()}).c
    holder = (sagas.c.name == asked.name) & (sagas.c.key == asked.key) & (sagas.c.holds_key == literal_column("1"))
    return select(sagas.c.name, sagas.c.key, sagas.c.id).where(holder)
