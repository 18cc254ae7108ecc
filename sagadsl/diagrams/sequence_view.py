"""The view `sequence`: the saga and the services that it calls, and what they say to each other in order.

A flow may jump, a sequence diagram cannot. So the ways out of a choice are drawn up to the state in which all of them
meet again, which is its immediate post-dominator; a way that ends in a failure meets nothing. What would be drawn
twice is referred to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sagadsl.diagrams.drawing import facts
from sagadsl.diagrams.meeting import Meeting
from sagadsl.diagrams.model import Picture
from sagadsl.diagrams.run import RunPicture
from sagadsl.diagrams.sequence_marks import marked
from sagadsl.diagrams.sequence_model import Fragment, Item, Lifeline, LifelineKind, Message, Remark, Section
from sagadsl.diagrams.sequence_model import Sequence as SequenceModel
from sagadsl.diagrams.sequence_undo import undo_items
from sagadsl.diagrams.states import POINT_OF_NO_RETURN, TIMES
from sagadsl.language.definition import (
    ANY_ERROR,
    Catch,
    Choice,
    Definition,
    Fail,
    Map,
    Parallel,
    Pass,
    Region,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
    walk,
)
from sagadsl.language.durations import format_duration
from sagadsl.machine.compiler import DEFAULT, NEXT, PROCEED, TIME_OUT, catch_trigger
from sagadsl.machine.plans import choice_trigger

DEEPEST = 8
"""Frames around each other in one region; what would stand in more is drawn below."""
SAGA = "saga"
OUTSIDE = "outside"


def picture(definition: Definition, run: RunPicture | None = None) -> Picture:
    """Return the sequence of a definition; with a run, what was called and how it went."""
    main = tuple(_Flow(Region(definition.start, definition.states)).items())
    undo = tuple(undo_items(definition))
    if undo:
        before = " before the point of no return" if _has_pivot(definition) else ""
        alternatives = (Section("all goes well", main), Section(f"a step fails{before}, and nothing catches it", undo))
        main = (Fragment("alt", alternatives),)
    sequence = SequenceModel(tuple(_lifelines(definition)), main)
    return Picture(
        title=definition.name,
        facts=facts(definition),
        description=definition.description or "",
        nodes=(),
        edges=(),
        view="sequence",
        **marked(sequence, run, definition),
    )


def _has_pivot(definition: Definition) -> bool:
    return any(getattr(state, "kind", None) == "pivot" for state in definition.all_states.values())


def _lifelines(definition: Definition) -> Iterator[Lifeline]:
    yield Lifeline(SAGA, definition.name, "saga", "the saga")
    seen: dict[str, tuple[str, LifelineKind]] = {}
    for state in walk(definition.states):
        if isinstance(state, Task):
            seen.setdefault(service_id(state.service), (state.service, "service"))
        elif isinstance(state, SubSaga):
            seen.setdefault(saga_id(state.saga), (f"saga {state.saga}", "other_saga"))
        undo = getattr(state, "compensation", None)
        if undo is not None:
            seen.setdefault(service_id(undo.service), (undo.service, "service"))
        if isinstance(state, Wait) and state.signal is not None:
            seen.setdefault(OUTSIDE, ("outside", "outside"))
    for lifeline, (title, kind) in seen.items():
        yield Lifeline(lifeline, title, kind, kind.replace("_", " "))


def service_id(service: str) -> str:
    """Return the id of a service's lifeline."""
    return f"service {service}"


def saga_id(saga: str) -> str:
    """Return the id of another saga's lifeline."""
    return f"other saga {saga}"


