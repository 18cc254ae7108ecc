"""The view `lifecycle`: the lifecycles of a saga and of a step, as their tables have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sagadsl.diagrams.drawing import facts
from sagadsl.diagrams.marking import headline
from sagadsl.diagrams.model import Edge, Group, Mark, Node, Picture
from sagadsl.diagrams.run import RunPicture
from sagadsl.language.definition import Definition
from sagadsl.machine.lifecycles import SAGA, STEP, Lifecycle

_BOXES = {SAGA.name: "the saga", STEP.name: "each of its steps"}


def picture(definition: Definition, run: RunPicture | None = None) -> Picture:
    """Return the picture of both lifecycles; with a run, of where its saga and its steps are in them."""
    cycles = (SAGA, STEP)
    return Picture(
        title=definition.name,
        facts=("the lifecycles of every saga", *facts(definition)[:1]),
        description="",
        nodes=tuple(node for cycle in cycles for node in _nodes(cycle, run)),
        edges=tuple(edge for cycle in cycles for edge in _edges(cycle)),
        groups=tuple(Group(f"inside-{cycle.name}", _BOXES[cycle.name], _ids(cycle)) for cycle in cycles),
        view="lifecycle",
        remarks=() if run is None else (headline(run, definition),),
    )


def _ids(cycle: Lifecycle) -> tuple[str, ...]:
    return (f"start-{cycle.name}", *(f"{cycle.name}-{status}" for status in cycle.states))


def _nodes(cycle: Lifecycle, run: RunPicture | None) -> Iterator[Node]:
    counts = _counts(cycle, run)
    yield Node(f"start-{cycle.name}", "start")
    for status in cycle.states:
        marks = (_mark(cycle, status, counts[status]),) if counts[status] else ()
        yield Node(
            f"{cycle.name}-{status}",
            "status_final" if status in cycle.final else "status",
            status,
            marks=marks,
            emphasis="faded" if run is not None and not marks else "usual",
        )


def _counts(cycle: Lifecycle, run: RunPicture | None) -> Counter[str]:
    if run is None:
        return Counter()
    return Counter([run.status] if cycle is SAGA else [step.status for step in run.steps])


def _mark(cycle: Lifecycle, status: str, count: int) -> Mark:
    kind = status if status in STEP.states else "pending"
    return Mark(kind, "here" if cycle is SAGA else "1 step" if count == 1 else f"{count} steps")  # type: ignore[arg-type]


def _edges(cycle: Lifecycle) -> Iterator[Edge]:
    yield Edge(f"start-{cycle.name}", f"{cycle.name}-{cycle.initial}", "opens")
    for row in cycle.rows:
        yield Edge(f"{cycle.name}-{row.source}", f"{cycle.name}-{row.dest}", "trigger", row.trigger)
