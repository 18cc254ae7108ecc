"""Checks of style: what is said and means nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language.checks.context import Context
from sagadsl.language.definition import SubSaga, Task
from sagadsl.language.diagnostics import Diagnostic


def unused_defaults(context: Context) -> Iterator[Diagnostic]:
    """SAGA602: a default that every task overrides, or that there is no task for."""
    defaults = context.data_at(("defaults",)) or {}
    tasks = [state for state in context.states.values() if isinstance(state, Task)]
    own_timeouts = all(_says(context, task, "timeout") for task in tasks)
    if "timeout" in defaults and own_timeouts and not _undo_uses_timeout(context):
        yield _unused(context, "timeout", bool(tasks))
    retry = defaults.get("retry")
    if retry is not None and all(_overrides(context, task, retry) for task in tasks):
        yield _unused(context, "retry", bool(tasks))


def _unused(context: Context, key: str, has_tasks: bool) -> Diagnostic:
    why = "every task has one of its own" if has_tasks else "there is no task"
    return context.at("SAGA602", f"this default {key} is never used: {why}", ("defaults", key), "delete it", "key")


def _says(context: Context, task: Task, key: str) -> bool:
    return context.data_at((*task.path, key)) is not None


def _overrides(context: Context, task: Task, retry: dict[str, object]) -> bool:
    """Whether a task takes nothing from the default retry, which is merged with its own key by key."""
    own = context.data_at((*task.path, "retry"))
    return isinstance(own, dict) and retry.keys() <= own.keys()


def _undo_uses_timeout(context: Context) -> bool:
    """Whether a compensation takes the default timeout, as it does where nothing nearer gives one."""
    if context.data_at(("compensation", "timeout")) is not None:
        return False
    undone = (s for s in context.states.values() if isinstance(s, Task | SubSaga) and s.compensation is not None)
    return any(context.data_at((*state.path, "compensation", "timeout")) is None for state in undone)
