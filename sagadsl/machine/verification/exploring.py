"""The walk itself: breadth first through every state that a saga can come to, each once.

A state is expanded on copies of its saga: one for each thing that can happen, and one more for each other answer to
what the machine asks meanwhile. The saga that a state was reached by first stands for all with the same key; because
the walk goes breadth first, no way to that state is shorter, within what is reduced.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sagadsl.machine.commands import Command
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event, SagaStarted
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.machine.verification.canonical import Canon, Key
from sagadsl.machine.verification.copies import copy_saga
from sagadsl.machine.verification.ledger import Ledger
from sagadsl.machine.verification.oracle import CycleCut, Facts, Oracle, Script, Unknown
from sagadsl.machine.verification.possibilities import Possibility, World
from sagadsl.machine.verification.promises import Promises
from sagadsl.machine.verification.reduction import Focus, Reduction
from sagadsl.machine.verification.rules import RULES, Moment

SAGA_ID = "saga"


@dataclass(slots=True, eq=False)
class Node:
    """A state of the walk.

    Args:
        before: The state that led here, or `None` for the first.
        event: What happened there.
        script: What the oracle answered meanwhile.
        words: What happened, line by line.
        status: The saga's.
        outstanding: What is outstanding, by name.
        saga: The saga, until everything that can happen to it has been tried.
        ledger: What it owes.
        facts: What the oracle has answered so far.
        focus: Which branches are in focus.
        decided: Whether a person has decided about a step while the saga ran.
        place: Its place among the states of the walk.
        is_leaf: Whether nothing new follows.
    """

    before: Node | None
    event: Event
    script: Script
    words: tuple[str, ...]
    status: str
    outstanding: frozenset[str]
    saga: Saga | None
    ledger: Ledger
    facts: Facts
    focus: Focus = ()
    decided: bool = False
    place: int = 0
    is_leaf: bool = True

    def path(self) -> list[Node]:
        """Return the states from the first to this one."""
        path: list[Node] = []
        node: Node | None = self
        while node is not None:
            path.append(node)
            node = node.before
        return path[::-1]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule, or a promise, that is broken: which one, how, and the state in which it is."""

    rule: str
    what: str
    node: Node


Findings: TypeAlias = dict[tuple[str, str], Finding]
"""What is broken, by the rule and how."""


@dataclass(slots=True)
class Walk:
    """What a walk has seen.

    Args:
        nodes: The states, in the order in which they were found.
        transitions: How many steps were taken.
        follows: Which states follow on each, by their places.
        cut: The states that were entered too often to be followed further.
        open: The places of states from which the walk was cut.
        findings: What is broken, each first found in the shortest way.
        complete: Whether every state has been seen.
    """

    nodes: list[Node] = field(default_factory=list)
    transitions: int = 0
    follows: list[list[int]] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    open: set[int] = field(default_factory=set)
    findings: Findings = field(default_factory=dict)
    complete: bool = True

    def find(self, rule: str, what: str, node: Node) -> None:
        """Note that something is broken, unless it is known already."""
        self.findings.setdefault((rule, what), Finding(rule, what, node))


