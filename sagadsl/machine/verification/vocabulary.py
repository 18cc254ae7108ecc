"""What each expression of a definition reads, and which of it may not be there when the saga runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sagadsl.language.celguards import Reading, readings
from sagadsl.language.celtokens import references, string_value, tokens
from sagadsl.language.datatypes import ANY
from sagadsl.language.definition import Definition, Json, Map, State, regions_of
from sagadsl.language.expressions import variable
from sagadsl.language.library import Catalogue
from sagadsl.language.places import sites
from sagadsl.language.templates import expressions_in
from sagadsl.machine.verification.known_types import KnownTypes
from sagadsl.machine.verification.symbolic import Reads

_KNOWN_OF_ERRORS = (("code",), ("state",))


class Vocabulary:
    """What is read in one definition.

    Args:
        definition: The definition.
        catalogue: What the actions answer, where that is known.
    """

    def __init__(self, definition: Definition, catalogue: Catalogue | None = None) -> None:
        self._types = KnownTypes(definition, catalogue)
        texts = [text for site in sites(definition) for text in _texts(site.value, site.is_condition)]
        found = [each for text in texts for each in readings(tokens(text))]
        self._asked = Counter(texts)
        self._read = Counter(each.reference.text for each in found)
        self._repeated = _repeated(definition)
        self.variables = frozenset(variable(each.reference)[0] for each in found)
        self.codes = frozenset(_compared(texts)) if "error" in self.variables else frozenset()

    def of_condition(self, text: str, state: State) -> Reads:
        """Return what an expression reads that stands in this state."""
        return self._reads([text], state)

    def of_template(self, data: Json, state: State) -> Reads:
        """Return what a template reads that stands in this state."""
        return self._reads([text for _, _, text in expressions_in(data)], state)

    def _reads(self, texts: list[str], state: State) -> Reads:
        found = [each for text in texts for each in readings(tokens(text))]
        fields = {self._field(each): None for each in found if self._may_lack(each, state)}
        again = (
            state.name in self._repeated
            or any(self._asked[text] > 1 for text in texts)
            or any(self._read[text] > 1 for _, text in fields)
        )
        return Reads(
            frozenset(variable(each.reference)[0] for each in found),
            tuple(fields),
            any(_is_unknowable(each) for each in found),
            again,
        )

    @staticmethod
    def _field(found: Reading) -> tuple[str, str]:
        return variable(found.reference)[0], found.reference.text

    def _may_lack(self, found: Reading, state: State) -> bool:
        """Whether a field is read that nothing guards, and that no schema says is always there."""
        if found.asked:
            return False
        name, path = variable(found.reference)
        if name in ("error", "saga") or not path:
            return False
        here, skipped = self._types.of(name, state), len(found.reference.parts) - len(path)
        for i, part in enumerate(path, 1):
            guarded = (found.reference.root, *found.reference.parts[: skipped + i]) in found.present
            if not guarded and (here.kind != "object" or part not in here.required):
                return True
            here = here.fields.get(str(part), ANY)
        return False


def _is_unknowable(found: Reading) -> bool:
    name, path = variable(found.reference)
    return name == "saga" or (name == "error" and path not in _KNOWN_OF_ERRORS)


def _texts(value: Json, is_condition: bool) -> Iterable[str]:
    return [value] if is_condition else [text for _, _, text in expressions_in(value)]


def _compared(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that an expression might compare an error's code with."""
    for text in texts:
        words = tokens(text)
        if any(found.root == "error" for found in references(words)):
            yield from (string_value(word.text) for word in words if word.kind == "string")


def _repeated(definition: Definition) -> frozenset[str]:
    """Return the states that a saga may enter again, or for several items."""
    repeated: set[str] = set()
    for state in definition.all_states.values():
        if isinstance(state, Map):
            repeated.update(_all_inside(state))
    for states in _regions(definition.states):
        repeated.update(name for name in states if name in _after(states, name))
    inside = (each for name in tuple(repeated) for each in _all_inside(definition.all_states[name]))
    return frozenset(repeated.union(inside))


def _regions(states: Mapping[str, State]) -> Iterator[Mapping[str, State]]:
    yield states
    for state in states.values():
        for region in regions_of(state).values():
            yield from _regions(region.states)


def _all_inside(state: State) -> Iterator[str]:
    for region in regions_of(state).values():
        for name, inner in region.states.items():
            yield name
            yield from _all_inside(inner)


def _after(states: Mapping[str, State], name: str) -> set[str]:
    """Return the states that can come after one, which is among them if it can come again."""
    found: set[str] = set()
    waiting = [*states[name].successors]
    while waiting:
        following = waiting.pop()
        if following not in found and following in states:
            found.add(following)
            waiting.extend(states[following].successors)
    return found
