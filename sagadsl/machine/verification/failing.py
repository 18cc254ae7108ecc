"""One step that fails while everything else goes well, and what the machine does then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sagadsl.language.definition import Fail, State
from sagadsl.language.edges import Homes
from sagadsl.machine.commands import Compensate, CompensateChild
from sagadsl.machine.events import CompensationSucceeded, Event, TimerFired
from sagadsl.machine.execution import Execution
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.arriving import Paths, Place
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.machine.verification.exploring import Explorer
from sagadsl.machine.verification.failures import Way
from sagadsl.machine.verification.oracle import Facts, Script
from sagadsl.machine.verification.possibilities import Possibility
from sagadsl.machine.verification.trail import Move

_MOST = 5_000  # events between a failure and what is decided on it: a step may be tried again very often

_History: TypeAlias = tuple[tuple[Event, Script], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What follows on a failure: what is undone, in that order, and the status of the end or the state to go on with.

    Args:
        undone: What is undone, by labels.
        ends: The status of the end.
        goes_on: The state with which the saga goes on; with an end as well where it fails there in its turn.
        waits: The signal that the step waits for before it is tried again; what else is told happens if that does not
            come in time.
        moves: The transitions that the flow makes because of the failure; they make no difference by themselves.
    """

    undone: tuple[str, ...] = ()
    ends: str | None = None
    goes_on: str | None = None
    waits: str | None = None
    moves: tuple[Move, ...] = field(default=(), compare=False)


@dataclass(slots=True)
class _Turn:
    """A saga, the caller's own, on whose step's failure something has been decided: by `course`, but for the undo."""

    saga: Saga
    facts: Facts
    moves: tuple[Move, ...]
    course: Course


