"""What is in a picture: nodes, edges and words, in the order of the text; no format, no layout.

Every part has an id made of what it is and of a name of the definition, such as `state-charge`, `undo-charge` or
`branch-pack-customs`: the same as long as the name is the same, and safe in every format, since names are letters,
digits and `_`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from sagadsl.language.definition import Kind

if TYPE_CHECKING:
    from sagadsl.diagrams.sequence_model import Sequence

NodeKind: TypeAlias = Literal[
    "start",
    "task",
    "choice",
    "pass",
    "wait",
    "saga",
    "parallel",
    "map",
    "join",
    "succeed",
    "fail",
    "compensation",
    "point_of_no_return",
    "plain",
    "plain_final",
    "status",
    "status_final",
    "verdict",
    "jump",
]
EdgeKind: TypeAlias = Literal[
    "next", "choice", "default", "catch", "time_out", "on_failure", "compensation", "trigger", "opens", "undo"
]
Emphasis: TypeAlias = Literal["usual", "strong", "faded"]
MarkKind: TypeAlias = Literal[
    "pending",
    "running",
    "waiting",
    "retrying",
    "failed",
    "completed",
    "skipped",
    "compensating",
    "compensated",
    "compensation_failed",
    "passed",
    "number",
]
"""A status of the step lifecycle; `passed` for a state that has none; `number` for a place in an order."""

STATES = frozenset({"task", "choice", "pass", "wait", "saga", "parallel", "map", "succeed", "fail"})
"""The kinds of nodes that stand for a state of the definition."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of a node in a run, or its number in an order; `words` tell all, a colour only helps."""

    kind: MarkKind
    words: str


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the picture.

    Args:
        id: Unique in the picture: `state-NAME` for a state.
        kind: What it is.
        title: The state's name, or the undo action.
        detail: What it does, in a few words; may be empty.
        role: The saga role of a task.
        badges: Short remarks, such as `pivot`.
        note: A sentence for whoever asks: the description; may be empty.
        state: The name of the state that it belongs to; empty for what belongs to none.
        details: More for whoever asks, as names and values: `("retry", "up to 3 times, …")`.
        marks: What is said of it in this picture; the first one decides on its colour.
        emphasis: Whether it stands out, or stands back.
    """

    id: str
    kind: NodeKind
    title: str = ""
    detail: str = ""
    role: Kind | None = None
    badges: tuple[str, ...] = ()
    note: str = ""
    state: str = ""
    details: tuple[tuple[str, str], ...] = ()
    marks: tuple[Mark, ...] = ()
    emphasis: Emphasis = "usual"


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from the node `source` to the node `target`, by their ids; the label may be empty.

    `trigger` is the trigger of the flow machine that takes this way, where one does.
    """

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    trigger: str = ""
    emphasis: Emphasis = "usual"


@dataclass(frozen=True, slots=True)
class Group:
    """A box around what is inside a parallel or a map.

    Args:
        id: Unique in the picture.
        title: What it is, such as `branch customs`.
        nodes: The ids of the nodes in it that are in no box further inside.
        groups: The boxes inside it.
    """

    id: str
    title: str
    nodes: tuple[str, ...]
    groups: tuple[Group, ...] = ()


def box_ids(groups: Iterable[Group]) -> Iterator[str]:
    """Yield the ids of boxes, and of those inside them, in the order of the picture."""
    for group in groups:
        yield group.id
        yield from box_ids(group.groups)


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture.

    Args:
        title: The saga's name.
        facts: Short remarks on the whole saga, such as `version 1.2.0`.
        description: Prose; may be empty.
        nodes: In reading order; a compensation follows its step.
        edges: In reading order.
        groups: The outermost boxes.
        view: Which view of the saga it is.
        remarks: Lines below the heading, such as the ways in which a step fails.
        sequence: For the view `sequence`, what is drawn; there are no nodes and edges then.
    """

    title: str
    facts: tuple[str, ...]
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
    view: str = "flow"
    remarks: tuple[str, ...] = ()
    sequence: Sequence | None = None

    @property
    def edge_ids(self) -> tuple[str, ...]:
        """An id for every edge: its ends, and a number from the second one between the same two."""
        times: dict[str, int] = {}
        ids = []
        for edge in self.edges:
            name = f"way-{edge.source}-{edge.target}"
            times[name] = times.get(name, 0) + 1
            ids.append(name if times[name] == 1 else f"{name}-{times[name]}")
        return tuple(ids)


def state_id(state: str) -> str:
    """Return the id of a state's node."""
    return f"state-{state}"


def undo_id(state: str) -> str:
    """Return the id of the node of a state's compensation."""
    return f"undo-{state}"


def join_id(state: str) -> str:
    """Return the id of the bar at which what is inside a state comes together again."""
    return f"join-{state}"


def pivot_id(state: str) -> str:
    """Return the id of the line that is crossed when a pivot has completed."""
    return f"pivot-{state}"


def box_id(state: str) -> str:
    """Return the id of the box around what is inside a state."""
    return f"inside-{state}"


def branch_id(state: str, branch: str) -> str:
    """Return the id of the box around one branch of a state."""
    return f"branch-{state}-{branch}"
