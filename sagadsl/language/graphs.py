"""Graph algorithms over nodes 0 … n-1 and lists of successors. None recurses, so no graph is too deep.

All take time linear in nodes and edges, dominators with a logarithm on top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

Successors = Sequence[Sequence[int]]

NONE = -1


_NO_JOINS: Mapping[int, int] = {}


def reachable(
    successors: Successors,
    starts: Iterable[int],
    without: Collection[int] = (),
    joins: Mapping[int, int] = _NO_JOINS,
) -> set[int]:
    """Return the nodes that a path leads to from any of `starts`, never passing a node of `without`.

    Args:
        successors: The graph.
        starts: Where paths begin.
        without: Where they do not go.
        joins: Nodes that are entered only once this many of their predecessors have been passed.
    """
    found = {node for node in starts if node not in without}
    missing = dict(joins)
    pending = list(found)
    while pending:
        for node in successors[pending.pop()]:
            if node in found or node in without:
                continue
            missing[node] = missing.get(node, 1) - 1
            if missing[node] <= 0:
                found.add(node)
                pending.append(node)
    return found


def reversed_graph(successors: Successors) -> list[list[int]]:
    """Return every node's predecessors."""
    predecessors: list[list[int]] = [[] for _ in successors]
    for node, targets in enumerate(successors):
        for target in targets:
            predecessors[target].append(node)
    return predecessors


def shortest_paths(successors: Successors, start: int, without: int) -> dict[int, int]:
    """Return, for every node reachable from `start` past `without`, its predecessor on a shortest path."""
    before = {} if start == without else {start: NONE}
    row = list(before)
    while row:
        following = []
        for node in row:
            for target in successors[node]:
                if target not in before and target != without:
                    before[target] = node
                    following.append(target)
        row = following
    return before


def path_to(before: dict[int, int], node: int) -> list[int]:
    """Return the path to `node`, ends included, out of what `shortest_paths` gave; empty if there is none."""
    path = []
    while node != NONE and node in before:
        path.append(node)
        node = before[node]
    return path[::-1]


def round_trip(successors: Successors, start: int) -> list[int]:
    """Return a shortest cycle through `start`, which is its first and its last node; there has to be one."""
    before = shortest_paths(successors, start, NONE)
    back = [path_to(before, node) for node in before if start in successors[node]]
    return [*min(back, key=len), start]


def strongly_connected(successors: Successors) -> list[list[int]]:
    """Return the strongly connected parts that hold an edge, nodes in order."""
    parts = components(successors)
    return sorted(part for part in parts if len(part) > 1 or part[0] in successors[part[0]])


def components(successors: Successors) -> list[list[int]]:
    """Return all strongly connected parts, each before those that it leads to (Kosaraju's algorithm)."""
    predecessors = reversed_graph(successors)
    assigned: set[int] = set()
    parts = []
    for node in reversed(_finishing_order(successors)):
        if node not in assigned:
            part = reachable(predecessors, [node], assigned)
            assigned |= part
            parts.append(sorted(part))
    return parts


def sources(successors: Successors, starts: Iterable[int], most: int) -> dict[int, list[int]]:
    """Return from which of `starts` a path leads to each node, but no more than `most` of them.

    A start leads to itself where a cycle does.
    """
    found: dict[int, list[int]] = {}
    pending = [(node, node) for node in starts]
    while pending:
        node, start = pending.pop()
        for target in successors[node]:
            known = found.setdefault(target, [])
            if len(known) < most and start not in known:
                known.append(start)
                pending.append((target, start))
    return found


def _finishing_order(successors: Successors) -> list[int]:
    """Return the nodes in the order in which a depth-first search leaves them."""
    seen: set[int] = set()
    order = []
    for root in range(len(successors)):
        work = [(root, False)]
        while work:
            node, left = work.pop()
            if left:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                work.append((node, True))
                work.extend((target, False) for target in successors[node])
    return order


class Dominators:
    """Which nodes lie on every path from the root to a node (Lengauer and Tarjan 1979, the simple version).

    Args:
        successors: The graph.
        root: Where every path begins.
    """

    def __init__(self, successors: Successors, root: int) -> None:
        self._successors = successors
        size = len(successors)
        self._order: list[int] = []
        self._number = [NONE] * size
        self._parent = [NONE] * size
        self._search(root)
        self._predecessors = reversed_graph(successors)
        self._semi = list(self._number)
        self._ancestor = [NONE] * size
        self._best = list(range(size))
        self.immediate = self._immediate(root)
        self._first, self._last = self._intervals()

    def dominates(self, node: int, other: int) -> bool:
        """Whether every path to `other` passes `node` (a node dominates itself); unreachable nodes: never."""
        if self._number[node] == NONE or self._number[other] == NONE:
            return False
        return self._first[node] <= self._first[other] <= self._last[node]

    def _search(self, root: int) -> None:
        """Number the nodes in the order in which a depth-first search meets them."""
        work = [(NONE, root)]
        while work:
            parent, node = work.pop()
            if self._number[node] != NONE:
                continue
            self._number[node] = len(self._order)
            self._order.append(node)
            self._parent[node] = parent
            work.extend((node, target) for target in reversed(self._successors[node]))

    def _immediate(self, root: int) -> list[int]:
        immediate = [NONE] * len(self._successors)
        buckets: dict[int, list[int]] = {}
        for node in reversed(self._order[1:]):
            for predecessor in self._predecessors[node]:
                if self._number[predecessor] != NONE:
                    self._semi[node] = min(self._semi[node], self._semi[self._evaluate(predecessor)])
            buckets.setdefault(self._order[self._semi[node]], []).append(node)
            parent = self._parent[node]
            self._ancestor[node] = parent
            for waiting in buckets.pop(parent, ()):
                best = self._evaluate(waiting)
                immediate[waiting] = best if self._semi[best] < self._semi[waiting] else parent
        for node in self._order[1:]:
            if immediate[node] != self._order[self._semi[node]]:
                immediate[node] = immediate[immediate[node]]
        immediate[root] = root
        return immediate

    def _evaluate(self, node: int) -> int:
        """Return the node of least semidominator on the linked path above `node`, and shorten that path."""
        path = []
        while self._ancestor[node] != NONE and self._ancestor[self._ancestor[node]] != NONE:
            path.append(node)
            node = self._ancestor[node]
        top = node
        for below in reversed(path):
            above = self._ancestor[below]
            if self._semi[self._best[above]] < self._semi[self._best[below]]:
                self._best[below] = self._best[above]
            self._ancestor[below] = self._ancestor[top]
            top = below
        return self._best[top]

    def _intervals(self) -> tuple[list[int], list[int]]:
        """Number the dominator tree so that a subtree is an interval of numbers."""
        children: dict[int, list[int]] = {}
        for node in self._order[1:]:
            children.setdefault(self.immediate[node], []).append(node)
        first, last = [NONE] * len(self._number), [NONE] * len(self._number)
        count = 0
        work = [(node, False) for node in self._order[:1]]
        while work:
            node, done = work.pop()
            if done:
                last[node] = count - 1
                continue
            first[node], count = count, count + 1
            work.append((node, True))
            work.extend((child, False) for child in children.get(node, ()))
        return first, last
