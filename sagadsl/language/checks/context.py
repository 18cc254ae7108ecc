"""What every check works on, made once a definition."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from sagadsl.language.codes import diagnose
from sagadsl.language.definition import Definition, Path, State, Task
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.flow import Edge, Flow, edges_of
from sagadsl.language.source import Document
from sagadsl.language.suggest import nearest

_MOST_GUESSES = 50  # a guess compares a name with every state; a text with more wrong names is no misspelling


class Context:
    """A definition, the document it was read from, and its flow.

    Where a transition names no state, the flow takes the state that is probably meant: one slip of the pen is
    then one message, and not a dozen about all that cannot be reached without it.
    """

    def __init__(self, definition: Definition, document: Document) -> None:
        self.definition = definition
        self.document = document
        self.dangling = list(self._dangling())
        self.guesses = self._guesses()
        self.flow = Flow(definition, self.guesses)

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks that can be reached, in the order of the text."""
        states = self.definition.states.values()
        return [s for s in states if isinstance(s, Task) and s.name in self.flow.reachable]

    @cached_property
    def pivots(self) -> list[str]:
        """The names of the pivots that can be reached."""
        return [task.name for task in self.tasks if task.kind == "pivot"]

    @cached_property
    def before_pivot(self) -> frozenset[str]:
        """The states that can run while no pivot has completed: all of them where there is no pivot."""
        return self.flow.before_any(self.pivots)

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

    def _dangling(self) -> Iterator[Edge]:
        states = self.definition.states
        if self.definition.start not in states:
            yield Edge("", self.definition.start, "next", ("start",))
        for state in states.values():
            # What `on_failure: continue` goes on to is `next`, which is looked at as such.
            yield from (e for e in edges_of(state) if e.target not in states and e.kind != "continue")

    def _guesses(self) -> dict[str, str]:
        names = list(dict.fromkeys(edge.target for edge in self.dangling))[:_MOST_GUESSES]
        guesses = {name: nearest(name, self.definition.states) for name in names}
        return {name: guess for name, guess in guesses.items() if guess is not None}