class _Flow:
    """The states of one region as a sequence.

    Args:
        region: The region.
    """

    def __init__(self, region: Region) -> None:
        self._states, self._start = region.states, region.start
        self._meeting = Meeting(region.states)
        self._drawn: set[str] = set()
        self._later: list[str] = []
        self._depth = 0

    def items(self) -> Iterator[Item]:
        """Yield what happens from the start to the end, and then what there was no room for in the frames."""
        yield from self._from(self._start, frozenset())
        while self._later:
            name = self._later.pop()
            if name not in self._drawn:
                yield Fragment("opt", (Section(f"at {name}", tuple(self._from(name, frozenset()))),))

    def _from(self, name: str | None, stops: frozenset[str]) -> Iterator[Item]:
        """Yield what happens from a state to one of `stops`, or to the end."""
        while name is not None and name not in stops:
            if name in self._drawn:
                yield Remark(f"goes on at {name}, see there")
                return
            self._drawn.add(name)
            state = self._states[name]
            yield from self._state(state, stops)
            name = self._after(state)

    def _inside(self, name: str, stops: frozenset[str]) -> tuple[Item, ...]:
        """Return what stands in a frame: what happens from a state on, unless there are too many frames around it."""
        if self._depth < DEEPEST or name in stops or name in self._drawn:
            self._depth += 1
            items = tuple(self._from(name, stops))
            self._depth -= 1
            return items
        self._later.append(name)
        return (Remark(f"goes on at {name}, see below"),)

    def _state(self, state: State, stops: frozenset[str]) -> Iterator[Item]:
        match state:
            case Task():
                yield from _task(state)
            case SubSaga():
                yield Message(SAGA, saga_id(state.saga), f"{state.name}: run to its end", "call", state.name)
            case Parallel() | Map():
                yield _regions(state)
            case Choice():
                yield from self._alternatives(state, stops)
            case Wait():
                yield from self._wait(state, stops)
            case Pass():
                yield Remark(f"{state.name}: computes data", state=state.name)
            case Succeed():
                yield Remark(f"{state.name}: completed", state=state.name)
            case Fail():
                yield Remark(f"{state.name}: fails with {state.error}", state=state.name)
        if isinstance(state, Task | SubSaga | Parallel | Map):
            yield from self._afterwards(state, stops)

    def _after(self, state: State) -> str | None:
        ways = _ways(state)
        if not ways:
            return getattr(state, "next", None)
        return self._meeting.of(state.name) or self._main(ways)

    def _main(self, ways: Sequence[tuple[str, str, str]]) -> str:
        """Return where the flow is drawn on if its ways never meet again: along the one that leads furthest."""
        return max(reversed(ways), key=lambda way: self._meeting.reach(way[1]))[1]

    def _alternatives(self, state: State, stops: frozenset[str]) -> Iterator[Item]:
        """Yield the ways that leave a state up to where they meet; one that is gone or not is an `opt`."""
        ways, join = _ways(state), self._meeting.of(state.name)
        if join is None:
            main = self._main(ways)
            for title, target, trigger in ways:
                if target != main:
                    inside = self._inside(target, stops | {main})
                    back = () if self._meeting.first(target, {main}) is None else (Remark(f"goes on at {main}"),)
                    yield Fragment("break", (Section(title, (*inside, *back), (state.name, trigger)),))
            return
        until = stops | {join}
        sections = [
            (target, Section(title, self._inside(target, until), (state.name, trigger)))
            for title, target, trigger in ways
        ]
        filled = [(target, section) for target, section in sections if section.items]
        if len(filled) == 1:
            ((target, section),) = filled
            yield Fragment("break" if self._meeting.first(target, until) is None else "opt", (section,))
        elif filled:
            yield Fragment("alt", tuple(self._at_least_a_word(target, section) for target, section in sections))

    @staticmethod
    def _at_least_a_word(target: str, section: Section) -> Section:
        return section if section.items else replace(section, items=(Remark(f"goes on at {target}"),))

    def _wait(self, state: Wait, stops: frozenset[str]) -> Iterator[Item]:
        """Yield a wait, and the signal that ends it."""
        if state.signal is None:
            how = f"until {state.until}" if state.until is not None else format_duration(state.for_ or 0)
            yield Remark(f"{state.name}: waits {how}", state=state.name)
            return
        within = "" if state.timeout is None else f", within {format_duration(state.timeout)}"
        yield Message(OUTSIDE, SAGA, f"{state.name}: the signal {state.signal}{within}", "signal", state.name)
        if state.on_timeout is not None:
            yield from self._alternatives(state, stops)

    def _afterwards(self, state: Task | SubSaga | Parallel | Map, stops: frozenset[str]) -> Iterator[Item]:
        """Yield what a step's errors lead to, and the line behind a pivot."""
        line = frozenset(self._meeting.line(state.next))
        for place, catch in enumerate(state.catch):
            yield self._caught(state, place, catch, stops | line)
        rule = state.on_failure
        if rule is not None and rule.then == "continue":
            yield Remark(f"if {state.name} fails, the saga goes on", way=(state.name, PROCEED))
        elif rule is not None and rule.signal is not None:
            yield Remark(f"if {state.name} fails, it waits for the signal {rule.signal}")
        if state.kind == "pivot":
            yield Remark(POINT_OF_NO_RETURN, line=True, way=(state.name, NEXT))

    def _caught(
        self, state: Task | SubSaga | Parallel | Map, place: int, catch: Catch, stops: frozenset[str]
    ) -> Fragment:
        error = "any error" if ANY_ERROR in catch.errors else ", ".join(catch.errors)
        inside = self._inside(catch.next, stops)
        back = self._meeting.first(catch.next, stops)
        if back is not None and back != state.next:
            inside = (*inside, Remark(f"goes on at {back}"))
        elif not inside:
            inside = (Remark(f"goes on at {state.next} all the same"),)
        section = Section(f"{state.name} fails with {error}", inside, (state.name, catch_trigger(place)))
        return Fragment("break" if back != state.next else "opt", (section,))


def _ways(state: State) -> list[tuple[str, str, str]]:
    """Return the ways between which a state chooses; none for a state that has but one.

    Each is its condition, where it leads, and its trigger.
    """
    if isinstance(state, Choice):
        choices = enumerate(state.choices)
        ways = [(f"{state.name}: {choice.when}", choice.next, choice_trigger(place)) for place, choice in choices]
        return ways if state.default is None else [*ways, (f"{state.name}: otherwise", state.default, DEFAULT)]
    if isinstance(state, Wait) and state.on_timeout is not None:
        return [("the signal comes in time", state.next, NEXT), ("no signal in time", state.on_timeout, TIME_OUT)]
    return []


def _task(state: Task) -> Iterator[Item]:
    """Yield the call of a task, and its late answer."""
    tries = f" {TIMES}{state.retry.max_attempts}" if state.retry.max_attempts > 1 else ""
    service = service_id(state.service)
    yield Message(SAGA, service, f"{state.name}: {state.action}{tries}", "call", state.name)
    if state.callback:
        yield Message(service, SAGA, f"{state.name}: reports the outcome", "reply", state.name)


def _regions(state: Parallel | Map) -> Fragment:
    """Return the branches side by side, or the body that is run for each item."""
    if isinstance(state, Parallel):
        branches = state.branches.items()
        return Fragment("par", tuple(Section(f"{state.name}: {n}", tuple(_Flow(r).items())) for n, r in branches))
    at_once = "" if state.max_concurrency is None else f", {state.max_concurrency} at once"
    title = f"{state.name}: for each {state.as_} of {state.items}{at_once}"
    return Fragment("loop", (Section(title, tuple(_Flow(state.body).items())),))
