"""The nodes of each kind of state, and the ways that lead out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from sagadsl.diagrams.model import Edge, Node
from sagadsl.language.definition import (
    ANY_ERROR,
    Catch,
    Choice,
    Compensation,
    Fail,
    Map,
    OnFailure,
    Parallel,
    Pass,
    Retry,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
    regions_of,
)
from sagadsl.language.durations import format_duration

Ids: TypeAlias = Mapping[str, str]
"""The id of each state's node by the state's name."""

TIMES = "\N{MULTIPLICATION SIGN}"
USUAL_TIMEOUT = 30.0
"""Seconds; a task's timeout is drawn where it is another one (language.md, `defaults`)."""


def nodes(state: State, state_id: str) -> Iterator[Node]:
    """Return what is drawn for a state: itself, its undo, the join of what is inside it, the point of no return."""
    yield _NODES[type(state)](state, state_id)
    compensation: Compensation | None = getattr(state, "compensation", None)
    if compensation is not None:
        yield _compensation_node(compensation, beside("c", state_id))
    elif isinstance(state, SubSaga):
        yield Node(beside("c", state_id), "compensation", f"saga {state.saga}", badges=("undo",))
    if regions_of(state):
        yield Node(beside("j", state_id), "join")
    if getattr(state, "kind", None) == "pivot":
        yield Node(beside("p", state_id), "point_of_no_return", "point of no return")


def beside(letter: str, state_id: str) -> str:
    """Return the id of what belongs to a state; see the head of `model`."""
    return letter + state_id[1:]


def _task_node(state: Task, state_id: str) -> Node:
    return Node(
        id=state_id,
        kind="task",
        title=state.name,
        detail=f"{state.service}.{state.action}",
        role=state.kind,
        badges=tuple(_task_badges(state)),
        note=state.description or "",
    )


def _task_badges(state: Task) -> Iterator[str]:
    yield from _role_badges(state.kind)
    if state.callback:
        yield "reports later"
    yield from _effort_badges(state.retry, state.timeout)
    yield from _failure_badges(state.on_failure)


def _role_badges(kind: str | None) -> Iterator[str]:
    if kind not in (None, "compensatable"):  # that one is told by the undo drawn beside the step
        yield kind.replace("_", "-")


def _failure_badges(rule: OnFailure | None) -> Iterator[str]:
    if rule is None:
        return
    if rule.then == "fail":
        yield "stops if it fails"
    elif rule.then == "wait_for":
        yield f"if it fails: waits for {rule.signal}{_within(rule.timeout)}"


def _within(timeout: float | None) -> str:
    return "" if timeout is None else f", {format_duration(timeout)}"


def _effort_badges(retry: Retry, timeout: float) -> Iterator[str]:
    if retry.max_attempts > 1:
        yield f"{TIMES}{retry.max_attempts}"
    if timeout != USUAL_TIMEOUT:
        yield f"timeout {format_duration(timeout)}"


def _compensation_node(compensation: Compensation, node_id: str) -> Node:
    return Node(
        id=node_id,
        kind="compensation",
        title=f"{compensation.service}.{compensation.action}",
        badges=("undo", *_effort_badges(compensation.retry, compensation.timeout)),
    )


def _choice_node(state: Choice, state_id: str) -> Node:
    badges = () if state.default is not None else ("none true: NoChoice",)
    return Node(state_id, "choice", state.name, badges=badges, note=state.description or "")


def _pass_node(state: Pass, state_id: str) -> Node:
    return Node(state_id, "pass", state.name, detail="computes data", note=state.description or "")


def _wait_node(state: Wait, state_id: str) -> Node:
    if state.signal is not None:
        detail = f"waits for {state.signal}{_within(state.timeout)}"
    elif state.until is not None:
        detail = f"waits until {state.until}"
    else:
        detail = f"waits {format_duration(state.for_ or 0)}"
    return Node(state_id, "wait", state.name, detail, note=state.description or "")


