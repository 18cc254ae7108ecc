"""Which actions a saga may call, and whether services have them."""

from __future__ import annotations

from collections.abc import Iterator

from sagadsl.language.definition import Task
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.runtime.services import Services, UnknownActionError


def check_actions(compiled: CompiledSaga, services: Services) -> None:
    """Make sure that every action the saga may call is there.

    Raises:
        UnknownActionError: Names all that are missing.
    """
    missing = missing_actions(compiled, services)
    if missing:
        raise UnknownActionError(f"no service offers {', '.join(missing)}")


def missing_actions(compiled: CompiledSaga, services: Services) -> list[str]:
    """Return the actions that the saga may call and no service offers, each as `service.action`."""
    return [name for name in dict.fromkeys(_action_names(compiled)) if name not in services]


def _action_names(compiled: CompiledSaga) -> Iterator[str]:
    for state in compiled.definition.all_states.values():
        if isinstance(state, Task):
            yield f"{state.service}.{state.action}"
        undo = getattr(state, "compensation", None)
        if undo is not None:
            yield f"{undo.service}.{undo.action}"
