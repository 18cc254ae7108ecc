"""What is in the view `sequence`: who takes part, and what they say to each other, from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sagadsl.diagrams.model import Emphasis, Mark

LifelineKind: TypeAlias = Literal["saga", "service", "other_saga", "outside"]
MessageKind: TypeAlias = Literal["call", "reply", "undo", "signal"]
Way: TypeAlias = tuple[str, str]
"""A transition of the flow machine: the state that it leaves, and its trigger."""
FragmentKind: TypeAlias = Literal["alt", "opt", "par", "loop", "break"]


@dataclass(frozen=True, slots=True)
class Lifeline:
    """Somebody who takes part: the saga itself, a service, another saga, or the world outside."""

    id: str
    title: str
    kind: LifelineKind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What one says to another, by the ids of their lifelines; `state` is the state in which that happens."""

    source: str
    target: str
    text: str
    kind: MessageKind
    state: str = ""
    marks: tuple[Mark, ...] = ()
    emphasis: Emphasis = "usual"


@dataclass(frozen=True, slots=True)
class Remark:
    """A note at the lifeline of the saga, such as a wait or a jump; a `line` goes across the whole picture.

    `way` is the transition that it tells of, as state and trigger, where it tells of one.
    """

    text: str
    line: bool = False
    state: str = ""
    marks: tuple[Mark, ...] = ()
    emphasis: Emphasis = "usual"
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a fragment, under its condition; `way` is the transition that leads to it, where one does."""

    title: str
    items: tuple[Item, ...]
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Fragment:
    """A frame around what happens as one alternative (`alt`), perhaps (`opt`), at once, again and again, or instead."""

    kind: FragmentKind
    sections: tuple[Section, ...]


Item: TypeAlias = Message | Remark | Fragment


@dataclass(frozen=True, slots=True)
class Sequence:
    """A whole sequence; the first lifeline is the saga's own."""

    lifelines: tuple[Lifeline, ...]
    items: tuple[Item, ...]
