"""Regions inside regions: which two of all that run side by side are in focus together, at whatever depth they are.

Two items of a map, each with two branches, one of them over a list again, are six things side by side. To have two of
them in focus, a step is given room for two: it gives the room for both to one of its regions, or room for one to each
of two. What has room for two and nothing inside it that has regions has all its pairs; what has room for one has each
of its regions once. Items of unknown data that all run at once are alike: one of them stands for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from sagadsl.language.celtokens import references, tokens
from sagadsl.language.definition import Definition, Map, Parallel, Region, State, regions_of, walk
from sagadsl.language.places import sites
from sagadsl.machine.execution import Execution
from sagadsl.machine.verification.oracle import Unknown
from sagadsl.machine.verification.standing_in import distances

BOTH = 2
"""How many regions are in focus together."""

_FEW = 4  # so many side by side are all in focus, unless they are branches of one step
_ITEMS = 2  # a map of unknown data has no more


class Nesting:
    """The steps of a definition, with regions inside regions, of which too much runs side by side.

    Args:
        definition: The definition.
    """

    def __init__(self, definition: Definition) -> None:
        self._states = definition.all_states
        conditions = (site.value for site in sites(definition) if site.is_condition)
        self._counts = any(found.root == "index" for text in conditions for found in references(tokens(text)))
        self.deep = frozenset(name for state in definition.states.values() for name in _deep(state))

    def focuses(self, step: Execution, focus: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
        """Yield which regions of a step that is deep can be in focus, given those of the steps around it."""
        names = _names(step)
        room = room_in(step, focus)
        single = names[:1] if self._are_alike(step) else names
        if room < BOTH or len(names) == 1:
            yield from (frozenset([name]) for name in single)
            return
        yield from (frozenset([name]) for name in single if self._has_regions(step.name, name))
        yield from map(frozenset, combinations(names, BOTH))

    def _are_alike(self, step: Execution) -> bool:
        """Whether what can happen to one item of a map can happen to each of them, all running at once."""
        state, inside = step.state, step.regions
        if not isinstance(state, Map) or inside is None or self._counts:
            return False
        at_once = state.max_concurrency is None or state.max_concurrency >= len(inside.items)
        return at_once and all(isinstance(item, Unknown) for item in inside.items)

    def _has_regions(self, state: str, name: str) -> bool:
        inside = regions_of(self._states[state])
        region = inside.get(name) or next(iter(inside.values()))
        return any(map(regions_of, walk(region.states)))


def _names(step: Execution) -> list[str]:
    state, inside = step.state, step.regions
    if isinstance(state, Parallel):
        return list(state.branches)
    return [] if inside is None else [str(index) for index, _ in enumerate(inside.items)]


def room_in(step: Execution, focus: Mapping[str, frozenset[str]]) -> int:
    """Return how many things inside a step are in focus together."""
    around = step.cursor.parent
    while around is not None:
        if len(focus.get(around.label, ())) == BOTH:
            return 1
        around = around.cursor.parent
    return BOTH


def _deep(state: State) -> Iterator[str]:
    """Yield a step and the steps with regions inside it, where too many of these run side by side."""
    inside = [each for region in regions_of(state).values() for each in walk(region.states) if regions_of(each)]
    if inside and _width(state) > _FEW and all(map(_can_all_end, [state, *inside])):
        yield from (each.name for each in [state, *inside])


def _width(state: State) -> int:
    """Return how many things can run side by side inside a step."""
    widths = [_widest(region) for region in regions_of(state).values()]
    return _ITEMS * widths[0] if isinstance(state, Map) else sum(widths)


def _widest(region: Region) -> int:
    return max((_width(state) for state in region.states.values() if regions_of(state)), default=1)


def _can_all_end(state: State) -> bool:
    return all(region.start in distances(region) for region in regions_of(state).values())
