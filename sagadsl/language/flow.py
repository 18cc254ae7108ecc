"""The graph of a definition: which state can follow which, and what has happened on every path to it.

Every state is two nodes. Its *entry* is passed when the state is entered, *done* when it has completed. What
leaves a completed state (`next`, `choices`, `default`) leaves from *done*; what leaves a failed one (`catch`,
`on_timeout`, and `next` under `on_failure: continue`) leaves from the entry. So "X has completed on every path to
Y" is exactly "done(X) dominates entry(Y)".

Every region inside a state is a node as well, its *end*. A parallel state forks: its entry leads to the start of
each branch, and it is done once all the ends have been passed. A map is done after its body, or at once, because
its list may be empty. What has regions inside is a third node, *failed*: it leads where such a failure does, and to
it lead the entry and all that can have completed inside before. Dominators know no joins, so for them the branches
stand one behind the other: the same states are passed on every way through them. What that order would make readable
from branch to branch is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TypeAlias

from sagadsl.language import graphs
from sagadsl.language.definition import Definition, Parallel, State, Succeed
from sagadsl.language.edges import OUTSIDE, Edge, Home, Homes, edges_of, starts_of

__all__ = ["Edge", "Flow", "Guesses"]

Guesses: TypeAlias = Mapping[tuple[Home, str], str]
"""In a region, the name of no state of it → the state that is probably meant."""

_NO_GUESSES: Guesses = {}


class Flow:
    """The graph of a definition; edges that lead to no state, or out of their region, are left out.

    Args:
        definition: The saga.
        guesses: So that one misspelt `next` does not make everything behind it unreachable.

    Attributes:
        start: The saga's first state.
        edges: The ways from state to state that are there.
        homes: Which state lives in which region.
    """

    def __init__(self, definition: Definition, guesses: Guesses = _NO_GUESSES) -> None:
        self.homes = Homes(definition)
        self.start = guesses.get((OUTSIDE, definition.start), definition.start)
        states = definition.all_states
        self._names = list(states)
        self._index = {name: i for i, name in enumerate(self._names)}
        self._ends = {home: 2 * len(self._names) + i for i, home in enumerate(self.homes.regions)}
        failing = enumerate(dict.fromkeys(home.owner for home in self._ends), 2 * len(self._names) + len(self._ends))
        self._failed = {owner: node for node, owner in failing}
        self._starts = {home: guesses.get((home, edge.target), edge.target) for home, edge in starts_of(definition)}
        found = ((self.homes.of[state.name], edge) for state in states.values() for edge in edges_of(state))
        meant = [edge._replace(target=guesses.get((home, edge.target), edge.target)) for home, edge in found]
        self.edges = [edge for edge in meant if self.homes.of.get(edge.target) == self.homes.of[edge.source]]
        self._lost = [edge for edge in meant if self.homes.of.get(edge.target) != self.homes.of[edge.source]]
        self._joins = {self._done(s.name): len(s.branches) for s in states.values() if isinstance(s, Parallel)}
        self._successors = self._within_regions(states)
        self._between_regions()
        self._ways_past: dict[str, dict[int, int]] = {}

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The states that some path from the start enters."""
        return self._entered(self._passed)

    @cached_property
    def after_catch(self) -> frozenset[str]:
        """The states on every path to which a `catch` was taken: there the variable `error` is readable."""
        return self.reachable - self.reachable_without(lambda edge: edge.kind == "catch")

    def reachable_without(self, is_closed: Callable[[Edge], bool]) -> frozenset[str]:
        """Return the states that a path from the start enters without any of the ways that are closed."""
        left = [list(targets) for targets in self._successors]
        for edge in filter(is_closed, self.edges):
            left[self._leaving(edge)].remove(self._entry(edge.target))
        return self._entered(graphs.reachable(left, self._roots(), (), self._joins))

    def completed_before(self, state: str, other: str) -> bool:
        """Whether `state` has completed on every path to the entry of `other`; not for unreachable states."""
        if self._dominators is None or self.homes.are_side_by_side(state, other):
            return False
        return self._dominators.dominates(self._done(state), self._entry(other))

    def way_past(self, state: str, other: str) -> list[str]:
        """Return a shortest path to `other` on which `state` does not complete; empty if there is none.

        Of branches and bodies, only those are shown that `state` or `other` lives in.
        """
        if state not in self._ways_past:
            start = self._roots()
            self._ways_past[state] = graphs.shortest_paths(self._in_a_row, start[0], self._done(state)) if start else {}
        path = graphs.path_to(self._ways_past[state], self._entry(other))
        shown = {*self.homes.around(state), *self.homes.around(other)}
        names = [self._names[node // 2] for node in path if self._is_entry(node)]
        return [name for name in names if self.homes.of[name] in shown]

    def before_any(self, barriers: Iterable[str]) -> frozenset[str]:
        """Return the states that can be entered while none of `barriers` has completed."""
        return self._entered(self._passed_without(barriers))

    def after(self, states: Iterable[str]) -> frozenset[str]:
        """Return the states that can be entered once any of `states`, itself reachable, has completed.

        What runs in the branches beside such a state, or for another item of its map, counts.
        """
        known = [name for name in states if name in self.reachable]
        beside = map(self._first, self.homes.beside_any(known))
        starts = [*map(self._done, known), *beside]
        return self._entered(graphs.reachable(self._successors, starts, (), self._joins))

    def behind(self, states: Iterable[str]) -> dict[str, list[str]]:
        """Return the states that come after one of `states` on some path, with one or two of those that do.

        What runs beside such a state does not count.
        """
        starts = [self._done(name) for name in states if name in self.reachable]
        found = graphs.sources(self._successors, starts, 2)
        passed = {node: before for node, before in found.items() if self._is_entry(node) and node in self._passed}
        return {self._names[node // 2]: [self._names[i // 2] for i in before] for node, before in passed.items()}

    def before(self, states: Iterable[str], barriers: Iterable[str] = ()) -> frozenset[str]:
        """Return the states that, completed, can lead to any of `states` before a barrier has completed.

        What runs in the branches beside such a state, or for another item of its map, counts.
        """
        free = self._passed_without(barriers)
        chosen = [name for name in states if self._entry(name) in free]
        beside = [self._ends[home] for home in self.homes.beside_any(chosen)]
        barred = {node for node in range(len(self._successors)) if node not in free}
        found = graphs.reachable(self._predecessors, [*map(self._entry, chosen), *beside], barred)
        return frozenset(name for name in self._names if self._done(name) in found)

    def leading_to(self, states: Iterable[str]) -> frozenset[str]:
        """Return the states from which a path in their own region leads to any of `states`, which are included."""
        predecessors: list[list[int]] = [[] for _ in self._names]
        for edge in self.edges:
            predecessors[self._index[edge.target]].append(self._index[edge.source])
        return frozenset(self._names[i] for i in graphs.reachable(predecessors, map(self._index.__getitem__, states)))

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

    # -- the graph -------------------------------------------------------------------------------------------------

    def _within_regions(self, states: Mapping[str, State]) -> list[list[int]]:
        """Return the graph without the ways into regions and out of them."""
        size = 2 * len(self._names) + len(self._ends) + len(self._failed)
        successors: list[list[int]] = [[] for _ in range(size)]
        for state in states.values():
            if not isinstance(state, Parallel):
                successors[self._entry(state.name)].append(self._done(state.name))
            if (home := self.homes.of[state.name]) != OUTSIDE:
                successors[self._done(state.name)].append(self._failed[home.owner])
                if isinstance(state, Succeed):
                    successors[self._done(state.name)].append(self._ends[home])
        for edge in self.edges:
            successors[self._leaving(edge)].append(self._entry(edge.target))
        for edge in self._lost:  # nobody knows where it would lead: the region's end is the mildest guess
            if (home := self.homes.of[edge.source]) != OUTSIDE:
                successors[self._leaving(edge)].append(self._ends[home])
        return successors

    def _between_regions(self) -> None:
        for owner, failed in self._failed.items():
            self._successors[self._entry(owner)].append(failed)
            if (around := self.homes.of[owner]) != OUTSIDE:
                self._successors[failed].append(self._failed[around.owner])
        for home, end in self._ends.items():
            self._successors[self._entry(home.owner)].append(self._first(home))
            self._successors[end].append(self._done(home.owner))

    def _first(self, home: Home) -> int:
        """Return the node at which a region begins: its end, where its start is no state of it."""
        start = self._starts[home]
        return self._entry(start) if self.homes.of.get(start) == home else self._ends[home]

    @cached_property
    def _in_a_row(self) -> list[list[int]]:
        """The graph in which the branches of a parallel state stand one behind the other, as dominators want it."""
        successors = [list(targets) for targets in self._successors]
        last: dict[str, int] = {}
        for home, end in self._ends.items():
            if self._done(home.owner) not in self._joins:
                continue
            entry = self._entry(home.owner)
            before = last.setdefault(home.owner, entry)
            successors[entry].remove(self._first(home))
            successors[end].clear()
            successors[before].append(self._first(home))
            if end in self._passed:
                last[home.owner] = end
        for owner, end in last.items():
            if self._done(owner) in self._passed:
                successors[end].append(self._done(owner))
        return successors

    @cached_property
    def _passed(self) -> set[int]:
        return self._passed_without(())

    def _passed_without(self, barriers: Iterable[str]) -> set[int]:
        without = {self._done(name) for name in barriers}
        return graphs.reachable(self._successors, self._roots(), without, self._joins)

    @cached_property
    def _dominators(self) -> graphs.Dominators | None:
        roots = self._roots()
        return graphs.Dominators(self._in_a_row, roots[0]) if roots else None

    @cached_property
    def _predecessors(self) -> list[list[int]]:
        return graphs.reversed_graph(self._successors)

    def _entered(self, nodes: Iterable[int]) -> frozenset[str]:
        return frozenset(self._names[node // 2] for node in nodes if self._is_entry(node))

    def _is_entry(self, node: int) -> bool:
        return node % 2 == 0 and node < 2 * len(self._names)

    def _roots(self) -> list[int]:
        return [self._entry(self.start)] if self.homes.of.get(self.start) == OUTSIDE else []

    def _entry(self, name: str) -> int:
        return 2 * self._index[name]

    def _done(self, name: str) -> int:
        return 2 * self._index[name] + 1

    def _leaving(self, edge: Edge) -> int:
        if not edge.after_failure:
            return self._done(edge.source)
        return self._failed.get(edge.source, self._entry(edge.source))