class Failing:
    """Lets a step fail, and sees what becomes of the saga.

    Args:
        explorer: What the sagas are like.
        paths: What has led them there.
        state: The step.
        way: How its action fails; `None` for a wait that gets no signal, and for a `fail` state.
    """

    def __init__(self, explorer: Explorer, paths: Paths, state: State, way: Way | None) -> None:
        self._explorer, self._paths, self._state, self._way = explorer, paths, state, way
        self._homes = Homes(explorer.compiled.definition)
        self._beside = paths.beside(state.name)

    def courses(self, arrivals: list[Place]) -> list[Course]:
        """Return what can follow, each course of things once.

        Args:
            arrivals: Where the step is about to fail.
        """
        found: dict[Course, None] = {}
        for turn in (turn for place in arrivals for turn in self._turns(place)):
            found[self._to_the_end(turn)] = None
        return list(found)

    def places(self, arrivals: list[Place]) -> Iterator[Place]:
        """Yield the sagas that go on after the failure, or that have come to a `fail` state by it."""
        for turn in (turn for place in arrivals for turn in self._turns(place)):
            if turn.moves:
                yield self._paths.place(turn.saga, turn.facts, turn.moves)

    def _turns(self, place: Place) -> Iterator[_Turn]:
        """Yield what is decided on the failure, once for each way in which the oracle can answer meanwhile."""
        if isinstance(self._state, Fail):
            moves = _since(place.moves, self._state.name)
            course = self._course(place.saga, moves)
            if course is not None:
                yield _Turn(copy_saga(place.saga), place.facts, moves, course)
                return
            histories: list[_History] = [()]  # what is in flight beside it comes to an end first
        else:
            first, moves = self._own(place), ()
            histories = [] if first is None else [((first.event, ()),)]
        while histories:
            yield from self._follow(place, moves, histories)

    def _follow(self, place: Place, before: tuple[Move, ...], histories: list[_History]) -> Iterator[_Turn]:
        """Go on from one history until something is decided; add to them what may have happened instead."""
        history = histories.pop()
        saga, facts, moves = copy_saga(place.saga), place.facts, list(before)
        in_vain: str | None = None
        for number in range(_MOST):
            if number == len(history):
                event = self._next(saga)
                if event is None:
                    return
                history = (*history, (event, ()))
            event, script = history[number]
            is_last = number == len(history) - 1
            in_vain = (_awaited(saga, event) if number else None) or in_vain
            known, others = self._paths.happen(saga, event, facts, script)
            if is_last:
                histories += [(*history[:-1], (event, other)) for other in others]
            if known is None:
                return
            facts = known
            moves += self._paths.trail.moves
            course = self._course(saga, tuple(moves)) if is_last else None
            if course is None:
                continue
            missed = _missed(saga, course)
            if missed is None:
                yield _Turn(saga, facts, tuple(moves), replace(course, waits=course.waits or in_vain))
                return
            history = (*history, (missed, ()))

    def _next(self, saga: Saga) -> Event | None:
        """Return what happens next: what is beside the step first, then what leads to it, and last its failure."""
        here = self._paths.place(saga, {})
        ahead = here.ahead(self._state.name, self._beside) or self._own(here)
        return None if ahead is None else ahead.event

    def _own(self, place: Place) -> Possibility | None:
        """Return how the step fails here in the way that is looked at, if it can."""
        return next((each for each in place.failures(self._state.name) if each.way is self._way), None)

    def _course(self, saga: Saga, moves: tuple[Move, ...]) -> Course | None:
        """Return what follows on the failure, but for the undo; `None` as long as it is not decided."""
        if saga.status == "completed":
            return Course(goes_on=saga.state, moves=moves)
        if saga.status in AT_REST or saga.status == "compensating":
            at = saga.error_state
            return Course(ends=saga.status, goes_on=at if moves and at != self._state.name else None, moves=moves)
        step = self._failed_step(saga)
        course = None if step is None else _gone_on(step)
        return course and Course(goes_on=course.goes_on, waits=course.waits, moves=moves)

    def _failed_step(self, saga: Saga) -> Execution | None:
        """Return the step; for a `fail` state, which is none, the one that it is inside of."""
        is_inside = isinstance(self._state, Fail)
        name = self._homes.of[self._state.name].owner if is_inside else self._state.name
        return next((each for each in saga.latest.values() if each.name == name), None)

    def _to_the_end(self, turn: _Turn) -> Course:
        """Return the course with what is undone in it."""
        saga, course = turn.saga, turn.course
        undone = tuple(self._undo(saga, turn.facts)) if saga.status == "compensating" else ()
        ends = None if course.ends is None else saga.status
        return Course(undone, ends, course.goes_on, course.waits, course.moves)

    def _undo(self, saga: Saga, facts: Facts) -> Iterator[str]:
        """Let every undo succeed, and yield what is undone in the order in which that begins.

        No undo asks anything that has two good answers, so one saga shows them all.
        """
        while saga.status == "compensating":
            calls = [each for each in saga.outstanding.values() if isinstance(each, Compensate | CompensateChild)]
            begun = {saga.executions[each.state, each.region, each.execution].label for each in calls}
            if not begun:
                return
            yield from (label for label in saga.steps if label in begun) if len(begun) > 1 else begun
            for call in calls:
                self._explorer.oracle.begin((), facts)
                saga.apply(CompensationSucceeded(call.state, call.attempt, call.execution, call.region))


def _missed(saga: Saga, course: Course) -> Event | None:
    """Return how the time is over in which a failed step waits for its signal; `None` where it has all time."""
    timers = (
        timer for timer, (_, step) in saga.timers.items() if course.waits is not None and step.awaits == course.waits
    )
    return next((TimerFired(timer) for timer in timers), None)


def _awaited(saga: Saga, event: Event) -> str | None:
    """Return the signal that has not come in time, if the event says so."""
    return saga.timers[event.timer_id][1].awaits if isinstance(event, TimerFired) else None


def state_of(label: str) -> str:
    """Return the state that a label such as `pack/0` or `charge:2` speaks of."""
    return label.partition("/")[0].partition(":")[0]


def _since(moves: tuple[Move, ...], state: str) -> tuple[Move, ...]:
    """Return the transitions that were made once a state had been entered."""
    entered = next(place for place, move in enumerate(moves) if move.to == state)
    return moves[entered + 1 :]


def _gone_on(step: Execution) -> Course | None:
    """Return where the saga goes on after a step's failure, or `None` where that is not decided."""
    while True:
        cursor = step.cursor
        if step.status == "completed" or step.number > 1:
            return Course(goes_on=cursor.state)
        if step.regions is not None and step.status == "running" and step.regions.failure is None:
            return Course(goes_on=step.name)
        if step.status != "failed":
            return None
        if step.awaits is not None:
            return Course(waits=step.awaits)
        if cursor.state != step.name or cursor.status == "ended":
            return Course(goes_on=cursor.state)
        if cursor.status != "failed" or cursor.parent is None or cursor.parent.regions is None:
            return None
        step = cursor.parent
