"""Checking stories: that nothing in a file was changed, and that what it claims follows from what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagadsl.language.definition import Json
from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.load import reload
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import from_json
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.audit_story import FORMAT, KINDS, canonical, seal

_NEXT = {None: {"story"}, "story": {"event"}, "event": {"event", "end"}, "end": {"story"}}
"""Which kind of line may follow which."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong in a file: the number of the line, from 1, and what it is, for people."""

    line: int
    message: str


@dataclass(slots=True)
class Audit:
    """What has been found in a file.

    Attributes:
        findings: What is wrong.
        notes: What could not be checked, and why.
        sagas: The ids of the sagas whose stories are in it.
        events: How many events they have.
        last_hash: The hash of the last line.
    """

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sagas: list[str] = field(default_factory=list)
    events: int = 0
    last_hash: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def audit(lines: Iterable[bytes]) -> Audit:
    """Check the stories of a file, given its lines with what ends them."""
    auditor = _Auditor()
    number = 0
    for number, line in enumerate(lines, 1):
        auditor.take(number, line)
    auditor.conclude(number)
    return auditor.audit


class _Auditor:
    """Takes lines one after the other; of a saga it keeps no more than its replay needs."""

    def __init__(self) -> None:
        self.audit = Audit()
        self._kind: str | None = None
        self._story: dict[str, Any] = {}
        self._events: list[Json] = []
        self._expected: dict[str, int] = {}
        self._compiled: dict[bytes, CompiledSaga | str] = {}

    def take(self, number: int, line: bytes) -> None:
        """Check one line, and a story at its end."""
        read = _read(line)
        if isinstance(read, str):
            self._find(number, read)
            self.audit.last_hash = None
            return
        kind, body, hash_ = read
        if kind not in _NEXT[self._kind]:
            after = "at the beginning" if self._kind is None else f"after a line {self._kind!r}"
            self._find(number, f"a line {kind!r} {after}: something was taken out, or put in")
        previous = body.get("previous") if kind == "story" and isinstance(body, dict) else self.audit.last_hash
        if previous is not None and previous != self.audit.last_hash:
            self._find(number, "the story goes on with another hash than that of the line before it")
        if seal(previous, kind, body) != hash_:
            self._find(number, "the hash does not fit: this line, or the one before it, was changed")
        self._kind, self.audit.last_hash = kind, hash_
        if kind == "story":
            self._begin(number, body)
        elif kind == "event":
            self.audit.events += 1
            self._events.append(body)
        else:
            self._end(number, body)

    def conclude(self, number: int) -> None:
        """Check what can only be known at the end of the file."""
        if not self.audit.sagas and not self.audit.findings:
            self._find(number, "there is no story in it")
        elif self._kind not in {None, "end"}:
            self._find(number, "the story breaks off")
        for saga_id, line in self._expected.items():
            if saga_id not in self.audit.sagas:
                self._find(line, f"the story of {saga_id}, which belongs to this one, is missing")

    def _find(self, number: int, message: str) -> None:
        self.audit.findings.append(Finding(number, message))

    def _begin(self, number: int, body: Any) -> None:
        self._story, self._events = {}, []
        if not _is_story(body):
            self._find(number, f"it is no story of the format {FORMAT}")
            return
        self._story = body
        self.audit.sagas.append(body["saga"]["id"])
        self._expected.update(dict.fromkeys(body["runs"], number))

    def _end(self, number: int, body: Any) -> None:
        if not self._story:
            return
        if not isinstance(body, dict) or body.get("events") != len(self._events):
            self._find(number, f"the story ends with another number of events than the {len(self._events)} it has")
            return
        compiled = self._definition(self._story["definition"])
        if isinstance(compiled, str):
            self._find(number, compiled)
            return
        for message in _contradictions(self._story, self._events, body, compiled):
            if self._story["masked"]:
                self.audit.notes.append(f"{self._story['saga']['id']}: not replayed, as it is masked: {message}")
            else:
                self._find(number, message)

    def _definition(self, stored: Mapping[str, Any]) -> CompiledSaga | str:
        """Return the definition that a story ran, or what is wrong with it; most stories of a file have few."""
        key = canonical(dict(stored))
        if key not in self._compiled:
            self._compiled[key] = _compiled(stored)
        return self._compiled[key]


def _read(line: bytes) -> tuple[str, Any, str] | str:
    """Return the kind of a line, what it says and its hash; or what is wrong with it."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return "it is not JSON"
    kinds = [kind for kind in KINDS if isinstance(data, dict) and kind in data]
    if len(kinds) != 1 or set(data) != {kinds[0], "hash"} or not isinstance(data["hash"], str):
        return "it is no line of a story"
    if canonical(data) + b"\n" != line:
        return "it is not written as stories are: it was changed"
    return kinds[0], data[kinds[0]], data["hash"]


def _is_story(body: Any) -> bool:
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        return False
    saga, definition = body.get("saga"), body.get("definition")
    return (
        isinstance(saga, dict)
        and isinstance(definition, dict)
        and all(isinstance(saga.get(name), str) for name in ("id", "name", "version", "hash"))
        and all(isinstance(definition.get(name), str) for name in ("name", "version", "hash", "text"))
        and all(_is_texts(body.get(name)) for name in ("runs", "masked"))
    )


def _is_texts(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(each, str) for each in data)


def _compiled(stored: Mapping[str, Any]) -> CompiledSaga | str:
    try:
        compiled = compile_saga(reload(stored["text"]))
    except DefinitionError:
        return "this sagadsl cannot read the definition"
    if compiled.hash != stored["hash"]:
        return f"the definition has the hash {compiled.hash}, and not the one that its sagas say they ran"
    return compiled


def _contradictions(
    story: Mapping[str, Any], events: list[Json], end: Mapping[str, Any], compiled: CompiledSaga
) -> Iterator[str]:
    """Yield where a story does not follow from its own events."""
    about, stored = story["saga"], story["definition"]
    if any(about[name] != stored[name] for name in ("name", "version", "hash")):
        yield "the saga says that it ran another definition than the one that is here"
    replayed = _replayed(about["id"], events, compiled)
    if isinstance(replayed, str):
        yield replayed
        return
    yield from _differences(*replayed, end)


def _replayed(saga_id: str, events: list[Json], compiled: CompiledSaga) -> tuple[Saga, float] | str:
    """Return the saga to which these events happened, and when the first one did; or why they cannot have."""
    saga = compiled.new(saga_id)
    began: float | None = None
    for number, data in enumerate(events, 1):
        try:
            event = from_json(data if isinstance(data, dict) else {})
            if event.seq != number:
                return f"event {number} has the number {event.seq}"
            saga.apply(event)
        except (ValueError, TypeError, UnexpectedEvent) as error:
            return f"event {number} cannot have happened: {error}"
        began = event.at if began is None else began
    return "it has no events" if began is None else (saga, began)


def _differences(saga: Saga, began: float, end: Mapping[str, Any]) -> Iterator[str]:
    error = None
    if saga.error is not None or saga.error_state is not None:
        code, message = (None, None) if saga.error is None else (saga.error.code, saga.error.message)
        error = {"code": code, "message": message, "state": saga.error_state}
    for what, claimed, found in (
        ("status", end.get("status"), saga.status),
        ("output", end.get("output"), saga.output),
        ("error", end.get("error"), error),
        ("beginning", end.get("created_at"), began),
    ):
        if canonical(claimed) != canonical(found):
            yield f"its {what} is said to be {_short(claimed)}; its events lead to {_short(found)}"


def _short(data: Json) -> str:
    text = canonical(data).decode("utf-8", "replace")
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - one line of a terminal
