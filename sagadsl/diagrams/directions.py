"""Which ways of a picture lead back, so that every other one can lead down the page."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.diagrams.model import Edge, Picture

_LAST = ("time_out", "on_failure", "catch")
"""Kinds of edges that are followed after all others: what they lead to stands below what happens usually."""
_BESIDE = frozenset({"compensation", "undo"})


def back_edges(picture: Picture) -> frozenset[int]:
    """Return the places of those edges that lead back to a node from which one has come, in a walk in reading order.

    Without them no way leads back: they are the back edges of a depth-first search.
    """
    ways: dict[str, list[int]] = {node.id: [] for node in picture.nodes}
    for place in sorted(range(len(picture.edges)), key=lambda place: _turn(picture.edges[place])):
        if picture.edges[place].kind not in _BESIDE:
            ways[picture.edges[place].source].append(place)
    back = frozenset(_walk(picture, ways))
    return back ^ _detours(picture, ways, back) if picture.view == "lifecycle" else back


def _detours(picture: Picture, ways: dict[str, list[int]], back: frozenset[int]) -> frozenset[int]:
    """Return the edges between a node that only leads back and the one from which one comes there.

    Turned round, they have the node stand above, on the way back, where it keeps no lines from each other.
    """
    found: set[int] = set()
    for name, out in ways.items():
        into = [place for place, edge in enumerate(picture.edges) if edge.target == name]
        before = {picture.edges[place].source for place in into}
        if len(before) == 1 and len(out) > 1 and back.issuperset(out):
            found.update(into, (place for place in out if picture.edges[place].target in before))
    return frozenset(found)


def _turn(edge: Edge) -> int:
    return _LAST.index(edge.kind) + 1 if edge.kind in _LAST else 0


def _walk(picture: Picture, ways: dict[str, list[int]]) -> Iterator[int]:
    seen: set[str] = set()
    for node in picture.nodes:
        if node.id in seen:
            continue
        seen.add(node.id)
        here = {node.id}
        line = [(node.id, iter(ways[node.id]))]
        while line:
            name, left = line[-1]
            place = next(left, None)
            if place is None:
                here.remove(name)
                line.pop()
                continue
            target = picture.edges[place].target
            if target in here:
                yield place
            elif target not in seen:
                seen.add(target)
                here.add(target)
                line.append((target, iter(ways[target])))
