"""Every step of a saga so far, kept small: most places are entered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, ValuesView
from operator import attrgetter
from typing import Any, TypeAlias

from sagadsl.machine.execution import Execution
from sagadsl.machine.lifecycles import DEAD

Key: TypeAlias = tuple[str, str, int]


_NAMED = 10

WHICH_REGION = "say which region is meant"

_done_at = attrgetter("done_at")


class Executions(Mapping[Key, Execution]):
    """The steps by state, region and execution, in the order in which they began.

    They are kept by their labels, which are the states' own names wherever a saga goes straight on. This is a view of
    that table, which is the saga's.
    """

    __slots__ = ("_by_label",)

    def __init__(self, by_label: dict[str, Execution]) -> None:
        self._by_label = by_label

    def add(self, execution: Execution) -> None:
        """Add a step that begins."""
        if execution.number > 1:
            self._by_label[execution.place].latest = execution
        self._by_label[execution.label] = execution

    def latest(self, state: str, region: str) -> Execution | None:
        """Return the step that was begun last in a place."""
        first = self._by_label.get(f"{state}/{region}" if region else state)
        return first if first is None else first.latest or first

    def latest_of_each(self) -> dict[tuple[str, str], Execution]:
        """Return the latest step by state and region, in the order in which the places were first entered."""
        firsts = (each for each in self._by_label.values() if each.number == 1)
        return {(each.name, each.region): each.latest or each for each in firsts}

    def not_there(self, state: str, region: str) -> str:
        """Return why there is no such step: it has not been started, or only inside or outside of other items of maps.

        The items that need somebody are named first.
        """
        there = [each for each in self.latest_of_each().values() if each.name == state]
        if not there:
            return f"{state!r} has not been started"
        if not there[0].region:
            return f"{state!r} is inside no map, so that there is no region {region!r} of it"
        regions = [each.region for each in sorted(there, key=lambda each: each.status not in DEAD)]
        more = f" and {len(regions) - _NAMED:,} others" if len(regions) > _NAMED else ""
        named = f"{', '.join(regions[:_NAMED])}{more}"
        what = f"region {region!r} of {state!r} has not been started" if region else f"{state!r} is inside a map"
        return f"{what}; {WHICH_REGION}: {named}"

    def done(self) -> list[Execution]:
        """Return the steps that were, or may have been, completed, in that order."""
        return sorted((each for each in self._by_label.values() if each.done_at), key=_done_at)

    def __getitem__(self, key: Any) -> Execution:
        found = find(self._by_label, *key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[Key]:
        return ((each.name, each.region, each.number) for each in self._by_label.values())

    def __len__(self) -> int:
        return len(self._by_label)

    def values(self) -> ValuesView[Execution]:
        """Return the steps."""
        return self._by_label.values()


def find(by_label: Mapping[str, Execution], state: str, region: str, number: int) -> Execution | None:
    """Return a step of a saga's table."""
    place = f"{state}/{region}" if region else state
    return by_label.get(place if number == 1 else f"{place}:{number}")
