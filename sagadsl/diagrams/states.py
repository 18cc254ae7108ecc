"""The nodes of each kind of state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sagadsl.diagrams.details import state_details, undo_details
from sagadsl.diagrams.model import Node, join_id, pivot_id, state_id, undo_id
from sagadsl.language.definition import (
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

TIMES = "\N{MULTIPLICATION SIGN}"
USUAL_TIMEOUT = 30.0
"""Seconds; a task's timeout is drawn where it is another one (language.md, `defaults`)."""
POINT_OF_NO_RETURN = "point of no return"


def nodes(state: State) -> Iterator[Node]:
    """Return what is drawn for a state: itself, its undo, the join of what is inside it, the point of no return."""
    yield _NODES[type(state)](state)
    name = state.name
    compensation: Compensation | None = getattr(state, "compensation", None)
    if compensation is not None:
        yield _compensation_node(compensation, name)
    elif isinstance(state, SubSaga):
        details = (("undone by", f"compensating the saga {state.saga}"),)
        yield Node(undo_id(name), "compensation", f"saga {state.saga}", badges=("undo",), state=name, details=details)
    if regions_of(state):
        yield Node(join_id(name), "join", state=name)
    if getattr(state, "kind", None) == "pivot":
        yield Node(pivot_id(name), "point_of_no_return", POINT_OF_NO_RETURN, state=name)


def _node(state: State, kind: Any, detail: str = "", badges: Iterator[str] | tuple[str, ...] = (), **more: Any) -> Node:
    more = {"note": state.description or "", **more}
    return Node(
        state_id(state.name),
        kind,
        state.name,
        detail,
        badges=tuple(badges),
        state=state.name,
        details=state_details(state),
        **more,
    )


def _task_node(state: Task) -> Node:
    return _node(state, "task", f"{state.service}.{state.action}", _task_badges(state), role=state.kind)


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


def _compensation_node(compensation: Compensation, state: str) -> Node:
    return Node(
        id=undo_id(state),
        kind="compensation",
        title=f"{compensation.service}.{compensation.action}",
        badges=("undo", *_effort_badges(compensation.retry, compensation.timeout)),
        state=state,
        details=undo_details(compensation),
    )


def _choice_node(state: Choice) -> Node:
    return _node(state, "choice", badges=() if state.default is not None else ("none true: NoChoice",))


def _pass_node(state: Pass) -> Node:
    return _node(state, "pass", "computes data")


def _wait_node(state: Wait) -> Node:
    if state.signal is not None:
        detail = f"waits for {state.signal}{_within(state.timeout)}"
    elif state.until is not None:
        detail = f"waits until {state.until}"
    else:
        detail = f"waits {format_duration(state.for_ or 0)}"
    return _node(state, "wait", detail)


def _saga_node(state: SubSaga) -> Node:
    version = f" {state.version}" if state.version is not None else ""
    badges = [*_role_badges(state.kind), *_failure_badges(state.on_failure)]
    if state.timeout is not None:
        badges.append(f"timeout {format_duration(state.timeout)}")
    return _node(state, "saga", f"saga {state.saga}{version}", tuple(badges), role=state.kind)


def _parallel_node(state: Parallel) -> Node:
    badges = (*_role_badges(state.kind), *_failure_badges(state.on_failure))
    return _node(state, "parallel", f"{len(state.branches)} branches", badges)


def _map_node(state: Map) -> Node:
    badges = [*_role_badges(state.kind), *_failure_badges(state.on_failure)]
    if state.max_concurrency is not None:
        badges.append(f"{state.max_concurrency} at once")
    if state.max_failures:
        badges.append(f"{state.max_failures} may fail")
    return _node(state, "map", f"for each of {state.items}", tuple(badges))


def _succeed_node(state: Succeed) -> Node:
    return _node(state, "succeed")


def _fail_node(state: Fail) -> Node:
    return _node(state, "fail", f"fails with {state.error}", note=state.description or state.message)


_NODES: dict[type[State], Callable[[Any], Node]] = {
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
