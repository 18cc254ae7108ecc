"""What goes into a store and comes out of it, and what a store says when it cannot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sagadsl.language.definition import Json
from sagadsl.machine.events import Event
from sagadsl.machine.lifecycles import SAGA

UNBEGUN = -1.0
"""A `wake_at` before every other one, for a saga to which somebody has written who calls no actions.

Whoever takes it up knows from it that no attempt has been made of what is outstanding. It is lost as soon as anybody
else may have made one, and whenever the store has another reason to have the saga taken up.
"""


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
        wake_at: When it has to be taken up again, for one that has no owner; `None` for never. `UNBEGUN` is at once,
            and says that nothing has been begun of what the saga commands.
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
        actions: What its services offer, each as `service.action`; none for one that only records what people decide,
            `None` for one that does not say.
    """

    id: str
    host: str
    process: str
    joined_at: float
    beat: int = 0
    actions: Sequence[str] | None = None


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

    def __post_init__(self) -> None:
        """Refuse what no saga can have.

        Raises:
            ValueError: There is no such status.
        """
        unknown = [status for status in self.statuses if status not in SAGA.states]
        if unknown:
            raise ValueError(f"no saga is ever {unknown[0]!r}; there are {', '.join(SAGA.states)}")


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
