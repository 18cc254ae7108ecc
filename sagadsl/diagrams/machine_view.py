"""The view `machine`: the flat machines that `transitions` runs, one a region, with their triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagadsl.diagrams.drawing import START, facts
from sagadsl.diagrams.model import Edge, Group, Node, Picture, branch_id, state_id
from sagadsl.language.definition import Definition, State, regions_of
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.dispatch import DispatchMachine, describe


def picture(compiled: CompiledSaga) -> Picture:
    """Return the picture of a compiled saga's machines, as `CompiledSaga.describe` tells of them."""
    definition = compiled.definition
    machines = [compiled.flow, *(flow.machine for flow in compiled.regions.values())]
    order = {name: place for place, name in enumerate(definition.all_states)}
    nodes = sorted((node for machine in machines for node in _nodes(machine)), key=lambda node: order[node.state])
    opened = (
        Edge(state_id(state), state_id(flow.start), "opens", f"begins {name}")
        for (state, name), flow in compiled.regions.items()
    )
    return Picture(
        title=definition.name,
        facts=("its flow machines", *facts(definition)[:1]),
        description=definition.description or "",
        nodes=(START, *nodes),
        edges=(
            Edge(START.id, state_id(definition.start), "opens"),
            *(edge for machine in machines for edge in _edges(machine)),
            *opened,
        ),
        groups=tuple(_groups(definition.states, definition)),
        view="machine",
    )


def _nodes(machine: DispatchMachine) -> Iterator[Node]:
    for state in describe(machine)["states"]:
        kind = "plain_final" if state.get("final") else "plain"
        yield Node(state_id(state["name"]), kind, state["name"], state=state["name"])  # type: ignore[arg-type]


def _edges(machine: DispatchMachine) -> Iterator[Edge]:
    for row in describe(machine)["transitions"]:
        yield Edge(state_id(row["source"]), state_id(row["dest"]), "trigger", row["trigger"], row["trigger"])


def _groups(states: Mapping[str, State], definition: Definition) -> Iterator[Group]:
    for state in states.values():
        for name, region in regions_of(state).items():
            own = tuple(map(state_id, region.states))
            inner = tuple(_groups(region.states, definition))
            yield Group(branch_id(state.name, name), f"region {state.name}.{name}", own, inner)
