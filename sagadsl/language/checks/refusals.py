"""Why an output or a signal cannot be read at a place."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sagadsl.language.celscope import Refusal
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.words import arrows
from sagadsl.language.definition import Choice, Fail, Map, State, Succeed, Wait
from sagadsl.language.suggest import did_you_mean

_KINDS: Mapping[type[State], str] = {Choice: "choice", Succeed: "succeed", Fail: "fail", Wait: "wait"}
_MOST = 50  # every way that is shown, and every name that is guessed, is looked for in the whole definition


class Refusals:
    """The refusals of one definition, worded for its author.

    Args:
        context: The definition and its flow.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ways: set[str] = set()
        self._unknown: set[str] = set()

    def no_output(self, name: str) -> Refusal:
        """Refuse what is no state, or a state without an output."""
        state = self._context.states.get(name)
        if state is None:
            return Refusal("SAGA402", f"there is no state '{name}'", self._guess(name, self._context.states))
        hint = "only a wait for a signal has one" if isinstance(state, Wait) else "only task and pass states have one"
        return Refusal("SAGA402", f"'{name}' is a {_KINDS[type(state)]} state and has no output", hint)

    def own_output(self, name: str, *, in_fail_when: bool) -> Refusal:
        """Refuse a state's own output, before it has any."""
        hint = "fail_when reads the answer as 'output'" if in_fail_when else ""
        return Refusal("SAGA405", f"'{name}' has not completed yet: it cannot read its own output", hint)

    def not_completed(self, name: str, here: str) -> Refusal:
        """Refuse the output of a state that need not have completed, or that is out of sight."""
        return self._out_of_sight(name, here) or self._not_on_every_path(name, here)

    def no_signal(self, name: str, signals: Collection[str]) -> Refusal:
        """Refuse a signal that no state waits for."""
        hint = self._guess(name, signals) or "what a wait state waits for can be read behind it"
        return Refusal("SAGA402", f"no state waits for a signal '{name}'", hint)

    def not_received(self, name: str, waiting: list[str], here: str) -> Refusal:
        """Refuse a signal that need not have come; `waiting` are the states that wait for it."""
        way = self._way_past(waiting[0], here) if len(waiting) == 1 else []
        told = f": not on {arrows(way)}" if way else ""
        message = f"the signal '{name}' has not been received on every path to here{told}"
        return Refusal("SAGA405", message, "read it only behind the state that waits for it")

    def _out_of_sight(self, name: str, here: str) -> Refusal | None:
        """Refuse the output of a state in another branch, or in the body of a map that is not around this place."""
        homes = self._context.homes
        if homes.are_side_by_side(name, here):
            home = homes.parting(name, here)
            owner = "" if home is None else home.owner
            message = f"'{name}' runs beside this, in another branch of '{owner}': it may not have completed yet"
            return Refusal("SAGA405", message, f"read it behind '{owner}', when all branches have ended")
        for home in homes.around(name):
            if isinstance(self._context.states.get(home.owner), Map) and home not in homes.around(here):
                message = f"'{name}' is run once for each item of '{home.owner}': out here it has no output of its own"
                return Refusal("SAGA405", message, f"read states.{home.owner}.output, the list of what the body gives")
        return None

    def _not_on_every_path(self, name: str, here: str) -> Refusal:
        way = self._way_past(name, here)
        message = f"'{name}' has not completed on every path to here"
        if name in way[:-1]:
            message = f"'{name}' has no output on every path to here: on {arrows(way)} it has failed"
        elif way:
            message += f": {arrows(way)} does not pass it"
        return Refusal("SAGA405", message, "read it only where it has completed, or lead every path through it")

    def _way_past(self, name: str, here: str) -> list[str]:
        """Return a path to show; nothing for the many states of a definition that gets many things wrong."""
        self._ways.add(name)
        return self._context.flow.way_past(name, here) if len(self._ways) <= _MOST else []

    def _guess(self, name: str, names: Collection[str]) -> str:
        self._unknown.add(name)
        return did_you_mean(name, names) if len(self._unknown) <= _MOST else ""
