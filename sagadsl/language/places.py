"""Every place of a definition in which expressions stand. A new place is added here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from sagadsl.language.definition import Choice, Definition, Json, Pass, Path, State, Succeed, Task

Role: TypeAlias = Literal["payload", "compensation", "fail_when", "choice", "output", "saga_output"]


class Site(NamedTuple):
    """One place: `value` is a template (JSON data), or the text of a condition where `is_condition` says so.

    `state` is `None` for what belongs to the saga as a whole; `path` leads to `value` in the document.
    """

    role: Role
    state: State | None
    path: Path
    value: Json
    is_condition: bool = False


def sites(definition: Definition) -> Iterator[Site]:
    """Yield every place, in the order of the states."""
    for state in definition.states.values():
        yield from _sites_of(state)
    yield Site("saga_output", None, ("output",), definition.output)


def _sites_of(state: State) -> Iterator[Site]:
    match state:
        case Task():
            yield from _sites_of_task(state)
        case Choice():
            for i, choice in enumerate(state.choices):
                yield Site("choice", state, (*state.path, "choices", i, "when"), choice.when, True)
        case Pass() | Succeed() if state.output is not None:
            yield Site("output", state, (*state.path, "output"), state.output)


def _sites_of_task(task: Task) -> Iterator[Site]:
    yield Site("payload", task, (*task.path, "payload"), task.payload)
    for i, rule in enumerate(task.fail_when):
        yield Site("fail_when", task, (*task.path, "fail_when", i, "when"), rule.when, True)
    if task.compensation is not None and task.compensation.payload is not None:
        path = (*task.path, "compensation", "payload")
        yield Site("compensation", task, path, task.compensation.payload)
