"""The graph of a definition: which state can follow which, and what has happened on every path to it.

Every state is two nodes. Its *entry* is passed when the state is entered, *done* when it has completed. What
leaves a completed state (`next`, `choices`, `default`) leaves from *done*; what leaves a failed one (`catch`,
and `next` under `on_failure: continue`) leaves from the entry. So "X has completed on every path to Y" is
exactly "done(X) dominates entry(Y)".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from sagadsl.language import graphs
from sagadsl.language.definition import Choice, Definition, Pass, Path, State, Task

EdgeKind: TypeAlias = Literal["next", "choice", "default", "catch", "continue"]

_AFTER_FAILURE = frozenset({"catch", "continue"})


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
        """Whether the source has failed, and not completed, when this edge is taken."""
        return self.kind in _AFTER_FAILURE


def edges_of(state: State) -> Iterator[Edge]:
    """Yield every way out of a state, in the order of the text, dangling ones included."""
    name, path = state.name, state.path
    match state:
        case Choice():
            for i, choice in enumerate(state.choices):
                yield Edge(name, choice.next, "choice", (*path, "choices", i, "next"), i)
            if state.default is not None:
                yield Edge(name, state.default, "default", (*path, "default"))
        case Task():
            yield Edge(name, state.next, "next", (*path, "next"))
            for i, catch in enumerate(state.catch):
                yield Edge(name, catch.next, "catch", (*path, "catch", i, "next"), i)
            if state.on_failure is not None and state.on_failure.then == "continue":
                yield Edge(name, state.next, "continue", (*path, "next"))
        case Pass():
            yield Edge(name, state.next, "next", (*path, "next"))


class Flow:
    """The graph of a definition; edges that lead to no state are left out.

    Args:
        definition: The saga.
        guesses: Names of no state → the state that is probably meant, so that one misspelt `next` does not
            make everything behind it unreachable.
    """

    def __init__(self, definition: Definition, guesses: Mapping[str, str] | None = None) -> None:
        self._names = list(definition.states)
        self._index = {name: i for i, name in enumerate(self._names)}
        guesses = guesses or {}
        self.start = guesses.get(definition.start, definition.start)
        found = (edge for state in definition.states.values() for edge in edges_of(state))
        meant = (edge._replace(target=guesses.get(edge.target, edge.target)) for edge in found)
        self.edges = [edge for edge in meant if edge.target in self._index]
        self._successors: list[list[int]] = [[] for _ in range(2 * len(self._names))]
        for i in range(len(self._names)):
            self._successors[2 * i].append(2 * i + 1)
        for edge in self.edges:
            self._successors[self._leaving(edge)].append(self._entry(edge.target))
        self._ways_past: dict[str, dict[int, int]] = {}

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The states that some path from the start enters."""
        return self._entered(graphs.reachable(self._successors, self._roots()))

    @cached_property
    def after_catch(self) -> frozenset[str]:
        """The states on every path to which a `catch` was taken: there the variable `error` is readable."""
        plain = [list(targets) for targets in self._successors]
        for edge in self.edges:
            if edge.kind == "catch":
                plain[self._entry(edge.source)].remove(self._entry(edge.target))
        without = graphs.reachable(plain, self._roots())
        return frozenset(name for name in self.reachable if self._entry(name) not in without)

    def completed_before(self, state: str, other: str) -> bool:
        """Whether `state` has completed on every path to the entry of `other`; not for unreachable states."""
        return self._dominators is not None and self._dominators.dominates(self._done(state), self._entry(other))

    def way_past(self, state: str, other: str) -> list[str]:
        """Return a shortest path to `other` on which `state` does not complete; empty if there is none."""
        if state not in self._ways_past:
            start = self._roots()
            self._ways_past[state] = (
                graphs.shortest_paths(self._successors, start[0], self._done(state)) if start else {}
            )
        path = graphs.path_to(self._ways_past[state], self._entry(other))
        return [self._names[node // 2] for node in path if node % 2 == 0]

    def before_any(self, barriers: Iterable[str]) -> frozenset[str]:
        """Return the states that can be entered while none of `barriers` has completed."""
        without = {self._done(name) for name in barriers}
        return self._entered(graphs.reachable(self._successors, self._roots(), without))

    def after(self, states: Iterable[str]) -> frozenset[str]:
        """Return the states that can be entered once any of `states`, itself reachable, has completed."""
        starts = [self._done(name) for name in states if name in self.reachable]
        return self._entered(graphs.reachable(self._successors, starts))

    def before(self, states: Iterable[str], barriers: Iterable[str] = ()) -> frozenset[str]:
        """Return the states that, completed, can lead to any of `states` before a barrier has completed."""
        without = {self._done(name) for name in barriers}
        found = graphs.reachable(self._predecessors, [self._entry(name) for name in states], without)
        return frozenset(name for name in self._names if self._done(name) in found)

    def leading_to(self, states: Iterable[str]) -> frozenset[str]:
        """Return the states from which a path leads to any of `states`; those themselves included."""
        starts = [self._entry(name) for name in states]
        return self._entered(graphs.reachable(self._predecessors, starts))

    def cycles_among(self, states: Iterable[str]) -> list[list[str]]:
        """Return the strongly connected parts of the graph of `states` alone, each as one round trip in it.

        A round trip begins and ends with the part's first state in the order of the text.
        """
        chosen = set(states)
        successors: list[list[int]] = [[] for _ in self._names]
        for edge in self.edges:
            if edge.source in chosen and edge.target in chosen:
                successors[self._index[edge.source]].append(self._index[edge.target])
        parts = graphs.strongly_connected(successors)
        return [[self._names[i] for i in graphs.round_trip(successors, part[0])] for part in parts]

    @cached_property
    def _dominators(self) -> graphs.Dominators | None:
        roots = self._roots()
        return graphs.Dominators(self._successors, roots[0]) if roots else None

    @cached_property
    def _predecessors(self) -> list[list[int]]:
        return graphs.reversed_graph(self._successors)

    def _entered(self, nodes: Iterable[int]) -> frozenset[str]:
        return frozenset(self._names[node // 2] for node in nodes if node % 2 == 0)

    def _roots(self) -> list[int]:
        return [self._entry(self.start)] if self.start in self._index else []

    def _entry(self, name: str) -> int:
        return 2 * self._index[name]

    def _done(self, name: str) -> int:
        return 2 * self._index[name] + 1

    def _leaving(self, edge: Edge) -> int:
        return self._entry(edge.source) if edge.after_failure else self._done(edge.source)
