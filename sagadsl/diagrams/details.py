"""What somebody may ask of a state beyond what its box says: payload, retry, timeouts, and the like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from sagadsl.language.definition import (
    Choice,
    Compensation,
    Fail,
    Json,
    Map,
    OnFailure,
    Pass,
    Retry,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
)
from sagadsl.language.durations import format_duration

Details: TypeAlias = tuple[tuple[str, str], ...]


def state_details(state: State) -> Details:
    """Return what there is to know of a state, as names and values."""
    found = [("description", state.description or ""), *_own(state), *_ways_to_fail(state)]
    return tuple((name, value) for name, value in found if value)


def undo_details(undo: Compensation) -> Details:
    """Return what there is to know of a compensation."""
    payload = "the step's input and output" if undo.payload is None else data(undo.payload)
    found = [("payload", payload), ("retry", retry_words(undo.retry)), ("timeout", format_duration(undo.timeout))]
    return tuple((name, value) for name, value in found if value)


def _own(state: State) -> Iterator[tuple[str, str]]:
    match state:
        case Task():
            yield "calls", f"{state.service}.{state.action}"
            yield "payload", data(state.payload)
            yield "retry", retry_words(state.retry)
            yield "timeout", format_duration(state.timeout)
            for rule in state.fail_when:
                yield "fails when", f"{rule.when}: {rule.error}"
        case SubSaga():
            yield "runs", f"saga {state.saga}" + (f" {state.version}" if state.version is not None else "")
            yield "input", data(state.input)
        case Map():
            yield "for each of", state.items
        case Wait():
            yield "waits until", state.until or ""
            yield "waits for the signal", state.signal or ""
        case Choice():
            for choice in state.choices:
                yield "when", f"{choice.when}: {choice.next}"
            yield "otherwise", state.default or "the error NoChoice"
        case Pass() | Succeed():
            yield "output", "" if state.output is None else data(state.output)
        case Fail():
            yield "error", state.error
            yield "message", state.message


def _ways_to_fail(state: State) -> Iterator[tuple[str, str]]:
    for catch in getattr(state, "catch", ()):
        yield "catches", f"{', '.join(catch.errors)}: {catch.next}"
    rule: OnFailure | None = getattr(state, "on_failure", None)
    if rule is not None:
        yield "on failure", rule.then if rule.signal is None else f"wait for {rule.signal}"


def data(value: Json) -> str:
    """Return JSON data, whose strings may be templates, as one line of text."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def retry_words(retry: Retry) -> str:
    """Return a retry policy in words; nothing for one without retries."""
    if retry.max_attempts == 1:
        return ""
    limit = "" if retry.max_delay is None else f", at most {format_duration(retry.max_delay)}"
    spread = ", drawn at random from 0 to that" if retry.jitter == "full" else ""
    which = "" if retry.on is None else f", on {', '.join(retry.on)}"
    never = f", never on {', '.join(retry.except_)}" if retry.except_ else ""
    growth = "" if retry.multiplier == 1 else f", each time {retry.multiplier:g} times as long"
    return (
        f"up to {retry.max_attempts} attempts, after {format_duration(retry.initial_delay)}"
        f"{growth}{limit}{spread}{which}{never}"
    )
