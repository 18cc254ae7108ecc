"""What can be read at each place of a definition, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from sagadsl.language.celscope import Refusal, Scope
from sagadsl.language.checks.context import Context
from sagadsl.language.datatypes import INT, DataType, object_of
from sagadsl.language.definition import Map, Parallel, Pass, SubSaga, Succeed, Task, Wait
from sagadsl.language.places import Site

if TYPE_CHECKING:
    from sagadsl.language.checks.refusals import Refusals

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

_STEPS = (Task, SubSaga, Parallel, Map, Wait)
_WITH_OUTPUT = (Task, SubSaga, Parallel, Map, Pass)  # and a wait for a signal
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

    # -- outputs and signals ---------------------------------------------------------------------------------------

    def _refuse_output(self, site: Site, name: str) -> Refusal | None:
        here = site.state.name if site.state is not None else ""
        if (refusal := self._refuse_unknown(name)) is not None:
            return refusal
        if (name == here and site.role == "compensation") or self._context.flow.completed_before(name, here):
            return None
        if name == here:
            return self._refusals.own_output(name, in_fail_when=site.role == "fail_when")
        return self._refusals.not_completed(name, here)

    def _refuse_at_ends(self, ends: list[str], name: str) -> Refusal | None:
        if (refusal := self._refuse_unknown(name)) is not None:
            return refusal
        missed = next((end for end in ends if not self._context.flow.completed_before(name, end)), None)
        return None if missed is None else self._refusals.not_completed(name, missed)

    def _refuse_unknown(self, name: str) -> Refusal | None:
        """Refuse what is no state, or no state with an output."""
        state = self._context.states.get(name)
        if isinstance(state, _WITH_OUTPUT) or (isinstance(state, Wait) and state.signal is not None):
            return None
        return self._refusals.no_output(name)

    def _refuse_signal(self, places: list[str], name: str) -> Refusal | None:
        if name not in self.signals:
            return self._refusals.no_signal(name, self.signals)
        missed = next((place for place in places if not self._is_received(name, place)), None)
        return None if missed is None else self._refusals.not_received(name, self.signals[name], missed)

    def _is_received(self, name: str, here: str) -> bool:
        flow, waiting = self._context.flow, self.signals[name]
        if any(flow.completed_before(state, here) for state in waiting):
            return True
        if name not in self._without:
            self._without[name] = flow.before_any(waiting) if len(waiting) > 1 else flow.reachable
        return here not in self._without[name]

    @cached_property
    def _refusals(self) -> Refusals:
        from sagadsl.language.checks.refusals import Refusals  # noqa: PLC0415  words for errors, which are rare

        return Refusals(self._context)
