"""The view `failure`: what happens when one step fails; the way there, and the undo path numbered in order.

What happens is not worked out here: it is what `sagadsl.machine.outcomes` has the real machine do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from string import ascii_uppercase

from sagadsl.diagrams.drawing import START
from sagadsl.diagrams.drawing import picture as flow_picture
from sagadsl.diagrams.model import Edge, Emphasis, Mark, Node, Picture, state_id, undo_id
from sagadsl.language.definition import Definition, Fail, State, SubSaga, Task, Wait, regions_of, walk
from sagadsl.language.graphs import reachable, reversed_graph
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.outcomes import Outcome, outcomes

_SMOOTH = frozenset({"next", "choice", "default"})
_FROM_FAILURE = frozenset({"catch", "on_failure", "time_out"})


UNKNOWN = (
    "{} is reached only after something else has failed; what was done by then is then undone, unless it is caught"
)
"""Where `outcomes`, which lets nothing fail before, has nothing to tell."""


def can_fail(definition: Definition) -> tuple[str, ...]:
    """Return the states that can fail by themselves, in the order of the text."""
    return tuple(name for name, state in definition.all_states.items() if _fails(state))


def _fails(state: State) -> bool:
    return isinstance(state, Task | SubSaga | Fail) or (isinstance(state, Wait) and state.timeout is not None)


def picture(compiled: CompiledSaga, state: str) -> Picture:
    """Return the picture of the failure of a state, which is one of `can_fail`."""
    drawn = flow_picture(compiled.definition)
    ways = _lettered(outcomes(compiled, of=(state,)))
    trodden = way_to(drawn, compiled.definition, state)
    marks = _undo_marks(ways)
    goes_on = frozenset(state_id(way.goes_on) for way in ways.values() if way.goes_on is not None)
    nodes = [_node(node, state, trodden | goes_on, marks) for node in drawn.nodes]
    bright = {node.id for node in nodes if node.emphasis != "faded"}
    failing = [state_id(name) for name in (state, *_around(compiled.definition, state))]
    edges = [replace(edge, emphasis=_emphasis(edge, failing, trodden, bright, goes_on)) for edge in drawn.edges]
    verdicts = tuple(_verdicts(ways))
    paths: dict[Edge, list[str]] = {}
    for letter, way in ways.items():
        for edge in _undo_path(way, state):
            paths.setdefault(edge, []).append(letter)
    return replace(
        drawn,
        nodes=(*nodes, *verdicts),
        edges=tuple(_with_paths(edges, {edge: " ".join(letters) for edge, letters in paths.items()})),
        view="failure",
        facts=(f"when {state} fails", *drawn.facts[:1]),
        remarks=tuple(_sentence(letter, way) for letter, way in ways.items()) or (UNKNOWN.format(state),),
    )


def _lettered(found: Sequence[Outcome]) -> dict[str, Outcome]:
    """Return the outcomes by a letter each, or by nothing if there is but one."""
    return {"" if len(found) == 1 else _letter(place): each for place, each in enumerate(found)}


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else f"No. {place + 1}"


def way_to(drawn: Picture, definition: Definition, state: str) -> frozenset[str]:
    """Return the ids of the nodes on the ways to a state, and of what is done beside it by then.

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
    return found | {START.id, state_id(state)} | beside


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


def state_of(label: str) -> str:
    """Return the state that a label such as `pack/0` or `charge:2` speaks of."""
    return label.partition("/")[0].partition(":")[0]


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
    edge: Edge, failing: Sequence[str], trodden: Collection[str], bright: Collection[str], goes_on: Collection[str]
) -> Emphasis:
    if edge.kind == "compensation":
        return "usual" if edge.target in bright and edge.source in bright else "faded"
    if edge.kind in _FROM_FAILURE and edge.source in failing and edge.target in goes_on:
        return "strong"
    on_the_way = edge.source in trodden and edge.target in trodden and edge.source != failing[0]
    return "strong" if on_the_way and edge.kind in _SMOOTH else "faded"


def _around(definition: Definition, name: str) -> Iterator[str]:
    """Yield the states that a state is inside of; they fail with it."""
    for state in definition.all_states.values():
        if any(inner.name == name for region in regions_of(state).values() for inner in walk(region.states)):
            yield state.name


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
    here, end = state_id(state), f"ends-{way.ends}"
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
    back = f"undone{' at once' if way.at_once and len(undone) > 1 else ''}: {', '.join(undone)}; " if undone else ""
    if way.waits is not None:
        end = f"waits for the signal {way.waits}, then is tried again"
    else:
        end = f"the saga ends {(way.ends or '').replace('_', ' ')}" if way.ends else f"goes on at {way.goes_on}"
    return f"{letter}{': ' if letter else ''}{way.state} {way.how}: {back}{end}"
