"""Checks of actions against the catalogue: is there such an action, and does it raise such an error?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sagadsl.language.checks.context import Context
from sagadsl.language.definition import ANY_ERROR, Compensation, Fail, Map, Parallel, Path, State, SubSaga, Task
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.library import Catalogue
from sagadsl.language.suggest import did_you_mean, one_of

ENGINE_CODES = ("Timeout", "Unavailable", "InvalidPayload", "InvalidOutput", "Cancelled", "NoChoice")
"""The codes that the engine itself raises."""

_SHOWN = 8
_OF_STATUS = re.compile("Http[1-5][0-9]{2}")  # any service over HTTP can answer with any status


def unknown_actions(context: Context) -> Iterator[Diagnostic]:
    """SAGA414: a service, or an action of it, that the catalogue does not have."""
    catalogue = context.catalogue
    if catalogue is None:
        return
    for state in context.states.values():
        if isinstance(state, Task):
            yield from _unknown(context, catalogue, state.service, state.action, state.path)
        undo = state.compensation if isinstance(state, Task | SubSaga) else None
        if undo is not None:
            yield from _unknown(context, catalogue, undo.service, undo.action, (*state.path, "compensation"))


def _unknown(context: Context, catalogue: Catalogue, service: str, action: str, path: Path) -> Iterator[Diagnostic]:
    """Yield what is unknown; `path` leads to where both stand, or to the action's bare name."""
    actions = catalogue.services.get(service)
    if actions is None:
        if context.data_at((*path, "service")) is not None:  # otherwise it is that of the step, and told there
            hint = did_you_mean(service, catalogue.services) or f"the services are those in {catalogue.file}"
            yield context.at("SAGA414", f"there is no service '{service}' in the catalogue", (*path, "service"), hint)
    elif action not in actions:
        at = (*path, "action") if context.data_at((*path, "action")) is not None else path
        hint = did_you_mean(action, actions) or _has(service, actions)
        yield context.at("SAGA414", f"the service '{service}' has no action '{action}'", at, hint)


def _has(service: str, actions: Iterable[str]) -> str:
    names = list(actions)
    return f"'{service}' has {one_of(names, 'and')}" if 0 < len(names) <= _SHOWN else ""


def impossible_codes(context: Context) -> Iterator[Diagnostic]:
    """SAGA415: a code that is caught, retried or excepted, and that nothing there raises."""
    catalogue = context.catalogue
    if catalogue is None:
        return
    raised = _Raised(catalogue)
    for state in context.states.values():
        if isinstance(state, Task | Parallel | Map):
            lists = [((*state.path, "catch", i, "errors"), each.errors) for i, each in enumerate(state.catch)]
            if isinstance(state, Task):
                lists += [((*state.path, "retry", "on"), state.retry.on or ())]
                lists += [((*state.path, "retry", "except"), state.retry.except_)]
            yield from _impossible(context, lists, raised.by(state), f"'{state.name}'")
        undo = state.compensation if isinstance(state, Task | SubSaga) else None
        if undo is not None:
            path = (*state.path, "compensation", "retry")
            lists = [((*path, "on"), undo.retry.on or ()), ((*path, "except"), undo.retry.except_)]
            yield from _impossible(context, lists, raised.by_undo(undo), f"the compensation '{undo.action}'")


def _impossible(
    context: Context, lists: list[tuple[Path, tuple[str, ...]]], known: frozenset[str] | None, who: str
) -> Iterator[Diagnostic]:
    if known is None:
        return
    for path, codes in lists:
        if context.data_at(path) is None:
            continue  # it comes from the defaults, and is for all steps
        for i, code in enumerate(codes):
            if code not in known and code != ANY_ERROR and not _OF_STATUS.fullmatch(code):
                own = sorted(known.difference(ENGINE_CODES))
                hint = did_you_mean(code, sorted(known)) or _raises(own)
                yield context.at("SAGA415", f"{who} never raises '{code}'", (*path, i), hint)


def _raises(own: list[str]) -> str:
    if not own:
        return f"the engine itself raises {one_of(ENGINE_CODES, 'and')}"
    return f"it raises {one_of(own, 'and')}, and the engine's own" if len(own) <= _SHOWN else ""


class _Raised:
    """The codes that states can raise, as far as the catalogue says."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def by(self, state: State) -> frozenset[str] | None:
        """Return the codes that a state can fail with, or `None` where they are not known."""
        match state:
            case Task():
                known = self._by_action(state.service, state.action)
                return None if known is None else known | {rule.error for rule in state.fail_when}
            case Parallel():
                return self._by_all(inner for region in state.branches.values() for inner in region.states.values())
            case Map():
                return self._by_all(state.body.states.values())
            case Fail():
                return frozenset((state.error,))
            case SubSaga():
                return None
        return frozenset(ENGINE_CODES)

    def by_undo(self, undo: Compensation) -> frozenset[str] | None:
        """Return the codes that a compensation can fail with, or `None` where they are not known."""
        return self._by_action(undo.service, undo.action)

    def _by_action(self, service: str, action: str) -> frozenset[str] | None:
        spec = self._catalogue.action(service, action)
        return None if spec is None or spec.errors is None else frozenset((*spec.errors, *ENGINE_CODES))

    def _by_all(self, states: Iterable[State]) -> frozenset[str] | None:
        codes = frozenset(ENGINE_CODES)
        for state in states:
            raised = self.by(state)
            if raised is None:
                return None
            codes |= raised
        return codes
