"""Steps side by side, without every order of everything.

Six branches of four steps can be interleaved in 24! / (4!)^6 ways. What branches do to each other is little, and all
of it is in `regions.py`: one that fails stops those that are still active; the step around them goes on when none is
active; the saga's time, or a person, stops them all at once; a pivot passed in one is passed for all; a signal goes
to the one that has waited longest; and what they have completed is put in one order. Each of these is between *two*
branches, or is the same for every branch. So wherever more than two branches run side by side, two of them at a time
are in *focus*, every two once: in focus everything happens in every order; the others, the background, run through
without trouble first; in regions inside regions it is any two of what is innermost (`nesting.py`). A promise that
names steps of more branches puts all those in focus together.

What a rule says of one step, or of two in their order, is thereby seen in every state of those two; this is pairwise
testing (Cohen, Dalal, Fredman and Patton, "The AETG System", IEEE TSE 1997) over what a branch can come to. What is
left out is what only three branches can bring about together. `verify(reduce=False)` leaves out nothing, and the tests
hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import TypeAlias

from sagadsl.language.definition import Definition, Parallel, walk
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.nesting import BOTH, Nesting, room_in
from sagadsl.machine.verification.possibilities import Possibility
from sagadsl.machine.verification.standing_in import distances

Focus: TypeAlias = tuple[tuple[str, frozenset[str]], ...]
"""Which branches are in focus, by the label of the step that they are inside of, sorted."""

_FEW = 2


class Reduction:
    """Which branches of a definition's sagas are in focus, and what can then happen.

    Args:
        definition: The definition.
        watched: The steps that each of its promises names.
    """

    def __init__(self, definition: Definition, watched: Iterable[frozenset[str]]) -> None:
        watched = tuple(watched)
        self._nesting = Nesting(definition)
        self._focuses: dict[str, tuple[frozenset[str], ...]] = {}
        for state in definition.all_states.values():
            if isinstance(state, Parallel) and len(state.branches) > _FEW and _can_all_end(state):
                self._focuses[state.name] = tuple(_focuses(state, watched))

    @property
    def reduced(self) -> frozenset[str]:
        """The states whose branches are not all in focus at once."""
        return self._nesting.deep | self._focuses.keys()

    def focuses(self, saga: Saga, focus: Focus) -> Iterator[Focus]:
        """Yield what can be in focus once a saga has come to its present state; as a rule that is one."""
        kept = [(label, names) for label, names in focus if self._keeps(self._by_label(saga, label))]
        known = {label for label, _ in kept}
        new = [step for step in self._wide(saga) if step.label not in known]
        yield from self._combined(kept, new)

    def _combined(self, kept: list[tuple[str, frozenset[str]]], new: list[Execution]) -> Iterator[Focus]:
        if not new:
            yield tuple(sorted(kept))
            return
        step, *others = new
        for names in self._chosen(step, dict(kept)):
            yield from self._combined([*kept, (step.label, names)], others)

    def _chosen(self, step: Execution, focus: Mapping[str, frozenset[str]]) -> Iterable[frozenset[str]]:
        if _is_background(step.cursor, focus):
            return (frozenset[str](),)
        wide = self._focuses.get(step.name, ())
        if step.name not in self._nesting.deep:
            return wide
        together = [names for names in wide if len(names) > _FEW] if room_in(step, focus) == BOTH else []
        return dict.fromkeys((*together, *self._nesting.focuses(step, focus)))

    def _wide(self, saga: Saga) -> list[Execution]:
        if not self.reduced:
            return []
        return [step for step in saga.executions.values() if step.name in self.reduced and self._needs(step)]

    @staticmethod
    def _by_label(saga: Saga, label: str) -> Execution | None:
        return next((step for step in saga.executions.values() if step.label == label), None)

    def _keeps(self, step: Execution | None) -> bool:
        """Whether a focus stays: where much is side by side also when something has failed and may be tried again."""
        deep = step is not None and step.name in self._nesting.deep and step.status in {"running", "failed"}
        return deep or self._needs(step)

    @staticmethod
    def _needs(step: Execution | None) -> bool:
        """Whether the branches of a step run, and nothing has stopped them."""
        if step is None or step.status != "running" or step.regions is None:
            return False
        return step.regions.failure is None

    def possible(self, saga: Saga, focus: Focus, possibilities: list[Possibility]) -> list[Possibility]:
        """Return what can happen: all, or while something goes on in the background, only the first of that."""
        if saga.status == "compensating":
            return _of_one_undo(saga, possibilities)
        if saga.status == "running":
            possibilities = [
                each for each in possibilities if not (each.is_decision and _is_beside_others(each.cursor))
            ]
        focused = dict(focus)
        for each in possibilities if focus else ():
            if each.smooth and each.cursor is not None and _is_background(each.cursor, focused):
                return [each]
        return possibilities

    @staticmethod
    def leaves_out(saga: Saga) -> bool:
        """Whether two steps side by side are both being tried again."""
        return sum(map(_is_tried_again, saga.executions.values())) > 1

    @staticmethod
    def is_background(focus: Focus, possibility: Possibility) -> bool:
        """Whether this happens in the background."""
        return possibility.cursor is not None and _is_background(possibility.cursor, dict(focus))


def _is_tried_again(step: Execution) -> bool:
    if step.cursor.parent is None or step.regions is not None:
        return False
    return step.status == "retrying" or (step.status in {"running", "waiting"} and step.attempts.in_round > 1)


def _is_beside_others(cursor: Cursor | None) -> bool:
    """Whether something beside a region, inside the same step or one around it, may still happen by itself."""
    while cursor is not None and cursor.parent is not None:
        inside = cursor.parent.regions
        if inside is not None and any(other.is_active for other in inside.cursors if other is not cursor):
            return True
        cursor = cursor.parent.cursor
    return False


def _of_one_undo(saga: Saga, possibilities: list[Possibility]) -> list[Possibility]:
    """Return what can become of one undo, the one of the step that began first, where several are under way."""
    under_way = [each.step for each in possibilities if not each.late]
    first = next((step for step in saga.executions.values() if step in under_way), None)
    return [each for each in possibilities if each.step is first or each.late]


def _is_background(cursor: Cursor, focus: Mapping[str, frozenset[str]]) -> bool:
    while cursor.parent is not None:
        names = focus.get(cursor.parent.label)
        if names is not None and cursor.name not in names:
            return True
        cursor = cursor.parent.cursor
    return False


def _can_all_end(state: Parallel) -> bool:
    return all(region.start in distances(region) for region in state.branches.values())


def _focuses(state: Parallel, watched: tuple[frozenset[str], ...]) -> Iterator[frozenset[str]]:
    pairs = [frozenset(pair) for pair in combinations(state.branches, _FEW)]
    wide = {frozenset(_named(state, names)) for names in watched}
    wide = {names for names in wide if len(names) > _FEW}
    yield from sorted(wide, key=sorted)
    yield from (pair for pair in pairs if not any(pair <= names for names in wide))


def _named(state: Parallel, names: frozenset[str]) -> Iterator[str]:
    """Yield the branches that have one of these states inside, at any depth."""
    for name, region in state.branches.items():
        if any(inner.name in names for inner in walk(region.states)):
            yield name
