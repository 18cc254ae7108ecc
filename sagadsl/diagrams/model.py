"""What is in the picture of a saga: nodes, edges and words, in the order of the text; no format, no layout.

Every node has a generated id (`s0`, `c0`, `p0`), so that no writer ever has to make a name of the author's
safe as an identifier. States are `s`, compensations `c` and points of no return `p`, with the state's place in
the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sagadsl.language.definition import (
    ANY_ERROR,
    Catch,
    Choice,
    Compensation,
    Definition,
    Fail,
    Kind,
    Pass,
    Retry,
    State,
    Succeed,
    Task,
)
from sagadsl.language.durations import format_duration

TIMES = "\N{MULTIPLICATION SIGN}"

NodeKind: TypeAlias = Literal[
    "start", "task", "choice", "pass", "succeed", "fail", "compensation", "point_of_no_return"
]
EdgeKind: TypeAlias = Literal["next", "choice", "default", "catch", "on_failure", "compensation"]

USUAL_TIMEOUT = 30.0
"""Seconds; a task's timeout is drawn where it is another one (language.md, `defaults`)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the picture.

    Args:
        id: Unique in the picture, a letter and digits.
        kind: What it is.
        title: The state's name, or the undo action.
        detail: What it does, in a few words; may be empty.
        role: The saga role of a task.
        badges: Short remarks, such as `pivot`.
        note: A sentence for whoever asks: the description; may be empty.
    """

    id: str
    kind: NodeKind
    title: str = ""
    detail: str = ""
    role: Kind | None = None
    badges: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from the node `source` to the node `target`, by their ids; the label may be empty."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture.

    Args:
        title: The saga's name.
        facts: Short remarks on the whole saga, such as `version 1.2.0`.
        description: Prose; may be empty.
        nodes: In reading order; a compensation follows its step.
        edges: In reading order.
    """

    title: str
    facts: tuple[str, ...]
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def picture(definition: Definition) -> Picture:
    """Return the picture of a valid definition: every state, every way between them, every undo."""
    ids = {name: f"s{place}" for place, name in enumerate(definition.states)}
    nodes, edges = [Node("start", "start")], [Edge("start", ids[definition.start], "next")]
    for state in definition.states.values():
        nodes += _nodes(state, ids[state.name])
        edges += _edges(state, ids)
    return Picture(
        title=definition.name,
        facts=tuple(_facts(definition)),
        description=definition.description or "",
        nodes=tuple(nodes),
        edges=tuple(edges),
    )


def _facts(definition: Definition) -> Iterator[str]:
    yield f"version {definition.version}"
    if definition.timeout is not None:
        yield f"timeout {format_duration(definition.timeout)}"
    if definition.compensation.order == "parallel":
        yield "undone all at once"
    if definition.compensation.on_failure == "continue":
        yield "a failed undo does not stop the others"


def _nodes(state: State, state_id: str) -> Iterator[Node]:
    yield _NODES[type(state)](state, state_id)
    if not isinstance(state, Task):
        return
    if state.compensation is not None:
        yield _compensation_node(state.compensation, _beside("c", state_id))
    if state.kind == "pivot":
        yield Node(_beside("p", state_id), "point_of_no_return", "point of no return")


def _beside(letter: str, state_id: str) -> str:
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
    if state.kind not in (None, "compensatable"):  # that one is told by the undo drawn beside the step
        yield state.kind.replace("_", "-")
    yield from _effort_badges(state.retry, state.timeout)
    if state.on_failure is None:
        return
    if state.on_failure.then == "fail":
        yield "stops if it fails"
    elif state.on_failure.then == "wait_for":
        yield f"if it fails: waits for {state.on_failure.signal}{_within(state.on_failure.timeout)}"


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
    Succeed: _succeed_node,
    Fail: _fail_node,
}


def _edges(state: State, ids: dict[str, str]) -> Iterator[Edge]:
    here = ids[state.name]
    if isinstance(state, Task):
        yield from _task_edges(state, here, ids)
    elif isinstance(state, Choice):
        for choice in state.choices:
            yield Edge(here, ids[choice.next], "choice", choice.when)
        if state.default is not None:
            yield Edge(here, ids[state.default], "default", "default")
    elif isinstance(state, Pass):
        yield Edge(here, ids[state.next], "next")


def _task_edges(state: Task, here: str, ids: dict[str, str]) -> Iterator[Edge]:
    if state.compensation is not None:
        yield Edge(here, _beside("c", here), "compensation")
    if state.kind == "pivot":
        line = _beside("p", here)
        yield Edge(here, line, "next")
        yield Edge(line, ids[state.next], "next")
    else:
        yield Edge(here, ids[state.next], "next")
    for catch in state.catch:
        yield Edge(here, ids[catch.next], "catch", _catch_label(catch))
    if state.on_failure is not None and state.on_failure.then == "continue":
        yield Edge(here, ids[state.next], "on_failure", "also if it fails")


def _catch_label(catch: Catch) -> str:
    return "any error" if ANY_ERROR in catch.errors else "on " + ", ".join(catch.errors)
