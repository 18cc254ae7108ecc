"""Checks of the roles that steps play: what is undone, what is retried, and the point of no return."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language.checks.context import Context
from sagadsl.language.definition import ANY_ERROR, Choice, Fail, Path, Retry, State, Task
from sagadsl.language.diagnostics import Diagnostic


def compensatable_after_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA501: a step with a compensation can run after a pivot, when nothing is undone any more."""
    after = context.flow.after(context.pivots)
    hint = "move it before the pivot, or make it kind: retriable without a compensation"
    for task in context.tasks:
        if task.name in after and task.kind == "compensatable" and task.compensation is not None:
            pivot = next(name for name in context.pivots if task.name in context.flow.after([name]))
            message = f"'{task.name}' can come after the pivot '{pivot}', where nothing is compensated any more"
            yield context.at("SAGA501", message, (*task.path, "compensation"), hint)


def silent_before_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA502: something can fail after a step, which would have to be undone and does not say how.

    Not asked of a step that only runs after a pivot, and not of the last one before the end.
    """
    risky = [state.name for state in context.definition.states.values() if _can_fail(state)]
    undone = context.flow.before(risky, context.pivots) & context.before_pivot
    hint = "add a compensation, or 'kind: read_only' if there is nothing to undo"
    for task in context.tasks:
        if task.name not in undone or task.compensation is not None:
            continue
        if task.kind is None:
            message = f"a later step can fail, and nothing says how '{task.name}' is undone"
            yield context.at_name("SAGA502", message, task, hint)
        elif task.kind == "compensatable":
            message = f"'{task.name}' is compensatable, and has no compensation"
            yield context.at("SAGA502", message, (*task.path, "kind"), hint)


def pointless_retries(context: Context) -> Iterator[Diagnostic]:
    """SAGA503: `retry.on` lists a code that `except` takes away, or `except` takes every code away."""
    for task in context.tasks:
        yield from _pointless(context, task.retry, (*task.path, "retry"), ("defaults", "retry"))
        if task.compensation is not None:
            own = (*task.path, "compensation", "retry")
            yield from _pointless(context, task.compensation.retry, own, ("compensation", "retry"))


def compensating_after_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA504: `on_failure: compensate` on a state that only runs once a pivot has completed."""
    for task in context.tasks:
        wants = task.on_failure is not None and task.on_failure.then == "compensate"
        if wants and task.name not in context.before_pivot:
            message = f"'{task.name}' only runs after the pivot, where nothing is compensated any more"
            hint = "leave on_failure out, or say fail, continue or wait_for"
            yield context.at("SAGA504", message, (*task.path, "on_failure"), hint)


def retriable_before_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA505: a retriable step, which never is undone, can run while the saga can still turn back."""
    for task in context.tasks:
        if task.kind != "retriable" or task.name not in context.before_pivot:
            continue
        if context.pivots:
            message = f"'{task.name}' is retriable, and can run before a pivot has completed"
        else:
            message = f"'{task.name}' is retriable, and the saga has no pivot that it could come after"
        hint = "mark the point of no return before it with 'kind: pivot', or give this step a compensation"
        yield context.at("SAGA505", message, (*task.path, "kind"), hint)


def _can_fail(state: State) -> bool:
    """Whether entering the state can make the saga compensate; a pivot always counts."""
    if isinstance(state, Task):
        goes_on = state.on_failure is not None and state.on_failure.then == "continue"
        return state.kind == "pivot" or not (goes_on or any(c.takes(ANY_ERROR) for c in state.catch))
    return isinstance(state, Fail) or (isinstance(state, Choice) and state.default is None)


def _pointless(context: Context, retry: Retry, own: Path, shared: Path) -> Iterator[Diagnostic]:
    if ANY_ERROR in retry.except_:
        message = f"except: [{ANY_ERROR!r}] takes every code away: nothing is ever retried"
        yield context.at("SAGA503", message, _where(context, "except", own, shared), "list the codes never to retry")
        return
    for i, code in enumerate(retry.on or ()):
        if code in retry.except_:
            path = (*_where(context, "on", own, shared), i)
            yield context.at("SAGA503", f"'{code}' is retried by 'on' and taken away by 'except'", path, "keep one")


def _where(context: Context, key: str, own: Path, shared: Path) -> Path:
    """Return where a key of the retry stands: with the step, or in the defaults for all."""
    value = context.document.data
    for step in (*own, key):
        inside = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        if not inside:
            return (*shared, key)
        value = value[step]
    return (*own, key)
