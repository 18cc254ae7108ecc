"""Checks of the roles that steps play: what is undone, what is retried, and the point of no return."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language.checks.context import Context, Step
from sagadsl.language.definition import (
    ANY_ERROR,
    Choice,
    Compensation,
    Fail,
    Map,
    Path,
    Retry,
    State,
    SubSaga,
    Task,
    Wait,
)
from sagadsl.language.diagnostics import Diagnostic
from sagadsl.language.edges import Home, catches_all


def compensatable_after_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA501: a step with a compensation can run after a pivot, when nothing is undone any more."""
    hint = "move it before the pivot, or make it kind: retriable without a compensation"
    for step in context.steps:
        if step.name in context.behind_pivots and step.kind == "compensatable" and _undo(step) is not None:
            pivot = context.behind_pivots[step.name][0]
            message = f"'{step.name}' can come after the pivot '{pivot}', where nothing is compensated any more"
            yield context.at("SAGA501", message, (*step.path, "compensation"), hint)


def silent_before_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA502: something can fail after a step, which would have to be undone and does not say how.

    Not asked of a step that only runs after a pivot, and not of the last one before the end.
    """
    undone = undone_by_failures(context)
    hint = "add a compensation, or 'kind: read_only' if there is nothing to undo"
    for task in context.tasks:
        if task.name not in undone or task.compensation is not None:
            continue
        if task.kind is None:
            message = f"a later step can fail, and nothing says how '{task.name}' is undone"
            yield context.at_name("SAGA502", message, task, hint)


def undone_by_failures(context: Context) -> frozenset[str]:
    """Return the states which, completed before the pivot, are undone because something after them can fail."""
    risky = [state.name for state in context.reached if can_turn_back(context, state)]
    return context.flow.before(risky, context.pivots) & context.before_pivot


def pointless_retries(context: Context) -> Iterator[Diagnostic]:
    """SAGA503: `retry.on` lists a code that `except` takes away, or `except` takes every code away."""
    for step in context.steps:
        if isinstance(step, Task):
            yield from _pointless(context, step.retry, (*step.path, "retry"), ("defaults", "retry"))
        if (undo := _undo(step)) is not None:
            own = (*step.path, "compensation", "retry")
            yield from _pointless(context, undo.retry, own, ("compensation", "retry"))


def compensating_after_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA504: `on_failure: compensate` on a state that only runs once a pivot has completed."""
    for step in context.steps:
        wants = step.on_failure is not None and step.on_failure.then == "compensate"
        if wants and step.name not in context.before_pivot:
            message = f"'{step.name}' only runs after the pivot, where nothing is compensated any more"
            hint = "leave on_failure out, or say fail, continue or wait_for"
            yield context.at("SAGA504", message, (*step.path, "on_failure"), hint)


