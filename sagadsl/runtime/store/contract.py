"""What an engine asks of a store: the log of events, one row a saga, who runs it, its mail and its locks.

The rules of this file, which every store keeps and one test-suite holds:

- The log is append-only. `(saga_id, seq)` is unique: whoever writes an event that is there already has lost.
- Whatever belongs together is written together: an event, the row that it changes, the mail that it sends, the letter
  that it answers, the locks that it frees. After a crash all of it is there, or nothing.
- An engine that writes has to be alive: one whose entry somebody has removed (`bury`) gets `LeaseLostError`, and has
  written nothing. So a saga never has two owners that can both write.
- Time comes from the engine's clock, as seconds since 1970 in UTC. A store reads no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sagadsl.language.definition import Json
from sagadsl.machine.events import Event
from sagadsl.runtime.store.records import (
    EVERYTHING,
    UNBEGUN,
    Answer,
    Durations,
    EngineRow,
    Filter,
    IdTaken,
    KeyTaken,
    LeaseLostError,
    Letter,
    Mail,
    OutOfTurn,
    Page,
    Refusal,
    SagaRow,
    Stats,
    StoredDefinition,
    StoreError,
    StoreUnavailableError,
    UnknownSagaError,
    Write,
)


class Store(Protocol):
    """Where sagas are kept. Every method may raise `StoreUnavailableError` and `StoreError`.

    Attributes:
        url: What it was opened as, without a password, for people.
        shared: Whether other processes may use it at the same time.
    """

    url: str
    shared: bool

    async def open(self) -> None:
        """Connect, and bring the tables up to date."""

    async def close(self) -> None:
        """Disconnect. Nothing that was written gets lost."""

    # engines

    async def join(self, engine: EngineRow) -> None:
        """Enter an engine, which can write from now on."""

    async def beat(self, engine_id: str) -> None:
        """Increase the engine's number.

        Raises:
            LeaseLostError: It has been removed.
        """

    async def engines(self) -> list[EngineRow]:
        """Return every engine that has joined and not left."""

    async def bury(self, engine_id: str, beat: int) -> bool:
        """Remove an engine that seems dead, unless its number is another one by now; its sagas are free to be claimed.

        They get `wake_at` 0, so that whoever claims takes them first. Return whether it was removed.
        """

    async def leave(self, engine_id: str) -> None:
        """Remove an engine that ends; its sagas are free to be claimed at once, as after `bury`."""

    # the log

    async def commit(self, engine_id: str, writes: Sequence[Write]) -> list[Refusal | None]:
        """Write events, in this order and in one transaction; say of each why it was refused, or `None`.

        A refused one does not hold up those of other sagas; those of the same saga behind one that is `OutOfTurn` are
        out of turn too. A first event's row has this engine as its owner unless the saga is at rest already. Writing
        the very same event again is no refusal (an engine does so when the store has become unavailable in between),
        unless it is the first one of a saga that another engine runs; what comes with it is not done twice.

        Raises:
            LeaseLostError: The engine has been removed; nothing was written.
        """

    async def events(self, saga_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return events of a saga from the one behind `after` on.

        Raises:
            UnknownSagaError: There is no such saga.
        """

    async def histories(self, saga_ids: Collection[str]) -> dict[str, list[Event]]:
        """Return all events of several sagas at once."""

    # who runs what

    async def claim(self, engine_id: str, *, now: float, limit: int, without: Collection[str] = ()) -> list[SagaRow]:
        """Become the owner of at most `limit` sagas that nobody owns and whose time has come (`wake_at` up to `now`).

        Those with a hash in `without` are left to others. The longest overdue come first. Two engines that claim at
        the same time never get the same saga. A row comes without `wake_at`, unless that was `UNBEGUN`: it then says so
        here, this once, and not in the store any more.

        Raises:
            LeaseLostError: The engine has been removed.
        """

    async def owned(self, engine_id: str) -> Sequence[SagaRow]:
        """Return every saga of which this engine is the owner."""

    async def claim_one(self, engine_id: str, saga_id: str) -> SagaRow:
        """Become the owner of one saga, whenever its time comes, if nobody owns it; return its row with its owner.

        As in `claim`, the row of one that has become this engine's says whether nothing has been begun of it.

        Raises:
            UnknownSagaError: There is no such saga.
            LeaseLostError: The engine has been removed.
        """

    async def release(self, engine_id: str, sagas: Mapping[str, float | None]) -> None:
        """Give sagas of this engine back, each to be claimed from an instant on, or only for its mail (`None`).

        A saga that has mail waiting is to be claimed at once.
        """

    # mail

    async def post(self, mail: Mail) -> int:
        """Send mail, and return the letter's id; a saga that nobody owns is to be claimed at once (`wake_at` 0).

        Raises:
            UnknownSagaError: There is no such saga.
        """

    async def letters(self, engine_id: str, limit: int = 1000) -> list[Letter]:
        """Return mail for sagas that this engine owns and that has not been dealt with, the oldest first."""

    async def refuse(self, letter_id: int, why: str) -> None:
        """Note that a letter has been dealt with by refusing it."""

    async def answer(self, letter_id: int) -> Answer | None:
        """Return what became of a letter, or `None` while that is not known; one that is long gone was taken."""

    # locks

    async def lock(self, engine_id: str, saga_id: str, names: Collection[str]) -> bool:
        """Take all these locks at once, or queue for them; return whether the saga holds them now.

        A saga that is final or that this engine does not own gets none, and does not queue: it would give nothing
        back.
        First come, first served: no lock is given to a saga while one that came earlier waits for it. A saga that
        queues gets the mail `LOCKED` (`{"event": {"type": "LocksAcquired"}}`) when the locks have become its own,
        in the same transaction. Asking again changes nothing.
        """

    async def locks(self) -> dict[str, str]:
        """Return every lock that is held, and by which saga."""

    # looking

    async def row(self, saga_id: str) -> SagaRow:
        """Return a saga's row.

        Raises:
            UnknownSagaError: There is no such saga.
        """

    async def find_key(self, name: str, key: str) -> SagaRow | None:
        """Return the unfinished saga with this business key; or else the youngest finished one, or `None`."""

    async def list(self, which: Filter = EVERYTHING, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas, the youngest first; `after` is an earlier page's.

        Raises:
            ValueError: `after` is no cursor.
        """

    async def stale(self, before: float, limit: int = 100, *, due: float | None = None) -> Sequence[SagaRow]:
        """Return unfinished sagas to which nothing has happened since an instant, the longest quiet first.

        With `due`, the time it is now, only those that should go on as far as the store knows: not one that waits for a
        person, nor one that nobody runs and that is to be taken up later, or only when it is told something.
        """

    async def last_events(self, saga_ids: Collection[str]) -> dict[str, float]:
        """Return when the last event of each of these sagas was recorded; one that is not there is left out."""

    async def stats(self, which: Filter = EVERYTHING) -> Stats:
        """Return counts and durations."""

    # keeping house

    async def save_definition(self, definition: StoredDefinition) -> None:
        """Keep a definition; one with this name, version and hash may be there already."""

    async def definitions(self, name: str | None = None) -> Sequence[StoredDefinition]:
        """Return the definitions, the one that was saved last first."""

    async def definition(self, hash: str) -> StoredDefinition | None:  # noqa: A002 - the column's name
        """Return the definition with this hash."""

    async def delete(self, saga_id: str) -> None:
        """Remove a final saga and everything about it.

        Raises:
            UnknownSagaError: There is no such saga.
            ValueError: It is not final, or the saga that runs it is still there and may have to have it undone.
        """

    async def delete_many(self, saga_ids: Collection[str]) -> Collection[str]:
        """Remove those of these sagas that `delete` would remove, some hundreds at a time; return their ids."""

    async def purge(self, before: float, limit: int = 1000) -> int:
        """Remove at most `limit` final sagas that ended before an instant, the oldest first; return how many.

        One that another saga has run stays as long as that one: it may have to be undone with it. So purge until
        nothing is left.
        """


LOCKED: Json = {"event": {"type": "LocksAcquired"}}


__all__ = [
    "EVERYTHING",
    "LOCKED",
    "UNBEGUN",
    "Answer",
    "Durations",
    "EngineRow",
    "Filter",
    "IdTaken",
    "KeyTaken",
    "LeaseLostError",
    "Letter",
    "Mail",
    "OutOfTurn",
    "Page",
    "Refusal",
    "SagaRow",
    "Stats",
    "Store",
    "StoreError",
    "StoreUnavailableError",
    "StoredDefinition",
    "UnknownSagaError",
    "Write",
]
