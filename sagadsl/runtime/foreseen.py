"""What a decision would come to at once, found out on a copy of the saga before anything is recorded.

The machine takes whatever output a person gives. That a state cannot read it is then the saga's next failure, and
before the pivot everything is undone because of a slip of the pen. So it is refused while nothing has happened yet.

Refused is only what is certainly the output's fault: an expression needs a field (`celneeds`) that it does not have.
So there always is an output that is not refused, one that has all that is needed; and no decision is refused for what
another value does, which no output could put right: behind the pivot nothing could then move the saga any more.
A step may be skipped for all that where nothing is undone for it: the next one can then be decided about as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from sagadsl.language.celneeds import lacks, needed
from sagadsl.language.celtokens import tokens, variable
from sagadsl.language.definition import Json, Path
from sagadsl.language.expressions import quoted
from sagadsl.language.places import sites
from sagadsl.language.templates import expressions_at
from sagadsl.machine.events import INVALID_PAYLOAD, Event, Failure, StepResolved, StepSkipped
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.copies import copy_saga

DECISIONS = (StepResolved, StepSkipped)
"""The events about which there is something to be foreseen."""

TO_FILL_IN: Final = "…"
"""Stands where a person has to write a value."""

_MANY = 20


def check(saga: Saga, event: Event) -> None:
    """Make sure that the saga can go on from a step that was resolved or skipped; it stays as it is.

    Args:
        saga: The saga, with no callbacks on its machines: they would hear of what has not happened.
        event: Any event; those that are none of `DECISIONS` are let pass.

    Raises:
        UnexpectedEvent: The event is out of place, or a state that comes at once needs what the output does not have.
    """
    if not isinstance(event, DECISIONS) or saga.status == "compensation_failed":
        return
    for state, failure, _ in _troubles(saga, event):
        raise saga.refuse(event, _why(event, state, failure))


def least_output(saga: Saga, event: StepResolved) -> dict[str, Json]:
    """Return what an output needs at the least for the saga to go on from the step, `TO_FILL_IN` for each value.

    Args:
        saga: The saga, which takes the event; see `check`.
        event: Any output of it is left out of account.
    """
    output: Json = {}
    for _ in range(_MANY):
        before = output
        for _state, _failure, paths in _troubles(saga, replace(event, output=output)):
            for path in paths:
                output = _with(output, path)
        if output == before:
            break
    return output if isinstance(output, dict) else {}


def _with(value: Json, path: Path) -> Json:
    """Return a value that has something at the end of a path."""
    if not path:
        return TO_FILL_IN
    part, *rest = path
    if isinstance(part, str):
        fields = value if isinstance(value, Mapping) else {}
        return {**fields, part: _with(fields.get(part), tuple(rest))}
    items = list(value) if isinstance(value, list) else []
    if part >= _MANY:
        return items
    items += [TO_FILL_IN] * (part + 1 - len(items))
    items[part] = _with(items[part], tuple(rest))
    return items


def _troubles(saga: Saga, event: StepResolved | StepSkipped) -> Iterator[tuple[str, Failure, list[Path]]]:
    """Yield the states that cannot go on from a step, how each fails, and the fields that its output would need."""
    copy = copy_saga(saga)
    copy.apply(event)
    if isinstance(event, StepSkipped) and (copy.pivot_passed or copy.status == "failed"):
        return
    known = set(_unreadable(saga))
    for state, failure in _unreadable(copy):
        paths = [] if (state, failure) in known else _lacking(saga, copy, event, state, failure)
        if paths:
            yield state, failure, paths


def _unreadable(saga: Saga) -> Iterator[tuple[str, Failure]]:
    """Yield the failures that stop the saga or a part of it because a value is not there, each with its state."""
    if saga.error is not None and saga.error.code == INVALID_PAYLOAD:
        yield saga.error_state or "", saga.error
    for execution in saga.executions.values():
        inside = execution.regions
        if inside is None or not inside.cursors:  # nothing is left in there to be stopped: the failure was caught
            continue
        if inside.failure is not None and inside.failure.code == INVALID_PAYLOAD:
            yield inside.failed_at, inside.failure


def _lacking(saga: Saga, copy: Saga, event: StepResolved | StepSkipped, state: str, failure: Failure) -> list[Path]:
    """Return what the expression that has no value in this state needs and the decided step's output does not have."""
    place = event.state, event.region
    before, after = saga.latest.get(place), copy.latest.get(place)
    if before is None or after is None or before.number != after.number:
        return []  # it has been entered again since, and the output is another one
    name = f"states.{event.state}.output"
    output = after.cursor.scope.get(name, {})
    return [
        path
        for text in _failing(copy, state, failure)
        for found_name, path in map(variable, needed(tokens(text)))
        if found_name == name and lacks(output, path)
    ]


def _failing(saga: Saga, state: str, failure: Failure) -> Iterator[str]:
    """Yield the expression of the state that the failure is about: its message quotes it."""
    for site in sites(saga.definition):
        if site.state is None or site.state.name == state:
            yield from (text for text in expressions_at(site) if quoted(text) in failure.message)


def _why(event: StepResolved | StepSkipped, state: str, failure: Failure) -> str:
    if isinstance(event, StepSkipped):
        return f"{state!r} cannot go on without {event.state!r}: {failure.message}; resolve it with an output instead"
    return f"{state!r} cannot go on from this output: {failure.message}; give one that has it"
