"""The same saga with maps that bear no failure: it does what it does once more items have failed than they bear."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sagadsl.language.definition import Definition, Map, Parallel, Region, State
from sagadsl.language.edges import Homes


def tolerant_around(definition: Definition) -> Mapping[str, tuple[Map, ...]]:
    """Return for each state in the body of a map that bears failures all such maps around it, the innermost first."""
    homes, states = Homes(definition), definition.all_states
    found: dict[str, tuple[Map, ...]] = {}
    for name in states:
        owners = [states.get(home.owner) for home in reversed(homes.around(name))]
        found[name] = tuple(each for each in owners if isinstance(each, Map) and each.max_failures > 0)
    return {name: maps for name, maps in found.items() if maps}


def intolerant(definition: Definition, maps: Collection[str]) -> Definition:
    """Return the definition with maps, by their names, that bear no failure."""
    return replace(definition, states=_changed(definition.states, maps))


def _changed(states: Mapping[str, State], maps: Collection[str]) -> dict[str, State]:
    return {name: _state(state, maps) for name, state in states.items()}


def _state(state: State, maps: Collection[str]) -> State:
    match state:
        case Map(body=body):
            failures = 0 if state.name in maps else state.max_failures
            return replace(state, max_failures=failures, body=_region(body, maps))
        case Parallel(branches=branches):
            return replace(state, branches={name: _region(region, maps) for name, region in branches.items()})
    return state


def _region(region: Region, maps: Collection[str]) -> Region:
    return replace(region, states=_changed(region.states, maps))