def _saga_node(state: SubSaga, state_id: str) -> Node:
    version = f" {state.version}" if state.version is not None else ""
    badges = [*_role_badges(state.kind), *_failure_badges(state.on_failure)]
    if state.timeout is not None:
        badges.append(f"timeout {format_duration(state.timeout)}")
    return Node(
        state_id, "saga", state.name, f"saga {state.saga}{version}", state.kind, tuple(badges), state.description or ""
    )


def _parallel_node(state: Parallel, state_id: str) -> Node:
    badges = (*_role_badges(state.kind), *_failure_badges(state.on_failure))
    detail = f"{len(state.branches)} branches"
    return Node(state_id, "parallel", state.name, detail, badges=badges, note=state.description or "")


def _map_node(state: Map, state_id: str) -> Node:
    badges = [*_role_badges(state.kind), *_failure_badges(state.on_failure)]
    if state.max_concurrency is not None:
        badges.append(f"{state.max_concurrency} at once")
    if state.max_failures:
        badges.append(f"{state.max_failures} may fail")
    return Node(
        state_id, "map", state.name, f"for each of {state.items}", badges=tuple(badges), note=state.description or ""
    )


def _succeed_node(state: Succeed, state_id: str) -> Node:
    return Node(state_id, "succeed", state.name, note=state.description or "")


def _fail_node(state: Fail, state_id: str) -> Node:
    return Node(
        state_id,
        "fail",
        state.name,
        detail=f"fails with {state.error}",
        note=state.description or state.message,
    )


_NODES: dict[type[State], Callable[[Any, str], Node]] = {
    Task: _task_node,
    Choice: _choice_node,
    Pass: _pass_node,
    Wait: _wait_node,
    SubSaga: _saga_node,
    Parallel: _parallel_node,
    Map: _map_node,
    Succeed: _succeed_node,
    Fail: _fail_node,
}


def edges(state: State, ids: Ids, ends: Ids) -> Iterator[Edge]:
    """Return the ways out of a state, and into what is inside it.

    Args:
        state: The state.
        ids: The id of each state.
        ends: The id of the join that a state's region ends in, for states inside one.
    """
    here = ids[state.name]
    match state:
        case Task() | SubSaga() | Parallel() | Map():
            yield from _step_edges(state, here, ids)
        case Choice():
            for choice in state.choices:
                yield Edge(here, ids[choice.next], "choice", choice.when)
            if state.default is not None:
                yield Edge(here, ids[state.default], "default", "default")
        case Wait():
            yield Edge(here, ids[state.next], "next")
            if state.on_timeout is not None:
                yield Edge(here, ids[state.on_timeout], "time_out", "no signal in time")
        case Pass():
            yield Edge(here, ids[state.next], "next")
        case Succeed() if state.name in ends:
            yield Edge(here, ends[state.name], "next")


def _step_edges(state: Task | SubSaga | Parallel | Map, here: str, ids: Ids) -> Iterator[Edge]:
    inside = regions_of(state)
    for region in inside.values():
        yield Edge(here, ids[region.start], "next")
    if isinstance(state, SubSaga) or getattr(state, "compensation", None) is not None:
        yield Edge(here, beside("c", here), "compensation")
    end = beside("j", here) if inside else here
    if state.kind == "pivot":
        line = beside("p", here)
        yield Edge(end, line, "next")
        yield Edge(line, ids[state.next], "next")
    else:
        yield Edge(end, ids[state.next], "next")
    for catch in state.catch:
        yield Edge(here, ids[catch.next], "catch", _catch_label(catch))
    if state.on_failure is not None and state.on_failure.then == "continue":
        yield Edge(here, ids[state.next], "on_failure", "also if it fails")


def _catch_label(catch: Catch) -> str:
    return "any error" if ANY_ERROR in catch.errors else "on " + ", ".join(catch.errors)
