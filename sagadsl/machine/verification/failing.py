"""One step that fails while everything else goes well, and what the machine does then."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sagadsl.language.definition import Definition, Fail, State, regions_of, walk
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.exploring import Explorer, Node, Walk
from sagadsl.machine.verification.failures import Way
from sagadsl.machine.verification.possibilities import Possibility
from sagadsl.machine.verification.rules import AT_REST

_MOST = 5_000  # states that are looked at for one step and one way of failing


@dataclass(frozen=True, slots=True)
class Course:
    """What follows on a failure: what is undone, in that order, and the status of the end or the state to go on with.

    `waits` is the signal that the step waits for before it is tried again.
    """

    undone: tuple[str, ...] = ()
    ends: str | None = None
    goes_on: str | None = None
    waits: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A state on the way: what was undone so far, and whether the step has failed yet."""

    node: Node
    undone: tuple[str, ...] = ()
    failed: bool = False


class Search:
    """Leads a saga to a step, lets it fail, and sees what becomes of the saga.

    Args:
        explorer: Walks.
        state: The step.
        way: How its action fails; `None` for a wait that gets no signal, and for a `fail` state.
    """

    def __init__(self, explorer: Explorer, state: State, way: Way | None) -> None:
        self._explorer, self._state, self._way = explorer, state, way
        self._beside = _beside(explorer.world.definition, state.name)

    def courses(self) -> list[Course]:
        """Return what can follow, each course of things once."""
        trodden, seen = Walk(), set[object]()
        waiting = deque(_Place(node) for node in self._explorer.first(trodden))
        found: dict[Course, None] = {}
        while waiting and len(seen) < _MOST:
            place = waiting.popleft()
            saga = place.node.saga
            if saga is None:
                continue
            course = self._course(place, saga)
            key = (self._explorer.canon.key(saga, place.node.ledger), *place.node.facts.items(), place.undone)
            if course is not None:
                found[course] = None
            elif (key, place.failed) not in seen:
                seen.add((key, place.failed))
                waiting += self._following(place, saga, trodden)
        return list(found)

    def _course(self, place: _Place, saga: Saga) -> Course | None:
        """Return what has followed on the failure, once that is decided."""
        is_reached = isinstance(self._state, Fail) and saga.error_state == self._state.name
        if not (place.failed or is_reached):
            return None
        if saga.status in AT_REST:
            goes_on = saga.status == "completed"
            return Course(goes_on=saga.state) if goes_on else Course(place.undone, saga.status)
        step = next((each for each in saga.latest.values() if each.name == self._state.name), None)
        return _gone_on(step) if saga.status == "running" and step is not None else None

    def _following(self, place: _Place, saga: Saga, trodden: Walk) -> Iterator[_Place]:
        for possibility in self._next(saga):
            fails = place.failed or self._is_failure(possibility)
            for node in self._explorer.outcomes(place.node, possibility, trodden, smooth=True):
                yield _Place(node, (*place.undone, *_begun(node.saga, place.undone)), fails)

    def _next(self, saga: Saga) -> list[Possibility]:
        """Return what happens next: what is beside the step first, then what leads to it, and last its failure."""
        possible = list(self._explorer.world.possibilities(saga))
        own = [each for each in possible if self._is_failure(each)]
        smooth = [each for each in possible if each.smooth]
        others = [each for each in smooth if not (own and each.step is own[0].step)]
        others.sort(key=lambda each: each.step is None or each.step.name not in self._beside)
        return others[:1] or own[:1]

    def _is_failure(self, possibility: Possibility) -> bool:
        step = possibility.step
        if step is None or step.name != self._state.name or possibility.late or possibility.asked:
            return False
        if step.is_wait:
            return step.awaits is not None and not possibility.smooth
        return possibility.way is not None and possibility.way is self._way and step.status != "compensating"


def _gone_on(step: Execution) -> Course | None:
    """Return where the saga goes on after a step's failure, or `None` where that is not decided."""
    while True:
        cursor = step.cursor
        if step.status == "completed" or step.number > 1:
            return Course(goes_on=cursor.state)
        if step.status != "failed":
            return None
        if step.awaits is not None:
            return Course(waits=step.awaits)
        if cursor.state != step.name or cursor.status == "ended":
            return Course(goes_on=cursor.state)
        if cursor.status != "failed" or cursor.parent is None or cursor.parent.regions is None:
            return None
        step = cursor.parent
        if step.status == "running" and step.regions is not None and step.regions.failure is None:
            return Course(goes_on=step.name)


def _begun(saga: Saga | None, undone: tuple[str, ...]) -> list[str]:
    """Return the steps that are now being undone and were not before."""
    steps = [] if saga is None else saga.executions.values()
    return [step.label for step in steps if step.undo_attempts.number and step.label not in undone]


def _beside(definition: Definition, name: str) -> frozenset[str]:
    """Return the states of the branches beside the one that a state is in, at every depth."""
    found: set[str] = set()
    for state in definition.all_states.values():
        branches = [{inner.name for inner in walk(region.states)} for region in regions_of(state).values()]
        if any(name in branch for branch in branches):
            found.update(*(branch for branch in branches if name not in branch))
    return frozenset(found)
