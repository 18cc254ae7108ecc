"""The parts of a `DispatchMachine`: states and transitions that tell when they change, events that look up first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from transitions.core import Condition, Event, EventData, State, Transition

from sagadsl.machine.guests import ConditionRefusedError, Guest, is_method_name
from sagadsl.machine.watched import Watched, WatchedList, WatchedRows

if TYPE_CHECKING:
    from sagadsl.machine.dispatch import DispatchMachine


class DispatchState(Watched, State):
    """A state that tells when it changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_enter = self.on_enter or WatchedList()
        self.on_exit = self.on_exit or WatchedList()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self.changed()


def _ask(condition: Condition, event_data: EventData) -> None:
    """Ask a condition about a guest, which goes on in any case; where it says no, the guest's saga is told."""
    if is_method_name(condition.func):
        return
    try:
        if not condition.check(event_data):
            what = f"a condition is against {event_data.event.name!r} in {event_data.state.name!r}"
            raise ConditionRefusedError(what)
    except Exception as error:  # noqa: BLE001 - somebody else's function may raise anything
        event_data.machine.tell(error, event_data, condition.func)


class DispatchTransition(Watched, Transition):
    """A transition that tells when it changes; conditions of whatever class let a running saga pass."""

    def __init__(
        self,
        source: Any,
        dest: Any,
        conditions: Any = None,
        unless: Any = None,
        before: Any = None,
        after: Any = None,
        prepare: Any = None,
    ) -> None:
        super().__init__(source, dest, conditions, unless, *(or_watched(hook) for hook in (before, after, prepare)))
        self.conditions = WatchedList(self.conditions)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self.changed()

    def _eval_conditions(self, event_data: EventData) -> bool:
        if not isinstance(event_data.model, Guest):
            return bool(super()._eval_conditions(event_data))
        for condition in self.conditions:
            _ask(condition, event_data)
        return True


def or_watched(callbacks: Any) -> Any:
    """Return a list that tells, where there are no callbacks yet; a list of the caller's own stays his."""
    return WatchedList() if callbacks is None else callbacks


class DispatchEvent(Event):
    """An event that looks up where it leads, before it asks the library.

    This one serves any attribute of a model. Those below say the attribute's name in the code itself, which the
    interpreter can make a third faster.
    """

    attribute: str | None = None
    """The only attribute that it can set, or `None` for any."""

    def __init__(self, name: str, machine: DispatchMachine) -> None:
        self.moves: dict[str, str] = {}
        super().__init__(name, machine)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "moves": {}}

    @property
    def transitions(self) -> WatchedRows:
        """The library's own table, by source state."""
        return self._rows

    @transitions.setter
    def transitions(self, table: defaultdict[str, list[Transition]]) -> None:
        """Set when the event is made, and by `Machine.remove_transition`."""
        self._rows = WatchedRows(WatchedList, {source: WatchedList(rows) for source, rows in table.items()})
        self.machine.shortcuts.forget()

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        """Move `model` on; see `transitions.core.Event.trigger`."""
        attribute = self.machine.model_attribute
        try:
            dest = self.moves[getattr(model, attribute)]
        except KeyError:
            return self.by_the_library(model, *args, **kwargs)
        setattr(model, attribute, dest)
        return True

    def by_the_library(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        """Move `model` on by the library's own path; the next time there may be a shorter one."""
        if self.machine.shortcuts.stale:
            self.machine.conclude()
        return bool(Event.trigger(self, model, *args, **kwargs))


class StateEvent(DispatchEvent):
    """An event that moves `model.state`."""

    attribute = "state"

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        """Move `model` on; see `transitions.core.Event.trigger`."""
        try:
            dest = self.moves[model.state]
        except KeyError:
            return self.by_the_library(model, *args, **kwargs)
        model.state = dest
        return True


class StatusEvent(DispatchEvent):
    """An event that moves `model.status`."""

    attribute = "status"

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        """Move `model` on; see `transitions.core.Event.trigger`."""
        try:
            dest = self.moves[model.status]
        except KeyError:
            return self.by_the_library(model, *args, **kwargs)
        model.status = dest
        return True
