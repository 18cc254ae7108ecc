"""Which actions a saga may call, and whether services have them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

from sagadsl.language.definition import SubSaga, Task
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.runtime.services import Services, UnknownActionError

Known: TypeAlias = Callable[[str, str | None], Awaitable[CompiledSaga | None]]


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


async def needed_actions(compiled: CompiledSaga, known: Known) -> list[str]:
    """Return the actions that the saga may call, and those that sagas may call which it runs.

    Args:
        compiled: The saga.
        known: Finds a saga by its name and version; `None` stands for the newest version, and for one that is nowhere.
    """
    names = [*_action_names(compiled)]
    for state in compiled.definition.all_states.values():
        if isinstance(state, SubSaga):
            child = await known(state.saga, state.version)
            names += [] if child is None else _action_names(child)
    return [*dict.fromkeys(names)]


def _action_names(compiled: CompiledSaga) -> Iterator[str]:
    for state in compiled.definition.all_states.values():
        if isinstance(state, Task):
            yield f"{state.service}.{state.action}"
        undo = getattr(state, "compensation", None)
        if undo is not None:
            yield f"{undo.service}.{undo.action}"
