"""The ways from state to state, and the region that each state lives in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from sagadsl.language.definition import (
    ANY_ERROR,
    Catch,
    Choice,
    Definition,
    Map,
    Parallel,
    Pass,
    Path,
    Region,
    State,
    SubSaga,
    Task,
    Wait,
    regions_of,
    walk,
)

EdgeKind: TypeAlias = Literal["next", "choice", "default", "catch", "continue", "timeout"]

_AFTER_FAILURE = frozenset({"catch", "continue", "timeout"})


class Edge(NamedTuple):
    """One way from a state to another; `path` is where the target's name stands in the document.

    `arm` counts the arms of a choice and the entries of a `catch`, and is 0 otherwise.
    """

    source: str
    target: str
    kind: EdgeKind
    path: Path
    arm: int = 0

    @property
    def after_failure(self) -> bool:
        """Whether the source has failed, or was given up, and has not completed, when this edge is taken."""
        return self.kind in _AFTER_FAILURE


class Home(NamedTuple):
    """The region that a state lives in: a branch of the state `owner`, or the body of a map.

    Both names are empty for the saga's own states.
    """

    owner: str
    name: str


OUTSIDE = Home("", "")
"""Where the saga's own states live."""


class Homes:
    """Which state lives in which region.

    Args:
        definition: The saga.

    Attributes:
        of: The home of every state.
        regions: Every region inside a state, outer ones first.
    """

    def __init__(self, definition: Definition) -> None:
        self.of = dict.fromkeys(definition.states, OUTSIDE)
        self.regions: dict[Home, Region] = {}
        self._outside = definition.states
        self._inside: dict[str, list[Home]] = {}
        self._chains: dict[Home, tuple[Home, ...]] = {OUTSIDE: (OUTSIDE,)}
        self._maps = frozenset(state.name for state in walk(definition.states) if isinstance(state, Map))
        for state in walk(definition.states):
            for name, region in regions_of(state).items():
                home = Home(state.name, name)
                self.regions[home] = region
                self._inside.setdefault(state.name, []).append(home)
                self.of.update(dict.fromkeys(region.states, home))
                self._chains[home] = (*self._chains[self.of[state.name]], home)

    def around(self, state: str) -> tuple[Home, ...]:
        """Return the regions that a state lives in, from the saga itself inwards."""
        return self._chains[self.of[state]]

    def beside_any(self, states: Iterable[str]) -> set[Home]:
        """Return the regions whose states can run beside one of these: other branches, and other items of a map."""
        used: dict[str, set[Home]] = {}
        for home in {home for state in states for home in self.around(state)[1:]}:
            used.setdefault(home.owner, set()).add(home)
        found: set[Home] = set()
        for owner, homes in used.items():
            every = self._inside[owner]
            found.update(
                every if owner in self._maps or len(homes) > 1 else (each for each in every if each not in homes)
            )
        return found

    def states_in(self, home: Home) -> Mapping[str, State]:
        """Return the states of a region, without those inside them."""
        return self._outside if home == OUTSIDE else self.regions[home].states

    def states_within(self, home: Home) -> Iterator[State]:
        """Return every state of a region, at any depth."""
        return walk(self.states_in(home))

    def parting(self, state: str, other: str) -> Home | None:
        """Return the outermost region that holds `state` and does not hold `other`, or `None`."""
        inside = self.around(other)
        return next((home for home in self.around(state) if home not in inside), None)

    def are_side_by_side(self, state: str, other: str) -> bool:
        """Whether the two live in different branches of one parallel state."""
        mine, theirs = self.parting(state, other), self.parting(other, state)
        return mine is not None and theirs is not None and mine.owner == theirs.owner


def edges_of(state: State) -> Iterator[Edge]:
    """Yield every way out of a state, in the order of the text, dangling ones included."""
    name, path = state.name, state.path
    match state:
        case Choice():
            for i, choice in enumerate(state.choices):
                yield Edge(name, choice.next, "choice", (*path, "choices", i, "next"), i)
            if state.default is not None:
                yield Edge(name, state.default, "default", (*path, "default"))
        case Task() | Parallel() | Map() | SubSaga():
            yield Edge(name, state.next, "next", (*path, "next"))
            for i, catch in enumerate(state.catch):
                yield Edge(name, catch.next, "catch", (*path, "catch", i, "next"), i)
            if state.on_failure is not None and state.on_failure.then == "continue" and not catches_all(state.catch):
                yield Edge(name, state.next, "continue", (*path, "next"))
        case Wait():
            yield Edge(name, state.next, "next", (*path, "next"))
            if state.on_timeout is not None:
                yield Edge(name, state.on_timeout, "timeout", (*path, "on_timeout"))
        case Pass():
            yield Edge(name, state.next, "next", (*path, "next"))


def catches_all(entries: Iterable[Catch]) -> bool:
    """Whether a state with this `catch` leaves no error to its `on_failure`."""
    return any(entry.takes(ANY_ERROR) for entry in entries)


def starts_of(definition: Definition) -> Iterator[tuple[Home, Edge]]:
    """Yield how each region is entered, the saga's own first; the edges begin at no state."""
    yield OUTSIDE, Edge("", definition.start, "next", ("start",))
    for state in walk(definition.states):
        for name, region in regions_of(state).items():
            path: Path = (*state.path, "branches", name) if isinstance(state, Parallel) else state.path
            yield Home(state.name, name), Edge("", region.start, "next", (*path, "start"))
