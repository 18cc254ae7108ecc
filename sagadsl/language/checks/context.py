"""What every check works on, made once a definition."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal, TypeAlias

from sagadsl.language.checks.inference import Inference
from sagadsl.language.codes import diagnose
from sagadsl.language.definition import Definition, Json, Map, Parallel, Path, State, SubSaga, Succeed, Task
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.edges import Edge, Home, Homes, edges_of, starts_of
from sagadsl.language.flow import Flow, Guesses
from sagadsl.language.source import Document
from sagadsl.language.suggest import nearest

if TYPE_CHECKING:
    from sagadsl.language.expressions import Environment
    from sagadsl.language.library import Library

_MOST_GUESSES = 50  # a guess compares a name with every state; a text with more wrong names is no misspelling


Step: TypeAlias = Task | SubSaga | Parallel | Map
"""A state that can be a pivot, be undone, fail and be caught."""


class Context:
    """A definition, the document it was read from, and its flow.

    Where a transition names no state, the flow takes the state that is probably meant: one slip of the pen is
    then one message, and not a dozen about all that cannot be reached without it.
    """

    def __init__(self, definition: Definition, document: Document, library: Library | None = None) -> None:
        self.definition = definition
        self.document = document
        self.library = library
        self.catalogue = None if library is None else library.catalogue
        self.states = definition.all_states
        self.homes = Homes(definition)
        lost = list(self._lost_edges())
        self.dangling = [(home, edge) for home, edge in lost if edge.target not in self.states]
        self.crossing = [(home, edge) for home, edge in lost if edge.target in self.states]
        self.guesses: Guesses = dict(chain(self._misspelt(), self._ways_across()))
        self.flow = Flow(definition, self.guesses)

    @cached_property
    def reached(self) -> list[State]:
        """The states at any depth that can be reached, in the order of the text."""
        return [state for state in self.states.values() if state.name in self.flow.reachable]

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks that can be reached, in the order of the text."""
        return [state for state in self.reached if isinstance(state, Task)]

    @cached_property
    def steps(self) -> list[Step]:
        """The states that can be reached and play a role in the saga, in the order of the text."""
        return [state for state in self.reached if isinstance(state, Task | SubSaga | Parallel | Map)]

    @cached_property
    def pivots(self) -> list[str]:
        """The names of the pivots that can be reached."""
        return [step.name for step in self.steps if step.kind == "pivot"]

    @cached_property
    def before_pivot(self) -> frozenset[str]:
        """The states that can run while no pivot has completed: all of them where there is no pivot."""
        return self.flow.before_any(self.pivots)

    @cached_property
    def behind_pivots(self) -> dict[str, list[str]]:
        """The states that a path leads to from a pivot, with one or two such pivots."""
        return self.flow.behind(self.pivots)

    @cached_property
    def nothing(self) -> Environment:
        """Evaluates what reads nothing."""
        from sagadsl.language.expressions import Environment  # noqa: PLC0415  most expressions read something

        return Environment(())

    @cached_property
    def inference(self) -> Inference:
        """What is known of the values of the saga."""
        return Inference(self.definition, self.catalogue, self.library)

    def at(
        self, code: str, message: str, path: Path, hint: str = "", part: Literal["value", "key"] = "value"
    ) -> Diagnostic:
        """Return a diagnostic at a place of the document."""
        return diagnose(code, message, self.document.place(path, part), hint)

    def at_name(self, code: str, message: str, state: State, hint: str = "") -> Diagnostic:
        """Return a diagnostic at the name of a state: its key, or its `id` in the straight-line form."""
        if state.path and isinstance(state.path[-1], int):
            return self.at(code, message, (*state.path, "id"), hint)
        return self.at(code, message, state.path, hint, "key")

    def data_at(self, path: Path) -> Json:
        """Return what stands at a path of the document, or `None`."""
        value = self.document.data
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def _lost_edges(self) -> Iterator[tuple[Home, Edge]]:
        """Yield every transition that leads to no state of its own region, with that region."""
        for home, start in starts_of(self.definition):
            if self.homes.of.get(start.target) != home:
                yield home, start
        for state in self.states.values():
            home = self.homes.of[state.name]
            for edge in edges_of(state):
                # What `on_failure: continue` goes on to is `next`, which is looked at as such.
                if self.homes.of.get(edge.target) != home and edge.kind != "continue":
                    yield home, edge

    def _misspelt(self) -> Iterator[tuple[tuple[Home, str], str]]:
        names = list(dict.fromkeys((home, edge.target) for home, edge in self.dangling))[:_MOST_GUESSES]
        for home, name in names:
            guess = nearest(name, self.homes.states_in(home))
            if guess is not None:
                yield (home, name), guess

    def _ways_across(self) -> Iterator[tuple[tuple[Home, str], str]]:
        """Yield for each transition across regions what can be meant: what holds the target, or the region's end."""
        for home, edge in self.crossing:
            around = self.homes.around(edge.target)
            if home in around:
                yield (home, edge.target), around[around.index(home) + 1].owner
            else:
                ends = (name for name, state in self.homes.states_in(home).items() if isinstance(state, Succeed))
                yield from (((home, edge.target), end) for end in islice(ends, 1))
