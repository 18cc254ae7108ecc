"""A `transitions.Machine` whose plain transitions are a lookup and an assignment.

The library builds an event object, a partial and several loops for every transition, to serve callbacks and
conditions. Where there are none of those, the outcome is already in the machine's own tables. `DispatchMachine`
looks there first and takes the library's own path for everything else, so both behave the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from transitions.core import Event, Machine, Transition

from sagadsl.machine.lifecycles import Lifecycle


class DispatchEvent(Event):
    """An event that knows, for each source state, the one transition that leaves it, if it is but one."""

    _single: dict[str, Transition]
    _transitions: defaultdict[str, list[Transition]]

    @property
    def transitions(self) -> defaultdict[str, list[Transition]]:
        """The library's own table, by source state."""
        return self._transitions

    @transitions.setter
    def transitions(self, table: defaultdict[str, list[Transition]]) -> None:
        """Set when the event is made, and by `Machine.remove_transition`."""
        self._transitions = table
        self._single = {source: rows[0] for source, rows in table.items() if len(rows) == 1}

    def add_transition(self, transition: Transition) -> None:
        """Add a transition, as the library does."""
        super().add_transition(transition)
        self.transitions = self._transitions

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        """Move `model` on; see `transitions.core.Event.trigger`."""
        machine = self.machine
        transition = self._single.get(getattr(model, machine.model_attribute))
        if transition is None or not machine.is_plain(transition):
            return bool(super().trigger(model, *args, **kwargs))
        setattr(model, machine.model_attribute, transition.dest)
        return True


class DispatchMachine(Machine):
    """A machine for models that are told about per call, and never added to it.

    Callbacks receive the running saga, and after it, on a step's lifecycle, the step.
    """

    event_cls = DispatchEvent

    def fire(self, model: Any, trigger: str, *args: Any) -> bool:
        """Trigger an event on a model; callbacks and conditions receive `args`.

        Raises:
            transitions.MachineError: The table has no such transition from the model's state.
        """
        return bool(self.events[trigger].trigger(model, *args))

    def is_plain(self, transition: Transition) -> bool:
        """Whether nothing but the state changes when this transition is taken now."""
        if transition.dest is None or self._has_callbacks() or self.has_queue or self._transition_queue:
            return False
        if transition.prepare or transition.conditions or transition.before or transition.after:
            return False
        source, dest = self.states[transition.source], self.states[transition.dest]
        return not (source.on_exit or dest.on_enter or dest.value != transition.dest)

    def _has_callbacks(self) -> bool:
        return bool(
            self._prepare_event
            or self._before_state_change
            or self._after_state_change
            or self._finalize_event
            or self._on_final
        )


def build_machine(
    name: str,
    states: list[dict[str, Any]],
    transitions: list[dict[str, str]],
    initial: str,
    *,
    attribute: str = "state",
) -> DispatchMachine:
    """Return a machine without models over these states and transitions, moving `model.<attribute>`."""
    return DispatchMachine(
        model=None,
        name=name,
        states=states,
        transitions=transitions,
        initial=initial,
        auto_transitions=False,
        model_attribute=attribute,
    )


def lifecycle_states(lifecycle: Lifecycle) -> list[dict[str, Any]]:
    """Return the lifecycle's states as `transitions` takes them."""
    return [{"name": name, "final": name in lifecycle.final} for name in lifecycle.states]


def lifecycle_transitions(lifecycle: Lifecycle) -> list[dict[str, str]]:
    """Return the lifecycle's transitions as `transitions` takes them."""
    return [{"trigger": row.trigger, "source": row.source, "dest": row.dest} for row in lifecycle.rows]


def lifecycle_machine(lifecycle: Lifecycle) -> DispatchMachine:
    """Return the machine of a lifecycle; it moves the attribute `status`."""
    return build_machine(
        lifecycle.name,
        lifecycle_states(lifecycle),
        lifecycle_transitions(lifecycle),
        lifecycle.initial,
        attribute="status",
    )


def describe(machine: Machine) -> Mapping[str, Any]:
    """Return a machine's states and transitions as plain data, in the order in which it was given them."""
    return {
        "name": machine.name.removesuffix(": "),
        "initial": machine.initial,
        "states": [{"name": s.name, "final": True} if s.final else {"name": s.name} for s in machine.states.values()],
        "transitions": [
            {"trigger": event.name, "source": row.source, "dest": row.dest}
            for event in machine.events.values()
            for rows in event.transitions.values()
            for row in rows
        ],
    }
