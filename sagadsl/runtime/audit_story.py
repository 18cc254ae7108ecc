"""A saga's whole story as lines of text, each sealed with a hash over itself and the line before.

A story is the line `story` (which saga, and the definition that it ran), a line `event` for each of its events with the
services' answers in them, and the line `end` (what became of it). `docs/reference/stories.md` is the specification.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from sagadsl.language.definition import Json
from sagadsl.machine.events import Event, to_json
from sagadsl.machine.saga import Saga
from sagadsl.runtime.outcome import report
from sagadsl.runtime.store.contract import SagaRow, Store, StoredDefinition, StoreError

FORMAT = "sagadsl.story/1"

KINDS = ("story", "event", "end")

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(data: Json) -> bytes:
    """Return the one way to write JSON data, in UTF-8.

    As RFC 8785 has it: no blanks, keys in order, characters as they are. Other than there, keys are ordered by their
    code points, and a number keeps its kind: `1.0` is no `1`, because an expression tells them apart; floats are
    written in the fewest digits that give the same float again, as Python's `repr` does. Half a character is escaped.
    """
    return _encode(data).encode("utf-8", "backslashreplace")


def seal(previous: str | None, kind: str, body: Json) -> str:
    """Return the hash of a line: SHA-256, in hex, over the canonical JSON of `{"previous": …, KIND: BODY}`."""
    return sha256(canonical({"previous": previous, kind: body})).hexdigest()


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about a saga.

    Args:
        row: The saga's row in the listing.
        definition: The text that it ran.
        events: Everything that has happened to it, as JSON data; secrets may be masked.
        output: What it gave, if it has completed.
        runs: The sagas whose stories belong to this one, and follow it.
        masked: The paths that are masked in the events.
    """

    row: SagaRow
    definition: StoredDefinition
    events: Sequence[Json]
    output: Json = None
    runs: Sequence[str] = ()
    masked: Sequence[str] = ()


def story_of(row: SagaRow, stored: StoredDefinition, saga: Saga, events: Sequence[Event]) -> Story:
    """Return the story of a saga that has been replayed from these events, with everything in it."""
    return Story(row, stored, [to_json(event) for event in events], saga.output)


def masked_story_of(row: SagaRow, stored: StoredDefinition, saga: Saga, events: Sequence[Event]) -> Story:
    """Return the story of a saga without what its definition calls sensitive."""
    from sagadsl.runtime.observe.masking import Mask, masked_outcome  # noqa: PLC0415 - most sagas have nothing to mask

    paths = [".".join(map(str, path)) for path in (*saga.definition.sensitive, *saga.sensitive)]
    if not paths:
        return story_of(row, stored, saga, events)
    outcome = masked_outcome(report(saga, events))
    key = None if row.key is None else Mask.of(saga).text(row.key)
    row = replace(row, key=key, error_message=None if outcome.error is None else outcome.error.message)
    return Story(row, stored, [to_json(event) for event in outcome.events], outcome.output, masked=paths)


def lines(stories: Iterable[Story], previous: str | None = None) -> Iterator[bytes]:
    """Yield stories as lines; each goes on with the hash of the line before it, and the first one with `previous`."""
    for story in stories:
        for kind, body in _bodies(story, previous):
            previous = seal(previous, kind, body)
            yield canonical({kind: body, "hash": previous}) + b"\n"


def _bodies(story: Story, previous: str | None) -> Iterator[tuple[str, Json]]:
    row, stored = story.row, story.definition
    about = {name: getattr(row, name) for name in ("id", "name", "version", "hash", "key", "parent")}
    yield (
        "story",
        {
            "format": FORMAT,
            "previous": previous,
            "saga": about,
            "definition": {"name": stored.name, "version": stored.version, "hash": stored.hash, "text": stored.text},
            "runs": list(story.runs),
            "masked": list(story.masked),
        },
    )
    yield from (("event", event) for event in story.events)
    yield (
        "end",
        {
            "events": len(story.events),
            "status": row.status,
            "output": story.output,
            "error": _error(row),
            "created_at": row.created_at,
            "ended_at": row.ended_at,
        },
    )


def _error(row: SagaRow) -> Json:
    if row.error_code is None and row.error_state is None:
        return None
    return {"code": row.error_code, "message": row.error_message, "state": row.error_state}


async def definition_of(store: Store, row: SagaRow) -> StoredDefinition:
    """Return the text that a saga runs.

    Raises:
        StoreError: The store does not have it.
    """
    stored = await store.definition(row.hash)
    if stored is None:
        raise StoreError(f"{row.id}: its definition {row.name} {row.version} is not in the store")
    return stored
