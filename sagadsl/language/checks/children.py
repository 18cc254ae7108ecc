"""Checks of the sagas that a saga runs, by their own definitions: can what they do be undone?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from sagadsl.language.checks.context import Context
from sagadsl.language.checks.roles import undone_by_failures
from sagadsl.language.definition import State, SubSaga
from sagadsl.language.diagnostics import Diagnostic

if TYPE_CHECKING:
    from sagadsl.language.library import Library

_Asked: TypeAlias = frozenset[tuple[str, str | None]]


def children_beyond_undo(context: Context) -> Iterator[Diagnostic]:
    """SAGA515: a saga passes its pivot, and the one that runs it can still fail, and would have it undone."""
    if context.library is None:
        return
    found = ((state, _pivot_below(state, context.library)) for state in context.reached)
    beyond = [(state, passed) for state, passed in found if passed is not None]
    undone = undone_by_failures(context) if beyond else frozenset()
    for state, (saga, pivot) in beyond:
        if state.name in undone:
            passed = f"the saga '{saga}' has passed its pivot '{pivot}' by then"
            message = f"a later step can fail, and '{state.name}' cannot be undone: {passed}"
            hint = "make it the pivot of this saga, with 'kind: pivot', or give it a compensation"
            yield context.at("SAGA515", message, (*state.path, "saga"), hint)


def _pivot_below(state: State, library: Library, asked: _Asked = frozenset()) -> tuple[str, str] | None:
    """Return the pivot because of which the saga that a state runs cannot be undone, after the name of its saga."""
    if not isinstance(state, SubSaga) or state.kind not in (None, "compensatable") or state.compensation is not None:
        return None
    target = library.saga(state.saga, state.version)
    if target is None or (state.saga, state.version) in asked:
        return None
    asked |= {(state.saga, state.version)}
    for inner in target.all_states.values():
        if getattr(inner, "kind", None) == "pivot":
            return target.name, inner.name
        if (below := _pivot_below(inner, library, asked)) is not None:
            return below
    return None
