"""What is known of the values of a saga before it runs: types of outputs, of items, and of templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sagadsl.language import celtokens
from sagadsl.language.datatypes import ANY, TEXT, DataType, follow, list_of, object_of, of_schema, of_value, plain
from sagadsl.language.definition import (
    Definition,
    Json,
    Map,
    Parallel,
    Pass,
    Region,
    State,
    SubSaga,
    Succeed,
    Task,
)
from sagadsl.language.template_text import TemplateError, scan

if TYPE_CHECKING:
    from sagadsl.language.library import Catalogue, Library

_LARGE = 200  # states of another saga: its output is not worth the time to read them
_OTHER = 4  # another saga counts as so many outputs made of outputs
_DEEPEST = 10  # outputs made of outputs made of outputs …: beyond this, nothing is known


class Inference:
    """The types of one definition's values; each is worked out when it is asked for.

    Args:
        definition: The saga.
        catalogue: What is known of the services' actions.
        library: What is known of the sagas that it runs.
        depth: How many sagas run this one inside of the one that is asked about.

    Attributes:
        input: The type of the saga's input.
    """

    def __init__(
        self, definition: Definition, catalogue: Catalogue | None, library: Library | None = None, depth: int = 0
    ) -> None:
        self.input = of_schema(definition.input_schema)
        self._definition = definition
        self._library = library
        self._states = definition.all_states
        self._catalogue = catalogue
        self._outputs: dict[str, DataType] = {}
        self._answers: dict[tuple[str, str], DataType] = {}
        self._items: dict[str, DataType] = {}
        self._depth = depth

    def output(self, name: str) -> DataType:
        """Return the type of a state's output."""
        if name not in self._outputs:
            self._outputs[name] = ANY  # for an output that is made of itself, in a cycle
            if self._depth >= _DEEPEST:
                return self._outputs.pop(name)
            self._depth += 1
            self._outputs[name] = self._output(self._states[name])
            self._depth -= 1
        return self._outputs[name]

    def answer(self, service: str, action: str) -> DataType:
        """Return the type of what an action answers."""
        key = service, action
        if key not in self._answers:
            spec = None if self._catalogue is None else self._catalogue.action(*key)
            self._answers[key] = ANY if spec is None else of_schema(spec.output)
        return self._answers[key]

    def item(self, state: Map) -> DataType:
        """Return the type of what the body of a map is run for."""
        if state.name not in self._items:
            self._items[state.name] = self.expression(state.items).element or ANY
        return self._items[state.name]

    def note_item(self, state: Map, kind: DataType) -> None:
        """Take what CEL knows of a map's items, for an expression that is more than a reference."""
        self._items[state.name] = kind

    def expression(self, text: str) -> DataType:
        """Return the type of an expression, as far as it is a reference and nothing else."""
        words = celtokens.tokens(text)
        read = celtokens.references(words)
        if len(read) != 1 or (read[0].start, read[0].end) != (words[0].start, words[-1].end):
            return ANY
        name, path = celtokens.variable(read[0])
        return follow(self._variable(name), path).type

    def template(self, value: Json) -> DataType:
        """Return the type of what a template gives."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return object_of({key: self.template(item) for key, item in value.items()})
        if isinstance(value, list):
            kinds = {plain(self.template(item)) for item in value}
            return list_of(kinds.pop() if len(kinds) == 1 else ANY)
        return of_value(value)

    def _text(self, text: str) -> DataType:
        if "${" not in text:
            return TEXT
        try:
            parts = scan(text)
        except TemplateError:
            return ANY
        return self.expression(parts[0].text) if len(parts) == 1 and parts[0].is_expression else TEXT

    def _variable(self, name: str) -> DataType:
        if name == "input":
            return self.input
        state = name.removeprefix("states.").removesuffix(".output")
        if name.startswith("states.") and state in self._states:
            return self.output(state)
        owner = self._named_items.get(name)
        return ANY if owner is None else self.item(owner)

    @cached_property
    def _named_items(self) -> dict[str, Map]:
        """The maps by what their bodies call the items; without those names that several maps use."""
        named: dict[str, list[Map]] = {}
        for state in self._states.values():
            if isinstance(state, Map):
                named.setdefault(state.as_, []).append(state)
        return {name: maps[0] for name, maps in named.items() if len(maps) == 1}

    def _output(self, state: State) -> DataType:
        match state:
            case Task():
                return self.answer(state.service, state.action)
            case Pass():
                return self.template(state.output)
            case Parallel():
                return object_of({name: self._region(region) for name, region in state.branches.items()})
            case SubSaga():
                return self._sub_saga(state)
            case Map():
                return list_of(self._region(state.body) if state.max_failures == 0 else ANY)
        return ANY

    def _sub_saga(self, state: SubSaga) -> DataType:
        """Return the type of what another saga gives: that which is run without a version may be newer, and another."""
        target = None if self._library is None else self._library.saga(state.saga, state.version)
        if target is None or len(target.states) > _LARGE:
            return ANY
        return Inference(target, self._catalogue, self._library, self._depth + _OTHER).result()

    def result(self) -> DataType:
        """Return the type of what the saga gives."""
        ends = [state.output for state in self._definition.states.values() if isinstance(state, Succeed)]
        given = [self._definition.output if output is None else output for output in ends]
        return self.template(given[0]) if len(given) == 1 else ANY

    def _region(self, region: Region) -> DataType:
        """Return the type of what a branch or a body gives: known where there is one way to end it."""
        ends = [state.output for state in region.states.values() if isinstance(state, Succeed)]
        return self.template(ends[0]) if len(ends) == 1 and ends[0] is not None else ANY
