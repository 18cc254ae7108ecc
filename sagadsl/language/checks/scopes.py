"""What can be read at each place of a definition, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial

from sagadsl.language.celscope import Refusal, Scope
from sagadsl.language.checks.context import Context
from sagadsl.language.checks.words import arrows
from sagadsl.language.datatypes import INT, DataType, object_of
from sagadsl.language.definition import (
    Choice,
    Fail,
    Map,
    Parallel,
    State,
    SubSaga,
    Succeed,
    Task,
    Wait,
)
from sagadsl.language.places import Site
from sagadsl.language.suggest import did_you_mean

STATUSES = (
    "pending",
    "running",
    "waiting",
    "completed",
    "failed",
    "retrying",
    "skipped",
    "compensating",
    "compensated",
    "compensation_failed",
)
"""What `steps.NAME.status` can be: the states of the step lifecycle."""

_KINDS: Mapping[type[State], str] = {Choice: "choice", Succeed: "succeed", Fail: "fail", Wait: "wait"}
_STEPS = (Task, SubSaga, Parallel, Map, Wait)
_MOST_WAYS = 50  # every way that is shown, and every name that is guessed, is looked for in the whole graph
_EARLY = "only input and saga can be read"
_ONLY: Mapping[str, Refusal] = {
    "key": Refusal("SAGA410", f"the key is known before the first step: {_EARLY}"),
    "lock": Refusal("SAGA410", f"a lock is taken before the first step: {_EARLY}"),
    "invariant": Refusal("SAGA402", "an invariant is about the end of the saga", "read steps.NAME.status"),
}


class Scopes:
    """The scopes of one definition's expressions.

    Args:
        context: The definition and its flow.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._without: dict[str, frozenset[str]] = {}
        self._ways: set[str] = set()
        self._unknown: set[str] = set()
        maps = [state for state in context.states.values() if isinstance(state, Map)]
        self._elsewhere = {
            each.as_: Refusal("SAGA402", f"'{each.as_}' can only be read inside the body of '{each.name}'")
            for each in reversed(maps)
        }

    @cached_property
    def signals(self) -> dict[str, list[str]]:
        """The names of the states that wait for each signal."""
        waiting: dict[str, list[str]] = {}
        for state in self._context.states.values():
            if isinstance(state, Wait) and state.signal is not None:
                waiting.setdefault(state.signal, []).append(state.name)
        return waiting

    def at(self, site: Site) -> Scope:
        """Return what can be read at a place; any output, in a state that is never entered (which is told)."""
        state, context = site.state, self._context
        if state is None:
            return self._of_saga(site)
        variables = self._variables(site)
        in_doubt = state.name if site.role == "compensation" else ""
        if state.name not in context.flow.reachable:
            unknown = self._refuse_unknown
            return Scope(unknown, error=True, variables=variables, elsewhere=self._elsewhere, in_doubt=in_doubt)
        return Scope(
            partial(self._refuse_output, site),
            partial(self._refuse_signal, [state.name]),
            error=site.role == "compensation" or state.name in context.flow.after_catch,
            variables=variables,
            elsewhere=self._elsewhere,
            in_doubt=in_doubt,
        )

    def _of_saga(self, site: Site) -> Scope:
        if site.role == "saga_output":
            ends = self._default_ends
            refuse_signal = partial(self._refuse_signal, ends)
            return Scope(partial(self._refuse_at_ends, ends), refuse_signal, elsewhere=self._elsewhere)
        variables = {"steps": self._steps} if site.role == "invariant" else {}
        return Scope(variables=variables, elsewhere=self._elsewhere, nothing_else=_ONLY[site.role])

    def _variables(self, site: Site) -> Mapping[str, DataType]:
        state, context = site.state, self._context
        if state is None:
            return {}
        found: dict[str, DataType] = {}
        for home in context.homes.around(state.name):
            owner = context.states.get(home.owner)
            if isinstance(owner, Map):
                found |= {owner.as_: context.inference.item(owner), "index": INT}
        if site.role == "fail_when" and isinstance(state, Task):
            found["output"] = context.inference.answer(state.service, state.action)
        return found

    @cached_property
    def _steps(self) -> DataType:
        status = object_of({"status": DataType("text", constants=STATUSES)})
        states = self._context.states.values()
        return object_of({state.name: status for state in states if isinstance(state, _STEPS)})

    @cached_property
    def _default_ends(self) -> list[str]:
        """The ends of the saga whose output is the definition's own."""
        states = self._context.definition.states.items()
        reachable = self._context.flow.reachable
        return [name for name, s in states if isinstance(s, Succeed) and s.output is None and name in reachable]

    # -- outputs ---------------------------------------------------------------------------------------------------

    def _refuse_output(self, site: Site, name: str) -> Refusal | None:
        here = site.state.name if site.state is not None else ""
        if (refusal := self._refuse_unknown(name)) is not None:
            return refusal
        if (name == here and site.role == "compensation") or self._context.flow.completed_before(name, here):
            return None
        if name == here:
            hint = "fail_when reads the answer as 'output'" if site.role == "fail_when" else ""
            return Refusal("SAGA405", f"'{name}' has not completed yet: it cannot read its own output", hint)
        return self._out_of_sight(name, here) or self._not_on_every_path(name, here)

    def _refuse_at_ends(self, ends: list[str], name: str) -> Refusal | None:
        if (refusal := self._refuse_unknown(name)) is not None:
            return refusal
        missed = next((end for end in ends if not self._context.flow.completed_before(name, end)), None)
        if missed is None:
            return None
        return self._out_of_sight(name, missed) or self._not_on_every_path(name, missed)

    def _refuse_unknown(self, name: str) -> Refusal | None:
        """Refuse what is no state, or no state with an output."""
        states = self._context.states
        if name not in states:
            self._unknown.add(name)
            hint = did_you_mean(name, states) if len(self._unknown) <= _MOST_WAYS else ""
            return Refusal("SAGA402", f"there is no state '{name}'", hint)
        state = states[name]
        kind = _KINDS.get(type(state))
        if kind is None or (isinstance(state, Wait) and state.signal is not None):
            return None
        hint = "only a wait for a signal has one" if isinstance(state, Wait) else "only task and pass states have one"
        return Refusal("SAGA402", f"'{name}' is a {kind} state and has no output", hint)

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
        return self._context.flow.way_past(name, here) if len(self._ways) <= _MOST_WAYS else []

    # -- signals ---------------------------------------------------------------------------------------------------

    def _refuse_signal(self, places: list[str], name: str) -> Refusal | None:
        if name not in self.signals:
            hint = did_you_mean(name, self.signals) or "what a wait state waits for can be read behind it"
            return Refusal("SAGA402", f"no state waits for a signal '{name}'", hint)
        waiting = self.signals[name]
        missed = next((place for place in places if not self._is_received(name, place)), None)
        if missed is None:
            return None
        way = self._way_past(waiting[0], missed) if len(waiting) == 1 else []
        told = f": not on {arrows(way)}" if way else ""
        message = f"the signal '{name}' has not been received on every path to here{told}"
        return Refusal("SAGA405", message, "read it only behind the state that waits for it")

    def _is_received(self, name: str, here: str) -> bool:
        flow, waiting = self._context.flow, self.signals[name]
        if any(flow.completed_before(state, here) for state in waiting):
            return True
        if name not in self._without:
            self._without[name] = flow.before_any(waiting) if len(waiting) > 1 else flow.reachable
        return here not in self._without[name]