def retriable_before_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA505: a retriable step, which never is undone, can run while the saga can still turn back."""
    for step in context.steps:
        if step.kind != "retriable" or step.name not in context.before_pivot:
            continue
        if context.pivots:
            message = f"'{step.name}' is retriable, and can run before a pivot has completed"
        else:
            message = f"'{step.name}' is retriable, and the saga has no pivot that it could come after"
        hint = "mark the point of no return before it with 'kind: pivot', or give this step a compensation"
        yield context.at("SAGA505", message, (*step.path, "kind"), hint)


def retriable_without_retry(context: Context) -> Iterator[Diagnostic]:
    """SAGA507: a retriable task of which the first failure is the last."""
    for task in context.tasks:
        if task.kind == "retriable" and task.retry.max_attempts <= 1:
            message = f"'{task.name}' is retriable, and is never retried: its first failure stops the saga"
            hint = "give it a retry, as in retry: {max_attempts: 20, initial_delay: 1s, max_delay: 1m}"
            yield context.at("SAGA507", message, (*task.path, "kind"), hint)


def pivot_beside_risk(context: Context) -> Iterator[Diagnostic]:
    """SAGA508: a pivot in a branch whose siblings, or in the body of a map whose other items, can still fail."""
    inside = [step for step in context.steps if step.kind == "pivot" and context.homes.around(step.name)[1:]]
    risks = _risks(context) if inside else {}
    for step in inside:
        for home in context.homes.around(step.name)[1:]:
            risk = _risk_beside(context, home, risks.get(home.owner, []))
            if risk is not None:
                message = f"'{step.name}' is a pivot, and {risk}: what it did could not be undone any more"
                hint = f"move the pivot behind '{home.owner}'"
                yield context.at("SAGA508", message, (*step.path, "kind"), hint)
                break


def pivot_after_pivot(context: Context) -> Iterator[Diagnostic]:
    """SAGA509: a second pivot on one path; the first one was the point of no return already."""
    for step in context.steps:
        others = [name for name in context.behind_pivots.get(step.name, ()) if name != step.name]
        if step.kind == "pivot" and others:
            message = f"'{step.name}' can come after the pivot '{others[0]}', from which on nothing is undone anyway"
            hint = "let one of them be the point of no return; steps behind it are kind: retriable"
            yield context.at("SAGA509", message, (*step.path, "kind"), hint)


def useless_compensations(context: Context) -> Iterator[Diagnostic]:
    """SAGA512: a compensation on a step that is never undone."""
    for step in context.steps:
        why = None if _undo(step) is None else _never_undone(context, step)
        if why is not None:
            message = f"this compensation never runs: {why}"
            yield context.at("SAGA512", message, (*step.path, "compensation"), "delete it, or change the kind")


def _never_undone(context: Context, step: Step) -> str | None:
    if step.kind == "read_only":
        return f"'{step.name}' is read_only, and changes nothing"
    if step.kind in ("retriable", "pivot") and step.name not in context.before_pivot:
        return f"'{step.name}' only runs after the pivot, where nothing is compensated any more"
    return None


def missing_compensations(context: Context) -> Iterator[Diagnostic]:
    """SAGA513: `kind: compensatable` on a task that has no compensation."""
    for task in context.tasks:
        if task.kind == "compensatable" and task.compensation is None:
            message = f"'{task.name}' is compensatable, and has no compensation"
            hint = "add a compensation, or 'kind: read_only' if there is nothing to undo"
            yield context.at("SAGA513", message, (*task.path, "kind"), hint)


def pivot_in_doubt(context: Context) -> Iterator[Diagnostic]:
    """SAGA514: a pivot that times out may have happened; if it has no compensation, only what was before is undone."""
    lone = [task for task in context.tasks if _is_lone_pivot(task) and task.name in context.before_pivot]
    undone = [step.name for step in context.steps if _undo(step) is not None and step.kind == "compensatable"]
    behind = context.flow.behind(undone) if lone else {}
    for task in lone:
        if task.name in behind:
            message = f"if the pivot '{task.name}' times out, it may have happened, and all before it is undone"
            hint = "give it a compensation, which runs only while that is not known, or on_failure: fail"
            yield context.at("SAGA514", message, (*task.path, "kind"), hint)


def _is_lone_pivot(task: Task) -> bool:
    """Whether this is a pivot that turns the saga back when nobody knows whether it happened, and is left alone."""
    if task.kind != "pivot" or task.compensation is not None or any(entry.takes("Timeout") for entry in task.catch):
        return False
    failure = task.on_failure
    return failure is None or failure.then == "compensate" or failure.timeout is not None


def can_turn_back(context: Context, state: State) -> bool:
    """Whether entering the state can make the whole saga compensate; a pivot always counts."""
    if not _can_fail(state):
        return False
    owners = [context.states[home.owner] for home in context.homes.around(state.name)[1:]]
    return not any(isinstance(owner, Step) and _takes_all(owner) for owner in owners)


def _can_fail(state: State) -> bool:
    if isinstance(state, Task | SubSaga):
        return state.kind == "pivot" or not _takes_all(state)
    if isinstance(state, Wait):
        return state.timeout is not None and state.on_timeout is None
    return isinstance(state, Fail) or (isinstance(state, Choice) and state.default is None)


def _takes_all(step: Step) -> bool:
    goes_on = step.on_failure is not None and step.on_failure.then == "continue"
    return goes_on or catches_all(step.catch)


def _risks(context: Context) -> dict[str, list[tuple[Home, str]]]:
    """Return, by the states that have regions, the regions in which something can fail, each with what does first."""
    found: dict[str, list[tuple[Home, str]]] = {}
    for home in context.homes.regions:
        risk = next((s.name for s in context.homes.states_within(home) if can_turn_back(context, s)), None)
        if risk is not None:
            found.setdefault(home.owner, []).append((home, risk))
    return found


def _risk_beside(context: Context, home: Home, risks: list[tuple[Home, str]]) -> str | None:
    """Return what can fail while a state of this region runs, in words."""
    is_map = isinstance(context.states[home.owner], Map)
    found = next(((other, risk) for other, risk in risks if is_map or other != home), None)
    if found is None:
        return None
    where = f"another item of '{home.owner}'" if is_map else f"the branch '{found[0].name}'"
    return f"{where} can still fail at '{found[1]}'"


def _undo(step: Step) -> Compensation | None:
    return step.compensation if isinstance(step, Task | SubSaga) else None


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
    return (*own, key) if context.data_at((*own, key)) is not None else (*shared, key)
