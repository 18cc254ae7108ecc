"""Masking what a definition calls `sensitive`, wherever people look.

A value is masked at its path, where templates copy it to, and wherever else it turns up as it is: in what another step
answered, in the saga's output, in the message of an error, written there by a program or cut short as it may be. What
somebody has made of it, such as its last four digits, cannot be known for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from sagadsl.language.definition import Definition, Json, Path, Wait
from sagadsl.machine.commands import Finish
from sagadsl.machine.events import (
    Event,
    Failure,
    SagaStarted,
    SignalReceived,
    StepResolved,
    StepSucceeded,
    to_json,
)
from sagadsl.runtime.observe.secret_text import IN_TEXT, forms, hidden
from sagadsl.runtime.observe.sensitive_places import MASK, at, leaves, places, without

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga
    from sagadsl.runtime.outcome import Outcome, StepReport

_TOLD = ("why", "by")


def masked(definition: Definition, what: Event | Outcome, saga: Saga | None = None) -> dict[str, Json]:
    """Return an event or an outcome as JSON data, without what is sensitive.

    Args:
        definition: What the saga runs.
        what: What is to be shown.
        saga: The saga of an event. Without it only the paths themselves are known. The message of an error may repeat
            anything, and is then masked as a whole.
    """
    from sagadsl.runtime.outcome import Outcome  # noqa: PLC0415 - not for those who mask single events

    if isinstance(what, Outcome):
        return masked_outcome(what, definition).to_json()
    return to_json(masked_event(what, definition, saga))


def masked_event(event: Event, definition: Definition, saga: Saga | None = None) -> Event:
    """Return the same event without what is sensitive; see `masked`."""
    handed = saga.sensitive if saga is not None else _handed(event)
    if not definition.sensitive and not handed:
        return event
    mask = Mask(definition) if saga is None else Mask.of(saga)
    mask.learn(event)
    return mask.event(event)


def is_private(saga: Saga) -> bool:
    """Whether anything of a saga is sensitive, to itself or to the saga around it."""
    return bool(saga.definition.sensitive or saga.sensitive)


def _handed(event: Event) -> Sequence[Path]:
    paths = event.sensitive if isinstance(event, SagaStarted) else None
    return [tuple(path) for path in paths or ()]


def masked_failure(error: Failure | None, saga: Saga) -> Failure | None:
    """Return why something of a saga failed, without what is sensitive."""
    return Mask.of(saga).failure(error) if error is not None and is_private(saga) else error


def without_data(event: Event) -> Event:
    """Return an event without anything that somebody has put into the saga, where nobody knows what is sensitive."""
    changes: dict[str, Any] = {name: MASK for name in ("input", "output", "payload", "why") if getattr(event, name, "")}
    error = getattr(event, "error", None)
    if error is not None:
        changes["error"] = replace(error, message=MASK)
    return replace(event, **changes) if changes else event


def masked_end(end: Finish, saga: Saga) -> Finish:
    """Return how a saga has come to rest, without what is sensitive."""
    if not is_private(saga):
        return end
    mask = Mask.of(saga)
    return replace(end, output=mask.result(end.output), error=mask.failure(end.error))


def masked_outcome(outcome: Outcome, definition: Definition | None = None) -> Outcome:
    """Return the same outcome without what is sensitive, its events included."""
    definition = definition or outcome.definition
    handed = _handed(outcome.events[0]) if outcome.events else ()
    if definition is None or not (definition.sensitive or handed):
        return outcome
    mask = Mask(definition, knows_all=True, handed=handed)
    mask.learn_input(outcome.input)
    for event in outcome.events:
        mask.learn(event)
    for step in outcome.steps:
        mask.learn_output(step.state, step.output)
    return replace(
        outcome,
        input=mask.input(outcome.input),
        output=mask.result(outcome.output),
        error=mask.failure(outcome.error),
        steps=tuple(_masked_step(step, mask) for step in outcome.steps),
        events=tuple(mask.event(event) for event in outcome.events),
    )


def _masked_step(step: StepReport, mask: Mask) -> StepReport:
    return replace(step, output=mask.output(step.state, step.output), error=mask.failure(step.error))


class Mask:
    """What is sensitive in one saga: where it stands, and which values are known to have stood there.

    Args:
        definition: What the saga runs.
        knows_all: Whether it will have learnt all that the saga knows before it masks anything.
        handed: Paths of its input that the saga around it calls sensitive; a `SagaStarted` that it learns says so too.
    """

    def __init__(self, definition: Definition, *, knows_all: bool = False, handed: Sequence[Path] = ()) -> None:
        self._definition = definition
        self._look_at(handed)
        self._knows_all = knows_all
        self._whole: set[Json] = set()
        self._parts: list[str] = []

    @classmethod
    def of(cls, saga: Saga) -> Mask:
        """Return the mask of a running saga, which knows all that the saga knows."""
        mask = cls(saga.definition, knows_all=True, handed=saga.sensitive)
        mask.learn_input(saga.input)
        for execution in saga.executions.values():
            mask.learn_output(execution.name, execution.output)
        for name, payloads in saga.signals.items():
            for payload in payloads:
                mask.learn(SignalReceived(name, payload))
        return mask

    def _look_at(self, handed: Sequence[Path]) -> None:
        self._named, self._copied = places(self._definition, handed)
        self._signals: dict[str, list[str]] = {}
        for name in self._copied.outputs:
            state = self._definition.all_states.get(name)
            if isinstance(state, Wait) and state.signal is not None:
                self._signals.setdefault(state.signal, []).append(name)

    # learning

    def learn(self, event: Event) -> None:
        """Note the sensitive values of an event, to find them elsewhere."""
        match event:
            case SagaStarted():
                if event.sensitive:
                    self._look_at(_handed(event))
                self.learn_input(event.input)
            case StepSucceeded() | StepResolved():
                self.learn_output(event.state, event.output)
            case SignalReceived():
                for state in self._signals.get(event.name, ()):
                    self.learn_output(state, event.payload)

    def learn_input(self, data: Json) -> None:
        """Note the sensitive values of the saga's input."""
        self._note(data, self._named.input)

    def learn_output(self, state: str, data: Json) -> None:
        """Note the sensitive values of a state's output."""
        self._note(data, self._named.outputs.get(state, ()))

    def _note(self, data: Json, paths: Iterable[Path]) -> None:
        secrets = (leaf for path in paths for found in at(data, path) for leaf in leaves(found))
        for leaf in secrets:
            if isinstance(leaf, bool) or leaf is None or leaf in self._whole:
                continue
            text = leaf if isinstance(leaf, str) else _number(leaf)
            if isinstance(leaf, str) or len(text) >= IN_TEXT:
                self._whole.add(leaf)
            self._parts = sorted({*self._parts, *forms(text)}, key=len, reverse=True)

    # masking

    def event(self, event: Event) -> Event:
        """Return an event with stars in it."""
        changes: dict[str, Any] = {}
        for field in fields(event):
            value = getattr(event, field.name)
            match field.name:
                case "input":
                    changes["input"] = self.input(value)
                case "output":
                    changes["output"] = self.output(getattr(event, "state", ""), value)
                case "payload":
                    changes["payload"] = self._payload(getattr(event, "name", ""), value)
                case "error":
                    changes["error"] = self.failure(value)
                case name if name in _TOLD:
                    changes[name] = self.text(value)
        return replace(event, **changes) if changes else event

    def input(self, data: Json) -> Json:
        """Return the saga's input with stars in it."""
        return self._masked(data, self._copied.input)

    def output(self, state: str, data: Json) -> Json:
        """Return what a state gave with stars in it."""
        return self._masked(data, self._copied.outputs.get(state, ()))

    def result(self, data: Json) -> Json:
        """Return what the saga gives with stars in it."""
        return self._masked(data, self._copied.result)

    def _payload(self, signal: str, data: Json) -> Json:
        paths = [path for state in self._signals.get(signal, ()) for path in self._copied.outputs[state]]
        return self._masked(data, paths)

    def _masked(self, data: Json, paths: Iterable[Path]) -> Json:
        for path in paths:
            data = without(data, path)
        return self.data(data)

    def data(self, data: Json) -> Json:
        """Return any data of the saga with stars for every sensitive value that is known."""
        match data:
            case dict():
                return {self.text(key): self.data(value) for key, value in data.items()}
            case list():
                return [self.data(value) for value in data]
            case str():
                return MASK if data in self._whole else hidden(data, self._parts)
            case bool() | None:
                return data
        return MASK if data in self._whole else data

    def failure(self, error: Failure | None) -> Failure | None:
        """Return why something failed, without what its message may repeat."""
        if error is None or not error.message:
            return error
        return replace(error, message=self.text(error.message) if self._knows_all else MASK)

    def text(self, text: str) -> str:
        """Return a text with stars for every sensitive value in it."""
        return MASK if text in self._whole else hidden(text, self._parts)


def _number(value: Any) -> str:
    """Return a number as JSON and messages have it; a whole one may have come as `4111.0`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
