"""What a definition is checked together with: the other sagas, and what is known of the services' actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sagadsl.language import graphs
from sagadsl.language.definition import Definition, Json, SubSaga, walk

_NUMBERS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What the catalogue says of one action; `None` stands for what it does not say.

    Args:
        payload: JSON Schema (draft-07) of what the action takes.
        output: JSON Schema of what it answers.
        errors: The codes it can raise, beside those that the engine raises itself.
    """

    payload: Json | None = None
    output: Json | None = None
    errors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The services' actions by service and action; `file` is where they were read from."""

    file: str
    services: Mapping[str, Mapping[str, ActionSpec]]

    def action(self, service: str, action: str) -> ActionSpec | None:
        """Return what is said of an action, or `None` where the catalogue does not have it."""
        return self.services.get(service, {}).get(action)


@dataclass(frozen=True)
class Library:
    """What a definition is checked together with.

    Args:
        sagas: The definitions by name, every version of each, their shape being right.
        catalogue: What is known of actions, or `None` where nothing is.
        unread: Names of sagas whose definitions are there and too broken to be among `sagas`.
    """

    sagas: Mapping[str, tuple[Definition, ...]] = field(default_factory=dict)
    catalogue: Catalogue | None = None
    unread: frozenset[str] = frozenset()

    def saga(self, name: str, version: str | None = None) -> Definition | None:
        """Return the saga of this name and version, or `None`; without a version, the newest.

        Versions are compared number by number: 1.10 is newer than 1.9.
        """
        found = [each for each in self.sagas.get(name, ()) if version in (None, each.version)]
        return max(found, key=lambda each: _age(each.version), default=None)

    def including(self, definition: Definition) -> Library:
        """Return a library that has this definition, in the place of what else came from its file."""
        if any(each is definition for each in self.sagas.get(definition.name, ())):
            return self
        others = [each for sagas in self.sagas.values() for each in sagas if each.file != definition.file]
        return replace(self, sagas=_by_name([*others, definition]))

    def cycle_of(self, definition: Definition) -> list[Definition]:
        """Return which sagas it runs until it runs again, itself first and last; nothing if it never does."""
        index = next(i for i, each in enumerate(self._all) if each is definition) if self._cyclic else -1
        if index not in self._cyclic:
            return []
        return [self._all[i] for i in graphs.round_trip(self._runs, index)]

    @cached_property
    def _all(self) -> list[Definition]:
        return [each for sagas in self.sagas.values() for each in sagas]

    @cached_property
    def _runs(self) -> list[list[int]]:
        """Which sagas each one runs, as places in `_all`."""
        places = {id(each): i for i, each in enumerate(self._all)}
        runs = [[self.saga(state.saga, state.version) for state in sagas_run_by(each)] for each in self._all]
        return [[places[id(each)] for each in targets if each is not None] for targets in runs]

    @cached_property
    def _cyclic(self) -> frozenset[int]:
        return frozenset(i for part in graphs.strongly_connected(self._runs) for i in part)


def sagas_run_by(definition: Definition) -> list[SubSaga]:
    """Return the states in which a saga runs another one."""
    return [state for state in walk(definition.states) if isinstance(state, SubSaga)]


def library_of(
    definitions: Iterable[Definition], catalogue: Catalogue | None = None, unread: Iterable[str] = ()
) -> Library:
    """Return the library of these definitions; see `Library`."""
    return Library(_by_name(definitions), catalogue, frozenset(unread))


def _by_name(definitions: Iterable[Definition]) -> dict[str, tuple[Definition, ...]]:
    sagas: dict[str, list[Definition]] = {}
    for definition in definitions:
        sagas.setdefault(definition.name, []).append(definition)
    return {name: tuple(each) for name, each in sagas.items()}


def _age(version: str) -> list[tuple[int, int, str]]:
    parts = _NUMBERS.split(version)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
