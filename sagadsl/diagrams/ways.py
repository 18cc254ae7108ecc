"""The ways out of each kind of state, and into what is inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from sagadsl.diagrams.model import Edge, join_id, pivot_id, state_id, undo_id
from sagadsl.language.definition import (
    ANY_ERROR,
    Catch,
    Choice,
    Map,
    Parallel,
    Pass,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
    regions_of,
)
from sagadsl.machine.compiler import DEFAULT, NEXT, PROCEED, TIME_OUT, catch_trigger
from sagadsl.machine.plans import choice_trigger

Ends: TypeAlias = Mapping[str, str]
"""The id of the join that a state's region ends in, for states inside one."""


def edges(state: State, ends: Ends) -> Iterator[Edge]:
    """Return the ways out of a state, and into what is inside it."""
    here = state_id(state.name)
    match state:
        case Task() | SubSaga() | Parallel() | Map():
            yield from _step_edges(state, here)
        case Choice():
            for place, choice in enumerate(state.choices):
                yield Edge(here, state_id(choice.next), "choice", choice.when, choice_trigger(place))
            if state.default is not None:
                yield Edge(here, state_id(state.default), "default", "default", DEFAULT)
        case Wait():
            yield Edge(here, state_id(state.next), "next", trigger=NEXT)
            if state.on_timeout is not None:
                yield Edge(here, state_id(state.on_timeout), "time_out", "no signal in time", TIME_OUT)
        case Pass():
            yield Edge(here, state_id(state.next), "next", trigger=NEXT)
        case Succeed() if state.name in ends:
            yield Edge(here, ends[state.name], "next")


def _step_edges(state: Task | SubSaga | Parallel | Map, here: str) -> Iterator[Edge]:
    inside = regions_of(state)
    for region in inside.values():
        yield Edge(here, state_id(region.start), "next")
    if isinstance(state, SubSaga) or getattr(state, "compensation", None) is not None:
        yield Edge(here, undo_id(state.name), "compensation")
    end = join_id(state.name) if inside else here
    if state.kind == "pivot":
        line = pivot_id(state.name)
        yield Edge(end, line, "next", trigger=NEXT)
        yield Edge(line, state_id(state.next), "next", trigger=NEXT)
    else:
        yield Edge(end, state_id(state.next), "next", trigger=NEXT)
    for place, catch in enumerate(state.catch):
        yield Edge(here, state_id(catch.next), "catch", _catch_label(catch), catch_trigger(place))
    if state.on_failure is not None and state.on_failure.then == "continue":
        yield Edge(here, state_id(state.next), "on_failure", "also if it fails", PROCEED)


def _catch_label(catch: Catch) -> str:
    return "any error" if ANY_ERROR in catch.errors else "on " + ", ".join(catch.errors)
