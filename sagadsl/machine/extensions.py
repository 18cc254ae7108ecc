"""What extensions of `transitions` make of a machine: its markup, and its picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transitions.core import Machine
from transitions.extensions import GraphMachine
from transitions.extensions.markup import MarkupMachine

_SAME = (
    "send_event",
    "model_attribute",
    "ignore_invalid_triggers",
    "prepare_event",
    "before_state_change",
    "after_state_change",
    "finalize_event",
    "on_exception",
    "on_final",
)


def markup(machine: Machine) -> dict[str, Any]:
    """Return a machine as plain data that `MarkupMachine(markup=…)` takes; functions by their names."""
    data: dict[str, Any] = _as(MarkupMachine, machine, model=None, initial=machine.initial).markup
    return data


def graph(machine: Machine, model: Any = None, **options: Any) -> Any:
    """Return a machine's picture as the library draws it; see `DispatchMachine.get_graph`."""
    options = {"title": machine.name.removesuffix(": "), "graph_engine": "graphviz", **options}
    drawn = _as(GraphMachine, machine, model=None, initial=machine.initial, **options)
    picture = drawn.graph_cls(drawn)
    if model is not None:
        picture.set_node_style(getattr(model, machine.model_attribute), "active")
    return picture.get_graph(title=drawn.title)


def _as(kind: type[Machine], machine: Machine, **options: Any) -> Machine:
    """Return a machine of another kind with the same states, transitions and callbacks."""
    same = {name: getattr(machine, name) for name in _SAME}
    same |= {"name": machine.name.removesuffix(": "), "queued": machine.has_queue, "auto_transitions": False}
    return kind(states=list(machine.states.values()), transitions=list(_rows(machine)), **{**same, **options})


def _rows(machine: Machine) -> Iterator[dict[str, Any]]:
    """Yield every transition as the library takes it."""
    for event in machine.events.values():
        for row in (row for rows in event.transitions.values() for row in rows):
            asked = {target: [c.func for c in row.conditions if c.target is target] for target in (True, False)}
            yield {
                "trigger": event.name,
                "source": row.source,
                "dest": row.dest,
                "conditions": asked[True],
                "unless": asked[False],
                "prepare": list(row.prepare),
                "before": list(row.before),
                "after": list(row.after),
            }
