"""Every step of a saga so far, kept small: most places are entered once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, ValuesView
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias

from sagadsl.machine.execution import Execution

NOTHING: list[Any] = []
NO_TIMERS: dict[str, Any] = {}
"""Shared by all sagas that have none, and never put into."""

Key: TypeAlias = tuple[str, str, int]


_done_at = attrgetter("done_at")


class Executions(Mapping[Key, Execution]):
    """The steps by state, region and execution, in the order in which they began.

    They are kept by their labels, which are the states' own names wherever a saga goes straight on.
    """

    __slots__ = ("_by_label",)

    def __init__(self, executions: Iterable[Execution] = ()) -> None:
        self._by_label: dict[str, Execution] = {}
        for execution in executions:
            self.add(execution)

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

    def done(self) -> list[Execution]:
        """Return the steps that were, or may have been, completed, in that order."""
        return sorted((each for each in self._by_label.values() if each.done_at), key=_done_at)

    def __getitem__(self, key: Any) -> Execution:
        state, region, number = key
        place = f"{state}/{region}" if region else state
        try:
            return self._by_label[place if number == 1 else f"{place}:{number}"]
        except KeyError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[Key]:
        return ((each.name, each.region, each.number) for each in self._by_label.values())

    def __len__(self) -> int:
        return len(self._by_label)

    def values(self) -> ValuesView[Execution]:
        """Return the steps."""
        return self._by_label.values()

    def __reduce__(self) -> tuple[Any, ...]:
        return Executions, (list(self.values()),)


@lru_cache(maxsize=10_000)
def call_key(state: str, region: str, execution: int) -> str:
    """Return what a call is known by while it is outstanding."""
    place = f"{state}/{region}" if region else state
    return f"call {place}" if execution == 1 else f"call {place}:{execution}"
