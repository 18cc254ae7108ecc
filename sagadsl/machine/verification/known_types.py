"""What is known of the values that a saga's expressions read, where they stand: what `validate` knows of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sagadsl.language.celcheck import Checker
from sagadsl.language.celscope import Scope
from sagadsl.language.checks.inference import Inference
from sagadsl.language.datatypes import ANY, INT, DataType
from sagadsl.language.definition import Definition, Map, State, Task
from sagadsl.language.edges import Homes
from sagadsl.language.library import Catalogue


class KnownTypes:
    """The types of one definition's variables.

    Args:
        definition: The definition.
        catalogue: What the actions answer, where that is known.
    """

    def __init__(self, definition: Definition, catalogue: Catalogue | None = None) -> None:
        self._states = definition.all_states
        self._homes = Homes(definition)
        self._inference = Inference(definition, catalogue)
        for state in self._states.values():  # outer maps come first: their items may hold those of inner ones
            if isinstance(state, Map) and self._inference.item(state) is ANY:
                self._inference.note_item(state, self._element(state))

    def of(self, name: str, state: State) -> DataType:
        """Return the type of a variable as it is read in this state; `any` where nothing is known."""
        if name == "input":
            return self._inference.input
        if name == "output" and isinstance(state, Task):
            return self._inference.answer(state.service, state.action)
        owner = next((each for each in self._maps_around(state) if each.as_ == name), None)
        if owner is not None:
            return self._inference.item(owner)
        read = name.removeprefix("states.").removesuffix(".output")
        return self._inference.output(read) if name.startswith("states.") and read in self._states else ANY

    def _maps_around(self, state: State) -> Iterator[Map]:
        """Yield the maps in whose bodies a state is, the innermost first."""
        for home in reversed(self._homes.around(state.name)):
            owner = self._states.get(home.owner)
            if isinstance(owner, Map):
                yield owner

    def _element(self, state: Map) -> DataType:
        """Return what CEL knows of the items of a map, whose `items` are more than a reference."""
        variables = {each.as_: self.of(each.as_, state) for each in self._maps_around(state)} | {"index": INT}
        return self._checker.type_of(state.items, Scope(variables=variables)).element or ANY

    @cached_property
    def _checker(self) -> Checker:
        outputs = {name: self._inference.output(name) for name in self._states}
        return Checker(self._inference.input, list(self._states), outputs)
