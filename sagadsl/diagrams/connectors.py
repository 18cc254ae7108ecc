"""Long ways in large pictures, cut: a small node says where such a way leads, as flowcharts do from page to page.

A hundred steps that all lead to one state when they fail, or jumps over half of a picture ten metres high, can neither
be read as lines nor be laid out in bearable time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sagadsl.diagrams.model import Edge, Group, Node, Picture

MANY = 12
"""Ways out of failure into one state; beyond, only the last of them in the order of the text is drawn as a line."""
LARGE = 120
"""Edges in a picture; beyond, jumps are cut."""
FAR = 25
"""Nodes in the order of the text that a jump in a large picture may pass without being cut."""

_FROM_FAILURE = frozenset({"catch", "on_failure", "time_out"})
_JUMPS = _FROM_FAILURE | {"choice", "default", "trigger"}


def cut(drawn: Picture) -> Picture:
    """Return the picture with its longest ways cut, if it is large; any other one as it is."""
    places = {node.id: place for place, node in enumerate(drawn.nodes)}
    too_long = _without_the_last_ways(drawn, frozenset(_too_long(drawn, places)))
    added: dict[str, list[Node]] = {}
    edges: list[Edge] = []
    for place, edge in enumerate(drawn.edges):
        if place in too_long:
            target = drawn.nodes[places[edge.target]]
            jump = _jump(edge, target, sum(map(len, added.values())))
            added.setdefault(edge.source, []).append(jump)
            edges.append(replace(edge, target=jump.id))
        else:
            edges.append(edge)
    if not added:
        return drawn
    groups = tuple(_widened(group, added) for group in drawn.groups)
    return replace(drawn, nodes=tuple(_with(drawn.nodes, added)), edges=tuple(edges), groups=groups)


def _too_long(drawn: Picture, places: Mapping[str, int]) -> Iterator[int]:
    """Yield the places of those edges that are too long, or too many into one node."""
    last = {place for _, place in _last_into_each(drawn)}
    crowded = {target for target, count in _failures_into(drawn).items() if count > MANY}
    large = len(drawn.edges) > LARGE
    for place, edge in enumerate(drawn.edges):
        far = abs(places[edge.source] - places[edge.target]) > FAR
        crowd = edge.target in crowded and _is_failure(edge) and place not in last
        if edge.kind in _JUMPS and edge.source != edge.target and (crowd or (large and far)):
            yield place


def _without_the_last_ways(drawn: Picture, too_long: frozenset[int]) -> frozenset[int]:
    """Return the same edges but the last one into each node that would stand there alone."""
    reached = {edge.target for place, edge in enumerate(drawn.edges) if place not in too_long}
    last = {drawn.edges[place].target: place for place in sorted(too_long)}
    return too_long - {place for target, place in last.items() if target not in reached}


def _is_failure(edge: Edge) -> bool:
    return edge.kind in _FROM_FAILURE or edge.trigger.startswith("catch_")


def _failures_into(drawn: Picture) -> Counter[str]:
    return Counter(edge.target for edge in drawn.edges if _is_failure(edge))


def _last_into_each(drawn: Picture) -> Iterator[tuple[str, int]]:
    yield from {edge.target: place for place, edge in enumerate(drawn.edges) if _is_failure(edge)}.items()


def _jump(edge: Edge, target: Node, number: int) -> Node:
    return Node(
        f"jump-{edge.source}-{number}",
        "jump",
        f"→ {target.title}",
        state=target.state,
        emphasis="faded" if edge.emphasis == "faded" else "usual",
    )


def _widened(group: Group, added: dict[str, list[Node]]) -> Group:
    """Return a box with what was added to the nodes in it."""
    nodes = tuple(each for name in group.nodes for each in (name, *(jump.id for jump in added.get(name, ()))))
    return replace(group, nodes=nodes, groups=tuple(_widened(inner, added) for inner in group.groups))


def _with(nodes: tuple[Node, ...], added: dict[str, list[Node]]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from added.get(node.id, ())
