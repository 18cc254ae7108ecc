"""Every place of a definition in which expressions stand. A new place is added here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from sagadsl.language.definition import (
    Choice,
    Compensation,
    Definition,
    Json,
    Map,
    Pass,
    Path,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
    walk,
)

Role: TypeAlias = Literal[
    "payload",
    "compensation",
    "fail_when",
    "choice",
    "output",
    "saga_output",
    "items",
    "until",
    "key",
    "lock",
    "invariant",
]


class Site(NamedTuple):
    """One place: `value` is a template (JSON data), or the text of an expression where `is_condition` says so.

    `state` is `None` for what belongs to the saga as a whole; `path` leads to `value` in the document. The role of
    the `input` of another saga is `payload`.
    """

    role: Role
    state: State | None
    path: Path
    value: Json
    is_condition: bool = False


def sites(definition: Definition) -> Iterator[Site]:
    """Yield every place: those of the states in their order, then those of the saga as a whole."""
    for state in walk(definition.states):
        yield from _sites_of(state)
    yield Site("saga_output", None, ("output",), definition.output)
    if definition.key is not None:
        yield Site("key", None, ("key",), definition.key)
    for i, lock in enumerate(definition.locks):
        yield Site("lock", None, ("locks", i), lock)
    for i, invariant in enumerate(definition.invariants):
        yield Site("invariant", None, ("invariants", i, "require"), invariant.require, True)


def _sites_of(state: State) -> Iterator[Site]:
    match state:
        case Task():
            yield Site("payload", state, (*state.path, "payload"), state.payload)
            for i, rule in enumerate(state.fail_when):
                yield Site("fail_when", state, (*state.path, "fail_when", i, "when"), rule.when, True)
            yield from _undo(state, state.compensation)
        case SubSaga():
            yield Site("payload", state, (*state.path, "input"), state.input)
            yield from _undo(state, state.compensation)
        case Choice():
            for i, choice in enumerate(state.choices):
                yield Site("choice", state, (*state.path, "choices", i, "when"), choice.when, True)
        case Map():
            yield Site("items", state, (*state.path, "items"), state.items, True)
        case Wait() if state.until is not None:
            yield Site("until", state, (*state.path, "until"), state.until, True)
        case Pass() | Succeed() if state.output is not None:
            yield Site("output", state, (*state.path, "output"), state.output)


def _undo(state: State, compensation: Compensation | None) -> Iterator[Site]:
    if compensation is not None and compensation.payload is not None:
        yield Site("compensation", state, (*state.path, "compensation", "payload"), compensation.payload)
