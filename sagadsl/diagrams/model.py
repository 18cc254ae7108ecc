"""What is in the picture of a saga: nodes, edges and words, in the order of the text; no format, no layout.

Every node has a generated id (`s0`, `c0`, `p0`), so that no writer ever has to make a name of the author's
safe as an identifier. States are `s`, compensations `c`, points of no return `p`, joins `j` and boxes `g`, with the
state's place in the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sagadsl.language.definition import Kind

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
]
EdgeKind: TypeAlias = Literal["next", "choice", "default", "catch", "time_out", "on_failure", "compensation"]


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
    """

    title: str
    facts: tuple[str, ...]
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
