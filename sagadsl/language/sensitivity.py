"""Where the values go that a saga calls sensitive: into which outputs, and to which other sagas.

A value is followed where a template hands it on as it is (`celhanding`), or inside of a text. What an expression makes
of it, such as its length, is not known for it. Paths are those of `sensitive`: names alone, since a path goes into
every element of a list. The saga's own output is at `("output",)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from sagadsl.language import celtokens
from sagadsl.language.celhanding import Names, handed_on, names_of
from sagadsl.language.definition import Definition, Json, Map, Parallel, Pass, Path, Region, State, Succeed, Wait
from sagadsl.language.template_text import TemplateError, scan, strings_in

OUTPUT: Names = ("output",)
"""Where the saga's own output is."""

_MOST = 200
"""Sensitive places of one output; beyond, as where a cycle wraps an output up in itself, it is one as a whole."""


class Copy(NamedTuple):
    """A value that a template hands on.

    Args:
        place: The path of the string in the template.
        to: Where the value is in what the template gives.
        source: Where the value is read from.
        is_whole: Whether the string becomes the value; otherwise it stands inside of a text, or is added to something.
    """

    place: Path
    to: Names
    source: Names
    is_whole: bool


class Sensitivity:
    """What is sensitive in the sagas of one definition, copies included.

    Args:
        definition: The saga.
        sensitive: What to follow; what the definition calls sensitive, if nothing else is said.
        in_texts: Whether a text with a sensitive value inside counts as a copy. Masks find the value there without.
    """

    def __init__(
        self, definition: Definition, sensitive: Iterable[Path] | None = None, *, in_texts: bool = True
    ) -> None:
        self._definition = definition
        self._in_texts = in_texts
        self._found: dict[Names, set[Names]] = {}
        for path in definition.sensitive if sensitive is None else sensitive:
            self._add(names_of(path))

    @cached_property
    def paths(self) -> frozenset[Names]:
        """Every place with a sensitive value, the shortest paths that say so."""
        if self._found:
            copies = [(to, copy) for to, template in _outputs(self._definition) for copy in self.copies(template)]
            while sum(self._spread(to, copy) for to, copy in copies):
                pass
        return frozenset(path for paths in self._found.values() for path in paths)

    def within(self, template: Json) -> Iterator[tuple[Copy, Names]]:
        """Yield every sensitive value that a template hands on, and where it is in what the template gives."""
        if self.paths:
            for copy in self.copies(template):
                yield from ((copy, (*copy.to, *rest)) for rest in sorted(self._read(copy)))

    def _spread(self, to: Names, copy: Copy) -> bool:
        if not copy.is_whole and not self._in_texts:
            return False
        new = [self._add((*to, *copy.to, *rest)) for rest in self._read(copy)]
        return any(new)

    def _add(self, path: Names) -> bool:
        """Note a place, and say whether it is new."""
        owner = _owner(path)
        known = self._found.setdefault(owner, set())
        if covers(known, path):
            return False
        path = owner if len(known) >= _MOST else path
        known -= {each for each in known if each[: len(path)] == path}
        known.add(path)
        return True

    def _read(self, copy: Copy) -> set[Names]:
        """Return where in the value that is read something sensitive is; `()` is all of it."""
        known, source = self._found.get(_owner(copy.source), set()), copy.source
        if covers(known, source):
            return {()}
        rests = {path[len(source) :] for path in known if path[: len(source)] == source}
        return rests if copy.is_whole or not rests else {()}

    def copies(self, template: Json) -> Iterator[Copy]:
        """Yield every value that a template hands on, sensitive or not."""
        for place, text in strings_in(template):
            if "${" not in text:
                continue
            try:
                parts = scan(text)
            except TemplateError:  # told by the check of expressions
                continue
            for part in parts:
                for to, source, is_whole in self._sources(part.text) if part.is_expression else ():
                    is_value = len(parts) == 1
                    inside = (*names_of(place), *to) if is_value else names_of(place)
                    yield Copy(place, inside, source, is_whole and is_value)

    def origins(self, place: Names) -> Iterator[Names]:
        """Yield where the value at a place came into the saga: its input, or an output that no template made."""
        seen: set[Names] = set()
        pending = [place]
        while pending and len(seen) < _MOST:
            place = pending.pop(0)  # the nearest first: a cycle that wraps an output up in itself has no end
            if place in seen:
                continue
            seen.add(place)
            made = self._made.get(_owner(place))
            if made is None:
                yield place
            else:
                read = ((copy.source, to) for to, copy in made if copy.is_whole and _meet(to, place))
                pending += [(*source, *place[len(to) :]) for source, to in read]

    @cached_property
    def _made(self) -> dict[Names, list[tuple[Names, Copy]]]:
        """What templates copy to outputs, for all that they make."""
        making = (state for state in self._definition.all_states.values() if isinstance(state, Pass | Parallel | Map))
        return {
            ("states", state.name, "output"): [
                ((*to, *copy.to), copy) for to, template in _outputs_of(state) for copy in self.copies(template)
            ]
            for state in making
        }

    def _sources(self, text: str) -> Iterator[tuple[Names, Names, bool]]:
        """Yield where in an expression's value something is, where it is read from, and whether it is all there."""
        for to, variable, path, is_whole in handed_on(celtokens.tokens(text)):
            yield from ((to, (*root, *path), is_whole) for root in self._roots(variable))

    def _roots(self, variable: str) -> list[Names]:
        if variable not in self._known_roots:
            self._known_roots[variable] = []  # the items of a map that are those of the map itself
            self._known_roots[variable] = list(self._found_roots(variable))
        return self._known_roots[variable]

    def _found_roots(self, variable: str) -> Iterator[Names]:
        root, _, name = variable.partition(".")
        states = self._definition.all_states.values()
        if variable == "input" or (root == "states" and name):
            yield tuple(variable.split("."))
        for state in states:
            if root == "signals" and isinstance(state, Wait) and state.signal == name:
                yield ("states", state.name, "output")
            elif isinstance(state, Map) and state.as_ == variable:
                yield from (source for to, source, _ in self._sources(state.items) if not to)

    @cached_property
    def _known_roots(self) -> dict[str, list[Names]]:
        return {}


def covers(paths: Iterable[Sequence[str | int]], path: Names) -> bool:
    """Whether one of the paths leads to this place, or to something around it."""
    return any(path[: len(each)] == tuple(each) for each in paths)


def _meet(one: Names, other: Names) -> bool:
    return one[: len(other)] == other[: len(one)]


def _owner(path: Names) -> Names:
    return path[:3] if path[0] == "states" else path[:1]


def _outputs(definition: Definition) -> Iterator[tuple[Names, Json]]:
    """Yield the templates that make outputs, and where what they give is."""
    for state in definition.all_states.values():
        yield from _outputs_of(state)
    ends = [state.output for state in definition.states.values() if isinstance(state, Succeed)]
    yield from ((OUTPUT, template) for template in ends if template is not None)
    if None in ends:
        yield OUTPUT, definition.output


def _outputs_of(state: State) -> Iterator[tuple[Names, Json]]:
    to: Names = ("states", state.name, "output")
    regions: dict[Names, Region] = {}
    match state:
        case Pass():
            yield to, state.output
        case Parallel():
            regions = {(*to, name): region for name, region in state.branches.items()}
        case Map():
            regions = {to: state.body}
    for place, region in regions.items():
        ends = (inner for inner in region.states.values() if isinstance(inner, Succeed))
        yield from ((place, end.output) for end in ends if end.output is not None)
