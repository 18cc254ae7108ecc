"""The view `failure`: what happens when one step fails; the way there, and the undo path numbered in order.

What happens is not worked out here: it is what `sagadsl.machine.outcomes` has the real machine do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from string import ascii_uppercase

from sagadsl.diagrams.drawing import START
from sagadsl.diagrams.drawing import picture as flow_picture
from sagadsl.diagrams.model import Edge, Emphasis, Mark, Node, Picture, state_id, undo_id
from sagadsl.language.definition import Definition, Fail, State, SubSaga, Task, Wait, regions_of, walk
from sagadsl.language.edges import OUTSIDE, Homes
from sagadsl.language.graphs import reachable, reversed_graph
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.outcomes import Outcome, outcomes
from sagadsl.machine.verification.failing import state_of

_SMOOTH = frozenset({"next", "choice", "default"})
_FROM_FAILURE = frozenset({"catch", "on_failure", "time_out"})


UNKNOWN = "no way to {} was found that enters each state once; what was done by then is undone, unless it is caught"
"""Where `outcomes`, which follows no cycle, has nothing to tell."""


def can_fail(definition: Definition) -> tuple[str, ...]:
    """Return the states that can fail by themselves, in the order of the text."""
    return tuple(name for name, state in definition.all_states.items() if _fails(state))


def _fails(state: State) -> bool:
    return isinstance(state, Task | SubSaga | Fail) or (isinstance(state, Wait) and state.timeout is not None)


def picture(compiled: CompiledSaga, state: str) -> Picture:
    """Return the picture of the failure of a state, which is one of `can_fail`."""
    return _View(compiled.definition).of(state, outcomes(compiled, of=(state,)))


def pictures(compiled: CompiledSaga) -> dict[str, Picture]:
    """Return the picture of the failure of each state that can fail, in the order of the text."""
    view, ways = _View(compiled.definition), dict[str, list[Outcome]]()
    for outcome in outcomes(compiled):
        ways.setdefault(outcome.state, []).append(outcome)
    return {state: view.of(state, ways.get(state, [])) for state in can_fail(compiled.definition)}


class _View:
    """The pictures of one saga's failures.

    Args:
        definition: The saga.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._flow = flow_picture(definition)
        self._homes = Homes(definition)

    def of(self, state: str, found: Sequence[Outcome]) -> Picture:
        """Return the picture of the failure of a state.

        Args:
            state: Its name.
            found: What follows.
        """
        drawn, ways = self._flow, _lettered(found)
        done = self._with_around(state_of(label) for way in found for label in way.undone)
        kinds, trodden = way_to(drawn, self._definition, state)
        taken = frozenset[tuple[str, str]]().union(*(way.taken for way in found))
        after = {state_id(way.goes_on) for way in found if way.goes_on is not None} | _ends_of(drawn, taken)
        marks = _undo_marks(ways)
        nodes = [_node(node, state, trodden | done | after, marks) for node in drawn.nodes]
        bright = {node.id for node in nodes if node.emphasis != "faded"}
        before = (trodden | done) - {state_id(state)}
        edges = [
            replace(edge, emphasis="strong" if is_taken else _emphasis(edge, state_id(state), bright, before, kinds))
            for edge, is_taken in _with_taken(drawn, taken)
        ]
        paths: dict[Edge, list[str]] = {}
        for letter, way in ways.items():
            for edge in _undo_path(way, state):
                paths.setdefault(edge, []).append(letter)
        return replace(
            drawn,
            nodes=(*nodes, *_verdicts(ways)),
            edges=tuple(_with_paths(edges, {edge: " ".join(letters) for edge, letters in paths.items()})),
            view="failure",
            facts=(f"when {state} fails", *drawn.facts[:1]),
            remarks=tuple(_sentence(letter, way) for letter, way in ways.items()) or (UNKNOWN.format(state),),
        )

    def _with_around(self, states: Iterable[str]) -> set[str]:
        """Return the nodes of states, and of those that they are inside of."""
        names = set(states)
        names.update(home.owner for name in (*names,) for home in self._homes.around(name) if home != OUTSIDE)
        return set(map(state_id, names))


def _lettered(found: Sequence[Outcome]) -> dict[str, Outcome]:
    """Return the outcomes by a letter each, or by nothing if there is but one."""
    return {"" if len(found) == 1 else _letter(place): each for place, each in enumerate(found)}


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else f"No. {place + 1}"


