"""What can only be said of a whole walk: that every saga can come to an end, and that a replay of any is the same."""

from __future__ import annotations

from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.saga import Saga
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.machine.verification.exploring import SAGA_ID, Explorer, Node, Walk


def endless(walk: Walk) -> None:
    """Find the states from which no end can be reached; the first of them is told.

    A state from which the walk was cut counts as one that has an end: what lies behind it has not been seen.
    """
    if not walk.complete or walk.findings:
        return
    leads_to: list[list[int]] = [[] for _ in walk.nodes]
    for place, following in enumerate(walk.follows):
        for each in following:
            leads_to[each].append(place)
    ends = {node.place for node in walk.nodes if node.status in AT_REST} | walk.open
    waiting = list(ends)
    while waiting:
        for place in leads_to[waiting.pop()]:
            if place not in ends:
                ends.add(place)
                waiting.append(place)
    stuck = next((node for node in walk.nodes if node.place not in ends), None)
    if stuck is not None:
        walk.find("every saga can end", "from here on, nothing that can happen ends the saga", stuck)


def replays_apart(explorer: Explorer, walk: Walk) -> None:
    """Replay every way of the walk from its events alone, and find where that gives something else.

    The ways to the leaves of the walk lead through all its states, so each state is compared once.
    """
    compared: set[int] = set()
    for node in walk.nodes:
        if node.is_leaf:
            _replay(explorer, walk, node, compared)


def _replay(explorer: Explorer, walk: Walk, leaf: Node, compared: set[int]) -> None:
    saga = explorer.compiled.new(SAGA_ID)
    for node in leaf.path():
        before = node.before
        explorer.oracle.begin(node.script, {} if before is None else before.facts)
        told = _difference(saga, node)
        if told is not None and node.place not in compared:
            walk.find("a replay is the same", told, node)
            return
        compared.add(node.place)


def _difference(saga: Saga, node: Node) -> str | None:
    try:
        saga.apply(node.event)
    except UnexpectedEvent as refusal:
        return f"the replayed saga refuses it: {refusal}"
    if saga.status != node.status:
        return f"the replayed saga is {saga.status}, and the saga is {node.status}"
    if frozenset(saga.outstanding) != node.outstanding:
        return "other commands are outstanding after a replay"
    return None
