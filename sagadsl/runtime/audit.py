"""Checking stories: that nothing in a file was changed, and that what it claims follows from what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sagadsl.language.definition import Json
from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.load import reload
from sagadsl.machine.compiler import CompiledSaga, compile_saga
from sagadsl.machine.events import Event, from_json
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.audit_story import FORMAT, KINDS, canonical, seal

if TYPE_CHECKING:
    from sagadsl.runtime.audit_masked import MaskedReplay

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
        self._events: list[Any] = []
        self._expected: dict[str, int] = {}
        self._compiled: dict[bytes, CompiledSaga | str] = {}
        self._masked: dict[str, MaskedReplay] = {}

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
        events = _events(self._events)
        if isinstance(events, str):
            self._find(number, events)
            return
        for message in _contradictions(self._story, events, body):
            self._find(number, message)
        self._replay(number, events, body, compiled)

    def _replay(self, number: int, events: list[Event], end: Mapping[str, Any], compiled: CompiledSaga) -> None:
        """Check that the events lead to the end; where values are masked, that they can."""
        saga_id = self._story["saga"]["id"]
        saga = _replayed(saga_id, events, compiled)
        wrong = [saga] if isinstance(saga, str) else list(_differences(saga, end))
        if not self._story["masked"]:
            for message in wrong:
                self._find(number, message)
        elif wrong and self._can_be(saga_id, end, compiled):
            self.audit.notes.append(f"{saga_id}: replayed without what is masked: there are values with which it fits")
        elif wrong:
            self.audit.notes.append(f"{saga_id}: not replayed, as it is masked: {wrong[0]}")

    def _can_be(self, saga_id: str, end: Mapping[str, Any], compiled: CompiledSaga) -> bool:
        from sagadsl.runtime.audit_masked import MaskedReplay, agree  # noqa: PLC0415 - most stories are told in full

        if compiled.hash not in self._masked:
            self._masked[compiled.hash] = MaskedReplay(compiled.definition)
        ends = self._masked[compiled.hash].ends(saga_id, self._events)
        return any(all(agree(end.get(what), found) for what, found in _end_of(each).items()) for each in ends)

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


def _contradictions(story: Mapping[str, Any], events: list[Event], end: Mapping[str, Any]) -> Iterator[str]:
    """Yield in what a story contradicts itself, whatever is masked in it."""
    about, stored, began = story["saga"], story["definition"], events[0].at
    if any(about[name] != stored[name] for name in ("name", "version", "hash")):
        yield "the saga says that it ran another definition than the one that is here"
    if canonical(end.get("created_at")) != canonical(began):
        yield f"its beginning is said to be {_short(end.get('created_at'))}; its events lead to {_short(began)}"


def _events(data: list[Any]) -> list[Event] | str:
    """Return the events, or why one of them is none."""
    events: list[Event] = []
    for number, each in enumerate(data, 1):
        try:
            event = from_json(each if isinstance(each, dict) else {})
        except (ValueError, TypeError) as error:
            return f"event {number} cannot have happened: {error}"
        if event.seq != number:
            return f"event {number} has the number {event.seq}"
        events.append(event)
    return events or "it has no events"


def _replayed(saga_id: str, events: list[Event], compiled: CompiledSaga) -> Saga | str:
    """Return the saga to which these events happened, or why they cannot have."""
    saga = compiled.new(saga_id)
    for event in events:
        try:
            saga.apply(event)
        except (ValueError, TypeError, UnexpectedEvent) as error:
            return f"event {event.seq} cannot have happened: {error}"
    return saga


def _differences(saga: Saga, end: Mapping[str, Any]) -> Iterator[str]:
    for what, found in _end_of(saga).items():
        if canonical(end.get(what)) != canonical(found):
            yield f"its {what} is said to be {_short(end.get(what))}; its events lead to {_short(found)}"


def _end_of(saga: Saga) -> dict[str, Any]:
    error = None
    if saga.error is not None or saga.error_state is not None:
        code, message = (None, None) if saga.error is None else (saga.error.code, saga.error.message)
        error = {"code": code, "message": message, "state": saga.error_state}
    return {"status": saga.status, "output": saga.output, "error": error}


def _short(data: Json) -> str:
    text = canonical(data).decode("utf-8", "replace")
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - one line of a terminal