def way_to(drawn: Picture, definition: Definition, state: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the kinds of edges on the ways to a state, and the ids of the nodes, with what is done beside it by then.

    Ways on which nothing fails go before others.
    """
    for kinds in (_SMOOTH, _SMOOTH | _FROM_FAILURE):
        found = _between(drawn, START.id, state_id(state), kinds)
        if found:
            break
    beside = {
        node.id
        for name in _beside(definition, state)
        for node in drawn.nodes
        if node.state == name and node.kind not in ("compensation", "fail")
    }
    return kinds, found | {START.id, state_id(state)} | beside


def _between(drawn: Picture, start: str, end: str, kinds: Collection[str]) -> frozenset[str]:
    """Return the nodes on any way from `start` to `end`; none if there is no way."""
    return _ahead(drawn, start, kinds, end) & _ahead(drawn, end, kinds, end, backwards=True)


def _ahead(
    drawn: Picture, start: str, kinds: Collection[str], end: str = "", *, backwards: bool = False
) -> frozenset[str]:
    """Return the nodes that ways of these kinds lead to from `start`, none of them going on from `end`."""
    places = {node.id: place for place, node in enumerate(drawn.nodes)}
    successors: list[list[int]] = [[] for _ in places]
    for edge in drawn.edges:
        if edge.kind in kinds and edge.source != end:
            successors[places[edge.source]].append(places[edge.target])
    graph = reversed_graph(successors) if backwards else successors
    return frozenset(drawn.nodes[place].id for place in reachable(graph, [places[start]]))


def _beside(definition: Definition, name: str) -> Iterator[str]:
    """Yield the states of the branches beside the one that a state is in, at any depth."""
    for state in definition.all_states.values():
        branches = [{inner.name: inner for inner in walk(region.states)} for region in regions_of(state).values()]
        if any(name in branch for branch in branches):
            yield from (other for branch in branches if name not in branch for other in branch)


def _undone(way: Outcome) -> dict[str, list[str]]:
    """Return the numbers of each state in the order of the undo; in brackets where it may not be done at all."""
    found: dict[str, list[str]] = {}
    for place, label in enumerate(way.undone, 1):
        number = str(1 if way.at_once else place)
        found.setdefault(state_of(label), []).append(f"({number})" if label in way.if_done else number)
    return found


def _undo_marks(ways: Mapping[str, Outcome]) -> Mapping[str, tuple[Mark, ...]]:
    words: dict[str, list[str]] = {}
    for letter, way in ways.items():
        for state, numbers in _undone(way).items():
            words.setdefault(state, []).append(letter + ",".join(dict.fromkeys(numbers)))
    return {state: (Mark("number", " · ".join(parts)),) for state, parts in words.items()}


def _node(node: Node, state: str, trodden: Collection[str], marks: Mapping[str, tuple[Mark, ...]]) -> Node:
    if node.kind == "compensation":
        mark = marks.get(node.state)
        return replace(node, emphasis="faded") if mark is None else replace(node, marks=mark)
    if node.id == state_id(state):
        return replace(node, marks=(Mark("failed", "fails"),))
    return node if node.id in trodden else replace(node, emphasis="faded")


def _emphasis(
    edge: Edge, failing: str, bright: Collection[str], before: Collection[str], kinds: Collection[str]
) -> Emphasis:
    """Return how a way shows that is not taken after the failure.

    Args:
        edge: It.
        failing: The node of the step that fails.
        bright: The nodes that do not stand back.
        before: Those that were passed before the failure.
        kinds: The kinds of ways that led to it.
    """
    if edge.kind == "compensation":
        return "usual" if edge.source in bright and edge.target in bright else "faded"
    on_the_way = edge.source in before and (edge.target in before or edge.target == failing)
    return "strong" if on_the_way and edge.kind in kinds else "faded"


def _with_taken(drawn: Picture, taken: Collection[tuple[str, str]]) -> Iterator[tuple[Edge, bool]]:
    """Yield every edge, and whether it is taken after the failure."""
    states = {node.id: node.state for node in drawn.nodes}
    for edge in drawn.edges:
        yield edge, bool(edge.trigger) and (states[edge.source], edge.trigger) in taken


def _ends_of(drawn: Picture, taken: Collection[tuple[str, str]]) -> set[str]:
    """Return the nodes that are come by after the failure."""
    return {node for edge, is_taken in _with_taken(drawn, taken) if is_taken for node in (edge.source, edge.target)}


def _verdicts(ways: Mapping[str, Outcome]) -> Iterator[Node]:
    """Yield a node for each status in which the saga then ends."""
    for status in dict.fromkeys(way.ends for way in ways.values() if way.ends is not None):
        yield Node(f"ends-{status}", "verdict", status.replace("_", " "), "the saga ends here")


def _with_paths(edges: Sequence[Edge], paths: Mapping[Edge, str]) -> Iterator[Edge]:
    """Yield the edges with the way back; where it begins with an undo that has its line already, on that line."""
    drawn = {(edge.source, edge.target) for edge in edges if edge.kind == "compensation"}
    words = {(edge.source, edge.target): label for edge, label in paths.items()}
    for edge in edges:
        ends = (edge.source, edge.target)
        on_the_path = edge.kind == "compensation" and ends in words
        yield replace(edge, emphasis="strong", label=words[ends]) if on_the_path else edge
    for edge, label in paths.items():
        if (edge.source, edge.target) not in drawn:
            yield replace(edge, label=label)


def _undo_path(way: Outcome, state: str) -> Iterator[Edge]:
    """Yield the way back: from the step that failed, over the undos in their order, to the status of the end."""
    if way.ends is None:
        return
    undos = [undo_id(name) for name in dict.fromkeys(map(state_of, way.undone))]
    here, end = state_id(way.goes_on or state), f"ends-{way.ends}"
    if way.at_once:  # there is no path from one undo to the next
        hops = [(here, end), *((here, undo) for undo in undos if undo == undo_id(state))]
    else:
        hops = list(pairwise([here, *undos, end]))
    for source, target in hops:
        yield Edge(source, target, "undo")


def _sentence(letter: str, way: Outcome) -> str:
    """Return what happens, in one line."""
    undone = [
        f"{'' if way.at_once else f'{place} '}{f'({label})' if label in way.if_done else label}"
        for place, label in enumerate(way.undone, 1)
    ]
    manner = " at once" if way.at_once and len(undone) > 1 else ", what was done last first" if way.order_varies else ""
    back = f"undone{manner}: {', '.join(undone)}" if undone else ""
    waits = f"waits for the signal {way.waits}, then is tried again" if way.waits is not None else ""
    then = "; ".join(_clauses(way, back))
    both = "; if that does not come in time, " if waits and then else ""
    return f"{letter}{': ' if letter else ''}{way.state} {way.how}: {waits}{both}{then}"


def _clauses(way: Outcome, back: str) -> Iterator[str]:
    if way.goes_on is not None:
        yield f"goes on at {way.goes_on}"
    if back:
        yield back
    if way.ends is not None:
        yield f"the saga ends {way.ends.replace('_', ' ')}"
