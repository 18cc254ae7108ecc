"""Data that nobody knows yet, and the questions that the machine asks about it.

Where a verified saga would read a value, there is an `Unknown`. Whatever depends on one (which arm of a choice is
taken, how many items a map has, whether a payload can be made) is put to the `Oracle`, which answers from a script
and notes what it was asked; the walker then asks for the same event again with every other answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sagadsl.language.definition import Json

Script: TypeAlias = tuple[int, ...]
"""The answers that were given during one event, in their order: indexes of options."""

Facts: TypeAlias = Mapping[Hashable, int]
"""What was answered before and still holds, so that the same question about the same data has the same answer."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which only its origin is known; two with the same origin are the same value."""

    origin: str


def is_known(value: Json) -> bool:
    """Whether a value is plain data through and through."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    return not isinstance(value, list) or all(map(is_known, value))


class CycleCut(Exception):  # noqa: N818 - no error: the walk goes no further here
    """One event would lead through the same state again and again without anything being waited for."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Asked(NamedTuple):
    """A question that came up.

    Args:
        taken: The option that was taken.
        options: How many there are.
        smooth: How many of them, from the first, a saga without trouble can take.
        words: What the one that was taken means.
    """

    taken: int
    options: int
    smooth: int
    words: str


class Oracle:
    """Answers the questions of one event.

    Args:
        max_passes: How often one event may lead through the same place before the walk is cut.

    Attributes:
        asked: What was asked since `begin`.
        facts: What is known after the event.
    """

    __slots__ = ("_passes", "_script", "asked", "facts", "max_passes")

    def __init__(self, max_passes: int) -> None:
        self.max_passes = max_passes
        self.begin((), {})

    def begin(self, script: Script, facts: Facts) -> None:
        """Prepare for an event: `script` answers the first questions, the first option all others."""
        self._script = script
        self._passes: dict[tuple[str, int], int] = {}
        self.asked: list[Asked] = []
        self.facts = facts

    def passing(self, state: str, scope: object) -> None:
        """Note that the event leads through a state.

        Raises:
            CycleCut: It has done so too often.
        """
        key = (state, id(scope))
        self._passes[key] = times = self._passes.get(key, 0) + 1
        if times > self.max_passes:
            raise CycleCut(state)

    def ask(self, words: Sequence[str], trouble: int = 0) -> int:
        """Return the index of an option; the first is the one that leads to a good end soonest.

        Args:
            words: What each option means.
            trouble: How many of them, the last ones, are failures.
        """
        place = len(self.asked)
        taken = self._script[place] if place < len(self._script) else 0
        self.asked.append(Asked(taken, len(words), len(words) - trouble, words[taken]))
        return taken

    def learn(self, facts: Facts) -> None:
        """Note what holds from here on."""
        self.facts = {**self.facts, **facts}

    def others(self, *, smooth: bool = False) -> list[Script]:
        """Return the scripts that answer this event's questions in the ways that are still to be tried.

        Args:
            smooth: Whether to leave out failures.
        """
        taken = tuple(each.taken for each in self.asked)
        return [
            (*taken[:place], other)
            for place in range(len(self._script), len(taken))
            for other in range(1, self.asked[place].smooth if smooth else self.asked[place].options)
        ]
