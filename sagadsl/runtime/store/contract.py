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
from dataclasses import dataclass, field
from typing import Protocol

from sagadsl.language.definition import Json
from sagadsl.machine.events import Event


class StoreError(Exception):
    """The store cannot do what it should; the message says what to do. Trying again does not help."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached, or is full, for now. What was being written may or may not have been written."""


class LeaseLostError(StoreError):
    """The engine that writes has been taken for dead. Nothing has been written; its sagas belong to others."""


class UnknownSagaError(LookupError):
    """No saga of this store has this id."""


@dataclass(frozen=True, slots=True)
class SagaRow:
    """A saga in the listing.

    Args:
        id: The saga's id.
        name: Its definition's name, and `version` and `hash` that definition's.
        status: Where it is in the saga lifecycle.
        created_at: When it was started.
        updated_at: When this row was written last, that is when its status changed.
        ended_at: When it became final, or `None`.
        key: Its business key.
        deadline: When its own `timeout` passes.
        error_code: Why it failed or was undone, with `error_message` and, in `error_state`, where.
        parent: The saga that runs it as a state of its own.
        owner: The engine that runs it at present; `None` where nobody does.
        wake_at: When it has to be taken up again, for one that has no owner; `None` for never.
    """

    id: str
    name: str
    version: str
    hash: str
    status: str
    created_at: float
    updated_at: float
    ended_at: float | None = None
    key: str | None = None
    deadline: float | None = None
    error_code: str | None = None
    error_message: str | None = None
    error_state: str | None = None
    parent: str | None = None
    owner: str | None = None
    wake_at: float | None = None


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """The text that sagas of this hash run, kept for as long as there are any."""

    name: str
    version: str
    hash: str
    text: str
    saved_at: float


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine that is alive, or seems so.

    Args:
        id: Made anew each time an engine joins.
        host: Where it runs, for people.
        process: What tells this process from every other one on every machine; see `runtime/processes.py`.
        joined_at: When it joined.
        beat: A number that it increases every few seconds while it lives; what it is does not matter.
    """

    id: str
    host: str
    process: str
    joined_at: float
    beat: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """Something that a saga has to hear of, wherever it is run. `body` is JSON data; see `runtime/mail.py`."""

    to: str
    body: Json


@dataclass(frozen=True, slots=True)
class Letter:
    """Mail that has come and has not been dealt with. `id` grows with time."""

    id: int
    saga_id: str
    body: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a letter: it was taken, or `refusal` says why not."""

    refusal: str | None = None


@dataclass(slots=True)
class Write:
    """One event of one saga, with everything that is true from then on.

    Args:
        saga_id: The saga.
        event: The event, stamped with its `seq`. The first of a saga has `seq` 1.
        row: The saga's row from now on; given with the first event, and with every one that changes it.
        mail: What others have to hear of; to a saga that is not there, it is dropped.
        answers: The letter that is dealt with by this event.
        frees_locks: Whether the saga gives back every lock that it holds or waits for.
    """

    saga_id: str
    event: Event
    row: SagaRow | None = None
    mail: Sequence[Mail] = ()
    answers: int | None = None
    frees_locks: bool = False


@dataclass(frozen=True, slots=True)
class IdTaken:
    """A first event was refused: there is a saga with this id, and this is its row."""

    row: SagaRow


@dataclass(frozen=True, slots=True)
class KeyTaken:
    """A first event was refused: an unfinished saga of this name has the business key already."""

    saga_id: str


@dataclass(frozen=True, slots=True)
class OutOfTurn:
    """An event was refused: another one has its number, or the one before it is not there."""


Refusal = IdTaken | KeyTaken | OutOfTurn


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sagas to list; everything that is given has to be so.

    `statuses` is one of these; times are instants; `created_after` is included, `created_before` is not.
    """

    name: str | None = None
    version: str | None = None
    statuses: Collection[str] = ()
    key: str | None = None
    parent: str | None = None
    error_code: str | None = None
    created_after: float | None = None
    created_before: float | None = None


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Page:
    """Some sagas, the youngest first. `after` is the cursor to go on from; `None` when there are no more."""

    sagas: tuple[SagaRow, ...]
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Durations:
    """How long completed sagas took, in seconds from their start to their end."""

    count: int
    mean: float
    minimum: float
    median: float
    p95: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Stats:
    """How many sagas are in which status, and how long the completed ones took; `None` if there are none."""

    by_status: Mapping[str, int] = field(default_factory=dict)
    durations: Durations | None = None


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
        """Write events, in this order and all in one transaction; return for each of them why it was refused, or `None`.

        A refused one does not hold up those of other sagas; those of the same saga behind it are refused too. A first
        event's row has this engine as its owner unless the saga is at rest already. Writing the very same event again
        is no refusal (an engine does so when the store has become unavailable in between); what comes with it is then
        not done twice.

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

    async def claim(
        self, engine_id: str, *, now: float, limit: int, without: Collection[str] = ()
    ) -> list[SagaRow]:
        """Become the owner of at most `limit` sagas that nobody owns and whose time has come (`wake_at` up to `now`).

        Those with a hash in `without` are left to others. The longest overdue come first. Two engines that claim at
        the same time never get the same saga.

        Raises:
            LeaseLostError: The engine has been removed.
        """

    async def owned(self, engine_id: str) -> Sequence[SagaRow]:
        """Return every saga of which this engine is the owner."""

    async def claim_one(self, engine_id: str, saga_id: str) -> SagaRow:
        """Become the owner of one saga, whenever its time comes, if nobody owns it; return its row with its owner.

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

        A saga that this engine does not own gets none, and does not queue: it may be over, and give nothing back.
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

    async def stale(self, before: float, limit: int = 100) -> Sequence[SagaRow]:
        """Return unfinished sagas to which nothing has happened since an instant, the longest quiet first."""

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
            ValueError: It is not final.
        """

    async def purge(self, before: float, limit: int = 1000) -> int:
        """Remove at most `limit` final sagas that ended before an instant, the oldest first; return how many."""


LOCKED: Json = {"event": {"type": "LocksAcquired"}}