@dataclass(frozen=True, slots=True)
class Explorer:
    """Walks through one definition's sagas.

    Args:
        compiled: The saga over unknown data.
        oracle: Whom it asks.
        world: What can happen to it.
        canon: When two of its sagas are the same.
        reduction: What is left out where many steps run side by side, or `None` for nothing.
        promises: The definition's own promises.
        max_visits: How often a state is entered before the walk goes no further.
    """

    compiled: CompiledSaga
    oracle: Oracle
    world: World
    canon: Canon
    reduction: Reduction | None
    promises: Promises
    max_visits: int

    def walk(self, max_states: int, until: Collection[str] = ()) -> Walk:
        """Walk through every state.

        Args:
            max_states: How many states to see at most.
            until: Rules; once each of them has been found to be broken, the walk ends.
        """
        walk, seen = Walk(), dict[Key, int]()
        waiting: deque[Node] = deque()
        for node in self.first(walk):
            self._arrive(node, walk, seen, waiting)
        while waiting and not (until and {rule for rule, _ in walk.findings} >= set(until)):
            node = waiting.popleft()
            for following in self._expand(node, walk):
                self._arrive(following, walk, seen, waiting)
                if len(walk.nodes) > max_states:
                    return _stopped(walk, max_states)
            node.saga = None
        return walk

    def _arrive(self, node: Node, walk: Walk, seen: dict[Key, int], waiting: deque[Node]) -> None:
        saga = node.saga
        if saga is None:
            return
        key = self.canon.key(saga, node.ledger)
        focuses = [node.focus] if self.reduction is None else list(self.reduction.focuses(saga, node.focus))
        for focus in focuses:
            whole = (key, focus, node.decided, frozenset(node.facts.items()))
            place = seen.get(whole)
            if place is None:
                place = seen[whole] = len(walk.nodes)
                new = replace(node, focus=focus, place=place, saga=saga)
                walk.nodes.append(new)
                walk.follows.append([])
                waiting.append(new)
                if node.before is not None:
                    node.before.is_leaf = False
            if node.before is not None:
                walk.follows[node.before.place].append(place)

    def first(self, walk: Walk) -> Iterator[Node]:
        """Yield the states in which a saga can be once it has been started."""
        definition = self.compiled.definition
        event = SagaStarted(Unknown("input"), definition.name, definition.version, self.compiled.hash)
        start = Possibility(event, "The saga starts")
        empty = Node(None, event, (), (), "", frozenset(), self.compiled.new(SAGA_ID), Ledger(), {})
        for node in self.outcomes(empty, start, walk):
            node.before = None
            yield node

    def _expand(self, node: Node, walk: Walk) -> Iterator[Node]:
        if node.saga is None:
            return
        possibilities = list(self.world.possibilities(node.saga, decided=node.decided))
        if self.reduction is not None:
            possibilities = self.reduction.possible(node.saga, node.focus, possibilities)
        for possibility in possibilities:
            yield from self.outcomes(node, possibility, walk)

    def outcomes(self, node: Node, possibility: Possibility, walk: Walk) -> Iterator[Node]:
        """Let something happen, once for each way in which the oracle can answer.

        Args:
            node: The state in which it happens; it stays as it is.
            possibility: What happens.
            walk: Where what is broken is noted.

        Yields:
            The states that follow; none where a rule is broken.
        """
        alone = self.reduction is not None and self.reduction.is_background(node.focus, possibility)
        scripts: list[Script] = [()]
        while scripts:
            script = scripts.pop()
            if node.saga is None:
                return
            saga = copy_saga(node.saga)
            self.oracle.begin(script, node.facts)
            following = self._happen(node, saga, possibility, walk)
            if not alone:
                scripts.extend(self.oracle.others())
            if following is not None:
                yield following

    def _happen(self, node: Node, saga: Saga, possibility: Possibility, walk: Walk) -> Node | None:
        """Apply an event; return the state that follows, unless that is none to go on from."""
        walk.transitions += 1
        try:
            commands = saga.apply(possibility.event)
        except UnexpectedEvent as refusal:
            walk.transitions -= possibility.asked
            if not possibility.asked:
                broken = self._node(node, saga, possibility, Ledger())
                walk.find("what is waited for is taken", f"the saga refuses it: {refusal}", broken)
            return None
        except CycleCut as cut:
            self._cut(node, cut.state.partition(":")[0], walk)
            return None
        except Exception as error:  # noqa: BLE001 - whatever a machine can do wrong is what is looked for
            broken = self._node(node, saga, possibility, Ledger())
            walk.find("the machine does not break", f"{type(error).__name__}: {error}", broken)
            return None
        return self._judged(node, saga, possibility, commands, walk)

    def _judged(
        self, node: Node, saga: Saga, possibility: Possibility, commands: list[Command], walk: Walk
    ) -> Node | None:
        before = node.saga
        if before is None:
            return None
        if self.reduction is not None and self.reduction.leaves_out(saga):
            return None
        visited = next((step.name for step in saga.executions.values() if step.number > self.max_visits), None)
        if visited is not None:
            self._cut(node, visited, walk)
            return None
        ledger = node.ledger.after(before, possibility.event, saga, commands, late=possibility.late)
        following = self._node(node, saga, possibility, ledger)
        moment = Moment(before, possibility.event, saga, commands, node.ledger, ledger, possibility.late)
        broken = [(name, what) for name, rule in RULES.items() for what in rule(moment)]
        if saga.status in AT_REST:
            broken += self.promises.broken(saga)
        for name, what in broken:
            walk.find(name, what, following)
        return None if broken else following

    def _node(self, node: Node, saga: Saga, possibility: Possibility, ledger: Ledger) -> Node:
        asked = self.oracle.asked
        return Node(
            node,
            possibility.event,
            tuple(each.taken for each in asked),
            (possibility.words, *(each.words for each in asked if each.words)),
            saga.status,
            frozenset(saga.outstanding),
            saga,
            ledger,
            self.oracle.facts,
            node.focus,
            saga.status == "running" and (node.decided or possibility.is_decision),
        )

    @staticmethod
    def _cut(node: Node, state: str, walk: Walk) -> None:
        walk.cut.add(state)
        walk.open.add(node.place)


def _stopped(walk: Walk, max_states: int) -> Walk:
    """Return a walk that has found more states than it may see."""
    del walk.nodes[max_states:]
    walk.complete = False
    return walk
