"""The view `flow`: the states of each region in the order of the text, and the boxes around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sagadsl.diagrams.model import Edge, Group, Node, Picture, box_id, branch_id, join_id, state_id
from sagadsl.diagrams.states import nodes
from sagadsl.diagrams.ways import edges
from sagadsl.language.definition import Choice, Definition, Map, Parallel, Region, State, regions_of
from sagadsl.language.durations import format_duration

START = Node("start", "start")


def picture(definition: Definition) -> Picture:
    """Return the picture of a valid definition: every state, every way between them, every undo."""
    states = definition.all_states.values()
    ends = _ends(definition.states)
    return Picture(
        title=definition.name,
        facts=facts(definition),
        description=definition.description or "",
        nodes=(START, *(node for state in states for node in _nodes(state, definition))),
        edges=(
            Edge(START.id, state_id(definition.start), "next"),
            *(edge for state in states for edge in edges(state, ends)),
        ),
        groups=tuple(_groups(definition.states)),
    )


def _nodes(state: State, definition: Definition) -> Iterator[Node]:
    """Return what is drawn for a state; that a choice may lead nowhere only where it may (as SAGA310 tells it)."""
    is_open = isinstance(state, Choice) and state.default is None
    for node in nodes(state):
        yield replace(node, badges=()) if is_open and _is_complete(state, definition) else node


def _is_complete(state: State, definition: Definition) -> bool:
    from sagadsl.language.checks.choices import open_case
    from sagadsl.language.checks.inference import Inference

    return isinstance(state, Choice) and open_case(state, Inference(definition, None)) is None


def facts(definition: Definition) -> tuple[str, ...]:
    """Return what holds for the whole saga, in few words each."""
    return tuple(_facts(definition))


def _facts(definition: Definition) -> Iterator[str]:
    yield f"version {definition.version}"
    if definition.timeout is not None:
        yield f"timeout {format_duration(definition.timeout)}"
    if definition.compensation.order == "parallel":
        yield "undone all at once"
    if definition.compensation.on_failure == "continue":
        yield "a failed undo does not stop the others"
    if definition.locks:
        yield "locks " + ", ".join(definition.locks)


def _ends(states: Mapping[str, State]) -> dict[str, str]:
    """Return, for each state inside a region, the id of the join that the region ends in."""
    found: dict[str, str] = {}
    for state in states.values():
        for region in regions_of(state).values():
            found |= dict.fromkeys(region.states, join_id(state.name))
            found |= _ends(region.states)
    return found


def _groups(states: Mapping[str, State]) -> Iterator[Group]:
    for state in states.values():
        inside = regions_of(state)
        if not inside:
            continue
        boxes = tuple(
            _box(branch_id(state.name, name), f"branch {name}" if isinstance(state, Parallel) else "", region)
            for name, region in inside.items()
        )
        own = tuple(node.id for node in nodes(state) if node.kind != "point_of_no_return")
        if isinstance(state, Map):
            (body,) = boxes
            yield Group(box_id(state.name), f"{state.name}: for each {state.as_}", (*own, *body.nodes), body.groups)
        else:
            yield Group(box_id(state.name), f"{state.name}: side by side", own, boxes)


def _box(group_id: str, title: str, region: Region) -> Group:
    inner = tuple(_groups(region.states))
    framed = {state.name for state in region.states.values() if regions_of(state)}
    own = (
        node.id
        for state in region.states.values()
        for node in nodes(state)
        if state.name not in framed or node.kind == "point_of_no_return"
    )
    return Group(group_id, title, tuple(own), inner)
