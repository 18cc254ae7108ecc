"""From a definition to its picture: the states of each region in the order of the text, and the boxes around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagadsl.diagrams.model import Edge, Group, Node, Picture
from sagadsl.diagrams.states import Ids, beside, edges, nodes
from sagadsl.language.definition import Definition, Map, Parallel, Region, State, regions_of
from sagadsl.language.durations import format_duration


def picture(definition: Definition) -> Picture:
    """Return the picture of a valid definition: every state, every way between them, every undo."""
    ids = {name: f"s{place}" for place, name in enumerate(definition.all_states)}
    states = definition.all_states.values()
    ends = _ends(definition.states, ids)
    return Picture(
        title=definition.name,
        facts=tuple(_facts(definition)),
        description=definition.description or "",
        nodes=(Node("start", "start"), *(node for state in states for node in nodes(state, ids[state.name]))),
        edges=(
            Edge("start", ids[definition.start], "next"),
            *(edge for state in states for edge in edges(state, ids, ends)),
        ),
        groups=tuple(_groups(definition.states, ids)),
    )


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


def _ends(states: Mapping[str, State], ids: Ids) -> dict[str, str]:
    """Return, for each state inside a region, the id of the join that the region ends in."""
    found: dict[str, str] = {}
    for state in states.values():
        for region in regions_of(state).values():
            found |= dict.fromkeys(region.states, beside("j", ids[state.name]))
            found |= _ends(region.states, ids)
    return found


def _groups(states: Mapping[str, State], ids: Ids) -> Iterator[Group]:
    for state in states.values():
        inside = regions_of(state)
        if not inside:
            continue
        here = ids[state.name]
        boxes = tuple(
            _box(f"{beside('g', here)}_{place}", f"branch {name}" if isinstance(state, Parallel) else "", region, ids)
            for place, (name, region) in enumerate(inside.items())
        )
        own = tuple(node.id for node in nodes(state, here) if node.kind != "point_of_no_return")
        if isinstance(state, Map):
            (body,) = boxes
            yield Group(beside("g", here), "", (*own, *body.nodes), body.groups)
        else:
            yield Group(beside("g", here), f"{state.name}: side by side", own, boxes)


def _box(box_id: str, title: str, region: Region, ids: Ids) -> Group:
    inner = tuple(_groups(region.states, ids))
    framed = {state.name for state in region.states.values() if regions_of(state)}
    own = (
        node.id
        for state in region.states.values()
        for node in nodes(state, ids[state.name])
        if state.name not in framed or node.kind == "point_of_no_return"
    )
    return Group(box_id, title, tuple(own), inner)
