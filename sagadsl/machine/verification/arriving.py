"""The ways on which a saga comes to a step while nothing fails, walked once for all the steps that share them.

A saga that has come somewhere is kept, with what can follow on it: whoever looks for another step goes over the same
ground without the machine being asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from sagadsl.language.definition import Fail, State
from sagadsl.language.edges import Homes
from sagadsl.machine.events import Event, SagaStarted
from sagadsl.machine.execution import Execution
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.canonical import Key
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.machine.verification.crowds import Crowd, Front, Trait, enough
from sagadsl.machine.verification.exploring import SAGA_ID, Explorer
from sagadsl.machine.verification.ledger import Ledger
from sagadsl.machine.verification.levels import Graph
from sagadsl.machine.verification.oracle import CycleCut, Facts, Script, Unknown
from sagadsl.machine.verification.possibilities import Possibility
from sagadsl.machine.verification.trail import Move, Trail

_NOTHING_OWED = Ledger()


class Place:
    """A saga that has come somewhere, to be looked at; who goes on goes on with a copy.

    Args:
        paths: What has led it there.
        saga: It, for as long as it has not gone on from here; then it is led here anew, when somebody asks for it.
        facts: What the oracle has answered so far.
        moves: The transitions in the event that led here.
        origin: The place before, the event and the oracle's answers; `None` where a way begins.
    """

    def __init__(
        self, paths: Paths, saga: Saga, facts: Facts, moves: tuple[Move, ...] = (), origin: Origin | None = None
    ) -> None:
        self._paths = paths
        self._saga: Saga | None = saga
        self.facts, self.moves, self.origin = facts, moves, origin
        self.status = saga.status
        self.state = saga.state
        self.following: dict[Event, list[Place]] = {}

    @property
    def saga(self) -> Saga:
        """The saga; nobody changes it."""
        if self._saga is None:
            self._saga = self._paths.led_to(self)
        return self._saga

    @property
    def has_saga(self) -> bool:
        """Whether the saga is still here."""
        return self._saga is not None

    def leave(self) -> Saga:
        """Return the saga, for the caller to go on with; where a way begins, a copy of it."""
        if self.origin is None:
            return copy_saga(self.saga)
        self._next, self.position  # noqa: B018 - what is asked of a place is found out while the saga is here
        saga = self.saga
        self._saga = None
        return saga

    @cached_property
    def _next(self) -> tuple[tuple[Possibility, ...], Mapping[str, Execution]]:
        """What can happen next without a failure, and which steps can fail, by their states; of items the first."""
        possible = tuple(self._paths.world.by_itself(self.saga))
        steps = [each.step for each in possible if each.step is not None and is_failure(each)]
        return tuple(each for each in possible if each.smooth), {step.name: step for step in reversed(steps)}

    def can_fail(self, state: str) -> bool:
        """Whether this step can fail next."""
        return state in self._next[1]

    def failures(self, state: str) -> Iterator[Possibility]:
        """Yield how a step can fail next; of several items the first."""
        possible = self._paths.world.by_itself(self.saga)
        own = [each for each in possible if each.step is not None and each.step.name == state and is_failure(each)]
        return (each for each in own if each.step is own[0].step)

    @cached_property
    def position(self) -> Key:
        """Where it is, whatever it has done on the way there."""
        return self._paths.canon.position(self.saga)

    @cached_property
    def traits(self) -> frozenset[Trait]:
        """What tells it from other sagas at the same place."""
        code = self.saga.scope.get("error", {}).get("code")
        return frozenset((*(step.label for step in self.saga.done), *self.facts.items(), ("error", code)))

    def ahead(self, state: str, beside: Collection[str]) -> Possibility | None:
        """Return what happens next before a step fails: what is beside it first, then what leads to it."""
        possible, steps = self._next
        own = steps.get(state)
        smooth = [each for each in possible if own is None or each.step is not own]
        first = (each for each in smooth if each.step is not None and each.step.name in beside)
        return next(first, smooth[0] if smooth else None)


Origin: TypeAlias = tuple[Place, Event, Script]


class Paths:
    """Leads sagas of one definition to its steps.

    Args:
        explorer: What its sagas are like.
        graph: The definition's states.
    """

    def __init__(self, explorer: Explorer, graph: Graph) -> None:
        self._explorer, self._graph = explorer, graph
        self.world, self.canon = explorer.world, explorer.canon
        self.trail = Trail(explorer.compiled)
        self._homes = Homes(explorer.compiled.definition)
        self._known: dict[Key, Place] = {}
        self._starts: list[Place] | None = None

    def starts(self) -> list[Place]:
        """Return the sagas that have just been started."""
        if self._starts is None:
            compiled = self._explorer.compiled
            definition = compiled.definition
            event = SagaStarted(Unknown("input"), definition.name, definition.version, compiled.hash)
            self._starts = self.after(Place(self, compiled.new(SAGA_ID), {}), event)
        return self._starts

    def after(self, place: Place, event: Event) -> list[Place]:
        """Return what follows on an event: once for each way in which the oracle can answer, but with a failure."""
        if event not in place.following:
            place.following[event] = found = []
            scripts: list[Script] = [()]
            while scripts:
                script = scripts.pop()
                saga = copy_saga(place.saga) if script else place.leave()
                facts, others = self.happen(saga, event, place.facts, script)
                scripts += others
                if facts is not None:
                    found.append(self._known_place(saga, facts, (place, event, script)))
        return place.following[event]

    def happen(self, saga: Saga, event: Event, facts: Facts, script: Script = ()) -> tuple[Facts | None, list[Script]]:
        """Let something happen to a saga of the caller's own.

        Returns:
            What the oracle has answered by now, or `None` where a cycle is not followed further; and the scripts
            with which it would have answered otherwise.
        """
        oracle = self._explorer.oracle
        oracle.begin(script, facts)
        self.trail.moves.clear()
        try:
            saga.apply(event)
        except CycleCut:
            return None, oracle.others(smooth=True)
        again = any(step.number > self._explorer.max_visits for step in saga.executions.values())
        return None if again else oracle.facts, oracle.others(smooth=True)

    def led_to(self, place: Place) -> Saga:
        """Return a saga that is led to a place once more, from the last place before it where there is one."""
        ways: list[Origin] = []
        while not place.has_saga and place.origin is not None:
            ways.append(place.origin)
            place = place.origin[0]
        saga = copy_saga(place.saga)
        for before, event, script in reversed(ways):
            self.happen(saga, event, before.facts, script)
        return saga

    def place(self, saga: Saga, facts: Facts, moves: tuple[Move, ...] = ()) -> Place:
        """Return the place of a saga with which a way begins."""
        return Place(self, saga, facts, moves)

    def _known_place(self, saga: Saga, facts: Facts, origin: Origin) -> Place:
        """Return the place of a saga, the same for all that behave the same from there on."""
        moves = tuple(self.trail.moves)
        key = (self.canon.key(saga, _NOTHING_OWED), frozenset(facts.items()), moves)
        if key not in self._known:
            self._known[key] = Place(self, saga, facts, moves, origin)
        return self._known[key]

    def beside(self, state: str) -> frozenset[str]:
        """Return the states of the branches beside the one that a state is in, at every depth."""
        around = self._homes.around(state)
        homes = (home for home in self._homes.beside_any([state]) if home not in around)
        return frozenset(each.name for home in homes for each in self._homes.states_within(home))

    def arrivals(self, state: State, starts: Iterable[Place], within: Collection[str] | None = None) -> list[Place]:
        """Return sagas in which a step is about to fail, with all done that is beside it; of many, enough of them.

        They show every step that may have been done, every one that may not, and every answer of the oracle.

        Args:
            state: The step; of a `fail` state, the sagas have just entered it.
            starts: Where the ways begin.
            within: The states that may be passed; all by default.
        """
        beside, crowds = self.beside(state.name), dict[Key, Crowd]()
        front, found = Front(self._graph.ranks, starts), list[Place]()
        for place, add in front.places():
            if isinstance(state, Fail) and any(move.to == state.name for move in place.moves):
                found.append(place)
            elif place.status in {"created", "running"} and (within is None or place.state in within):
                ahead = place.ahead(state.name, beside)
                if ahead is not None:
                    add(self._followed(self.after(place, ahead.event), crowds))
                elif place.can_fail(state.name):
                    found.append(place)
        return enough(found)

    def _followed(self, places: list[Place], crowds: dict[Key, Crowd]) -> Iterator[Place]:
        """Yield those sagas that are to be followed further."""
        for place in places:
            if crowds.setdefault(place.position, Crowd()).has_room_for(place):
                yield place


def is_failure(possibility: Possibility) -> bool:
    """Whether this is a way in which a step fails."""
    step = possibility.step
    if step is None:
        return False
    if step.is_wait:
        return step.awaits is not None and not possibility.smooth
    return possibility.way is not None and step.status != "compensating"
