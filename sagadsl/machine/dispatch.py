"""A `transitions.Machine` whose plain transitions are a lookup and an assignment.

The library builds an event object, a partial and several loops for every transition, to serve callbacks and
conditions. Where there are none of those, the outcome is already in the machine's own tables. `DispatchMachine`
concludes it once, looks there first, and takes the library's own path for everything else, so both behave the same;
only the library's log lines are not written for what was looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from transitions.core import Event, EventData, Machine

from sagadsl.machine.guests import Guest, is_method_name
from sagadsl.machine.lifecycles import Lifecycle
from sagadsl.machine.parts import DispatchEvent, DispatchState, DispatchTransition, StateEvent, StatusEvent, or_watched
from sagadsl.machine.watched import Shortcuts, WatchedList, WatchedTable

_OF_THE_MACHINE = (
    "prepare_event",
    "before_state_change",
    "after_state_change",
    "finalize_event",
    "on_exception",
    "on_final",
)


class DispatchMachine(Machine):
    """A machine whose plain transitions are looked up; also for models that it is told about per call.

    Running sagas are such `Guest`s: they are never added to it. Callbacks receive the running saga, and after it, on a
    step's lifecycle, the step. What they raise does not stop the saga; see `guests.py`.
    """

    state_cls = DispatchState
    transition_cls = DispatchTransition
    event_cls = DispatchEvent
    states: WatchedTable
    events: WatchedTable
    shortcuts: Shortcuts

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        vars(self)["shortcuts"] = Shortcuts()
        super().__init__(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OF_THE_MACHINE:
            value = or_watched(value)
        elif name in {"states", "events"}:
            value = WatchedTable(value)
        super().__setattr__(name, value)
        self.shortcuts.forget()

    @classmethod
    def _create_event(cls, name: str, machine: DispatchMachine) -> Event:
        kinds = {kind.attribute: kind for kind in (StateEvent, StatusEvent)} if cls.event_cls is DispatchEvent else {}
        return kinds.get(machine.model_attribute, cls.event_cls)(name, machine)

    def fire(self, model: Any, trigger: str, *args: Any) -> bool:
        """Trigger an event on a model; callbacks and conditions receive `args`.

        For a guest, the first of `args` is its saga.

        Raises:
            transitions.MachineError: The table has no such transition from the model's state.
        """
        moved: bool = self.events[trigger].trigger(model, *args)
        return moved

    def may(self, model: Any, trigger: str) -> bool:
        """Whether the table has such a transition from where a model is; also asked as `may_<trigger>(model)`.

        Conditions are not asked: they do not hold up running sagas. A model that was added has the library's own
        `may_<trigger>`, which asks them.
        """
        event = self.events.get(trigger)
        return event is not None and bool(event.transitions.get(getattr(model, self.model_attribute)))

    def __getattr__(self, name: str) -> Any:
        trigger = name.removeprefix("may_")
        if trigger != name and trigger in vars(self).get("events", ()):
            return partial(self.may, trigger=trigger)
        return super().__getattr__(name)

    def callback(self, func: Any, event_data: EventData) -> None:
        """Call a callback; see `transitions.Machine.callback`."""
        if not isinstance(event_data.model, Guest):
            super().callback(func, event_data)
        elif not is_method_name(func):
            try:
                super().callback(func, event_data)
            except Exception as error:  # noqa: BLE001 - somebody else's function may raise anything
                self.tell(error, event_data, func)

    def tell(self, error: Exception, event_data: EventData, func: Any) -> None:
        """Give what a callback of a guest has raised to `on_exception`, or else to the saga."""
        event_data.error = error
        if self.on_exception and func not in self.on_exception:
            self.callbacks(self.on_exception, event_data)
        else:
            saga, *_ = event_data.args
            saga.note_callback_error(error)

    def conclude(self) -> None:
        """Find every trigger that leads from a state to another one without anything being called."""
        shortcuts = self.shortcuts
        shortcuts.forget()
        shortcuts.stale = False
        hooks = [self._is_silent(getattr(self, name)) for name in _OF_THE_MACHINE if name != "on_final"]
        quiet = all(hooks) and not self.has_queue and not self._transition_queue
        self.states.read_by(shortcuts)
        self.events.read_by(shortcuts)
        for event in self.events.values():
            event.transitions.read_by(shortcuts)
            shortcuts.moves[event.name] = event.moves
            if quiet and event.attribute in {None, self.model_attribute}:
                event.moves.update(
                    (at, rows[0].dest) for at, rows in event.transitions.items() if self._is_plain(at, rows)
                )

    def _is_plain(self, source: str, rows: Any) -> bool:
        """Whether nothing but the state changes when the first of these transitions is taken from this state."""
        row = rows[0] if rows and type(rows) is WatchedList else None
        if type(row) is not DispatchTransition or row.source != source:
            return False
        rows.read_by(self.shortcuts)
        row.read_by(self.shortcuts)
        hooks = [self._is_silent(hook) for hook in (row.prepare, row.conditions, row.before, row.after)]
        return all(hooks) and self._is_quiet(row.source, "on_exit") and self._is_quiet(row.dest, "on_enter")

    def _is_quiet(self, name: Any, hook: str) -> bool:
        """Whether a state is of a kind that we know, named by text, and silent on the way."""
        state = self.states.get(name) if isinstance(name, str) else None
        if type(state) is not DispatchState or type(state.value) is not str or state.value != name:
            return False
        state.read_by(self.shortcuts)
        silent = self._is_silent(getattr(state, hook))
        return silent and (hook == "on_exit" or not state.final or self._is_silent(self.on_final))

    def _is_silent(self, callbacks: Any) -> bool:
        """Whether this list is empty, and will tell when it no longer is."""
        if type(callbacks) is not WatchedList:
            return False
        callbacks.read_by(self.shortcuts)
        return not callbacks

    @property
    def markup(self) -> dict[str, Any]:
        """The machine as plain data, as the library's `MarkupMachine` writes and reads it; functions by their names."""
        from sagadsl.machine.extensions import markup  # noqa: PLC0415 - few want it

        return markup(self)

    def get_graph(self, model: Any = None, **options: Any) -> Any:
        """Return the picture that the library's `GraphMachine` draws: a `graphviz.Digraph` with `source` and `render`.

        Args:
            model: Something whose state is to stand out, such as `Saga.root`; it is not added to any machine.
            options: What the library's `GraphMachine` takes, such as `title` and `show_conditions`.
        """
        from sagadsl.machine.extensions import graph  # noqa: PLC0415 - few want it

        return graph(self, model, **options)


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
