"""Callbacks of other people, called for sagas, which they must not be able to break.

A saga's path stands in its definition and its events. It must be the same at a replay, where other callbacks may be
there or none. So a callback looks and counts; whatever it raises is kept until the saga has taken its event, and a
condition that says no is an error of the same kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagadsl.machine.commands import Command
    from sagadsl.machine.saga import Saga


class Guest:
    """Something of ours that a machine moves without its ever having been added to it: a saga, a step, a cursor."""

    __slots__ = ()


class ConditionRefusedError(Exception):
    """A condition that somebody put on a transition of a running saga says no; the saga has gone on all the same."""


class CallbackError(Exception):
    """Callbacks have raised errors. The saga has taken the event all the same, and stands as any replay of it does.

    Args:
        saga: The saga, as it now stands.
        commands: What `Saga.apply` would have returned; it is to be carried out. After a replay, all that is
            outstanding.
        errors: What was raised, in that order; the first is also the cause.
    """

    def __init__(self, saga: Saga, commands: list[Command], errors: Sequence[Exception]) -> None:
        first = f"{type(errors[0]).__name__}: {errors[0]}"
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        super().__init__(f"{saga.id}: the event was taken, but a callback failed: {first}{more}")
        self.saga = saga
        self.commands = commands
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.saga, self.commands, self.errors)


def is_method_name(callback: object) -> bool:
    """Whether a callback is the name of a method of the models that were added; a guest has no such methods.

    A name with a dot in it is the path of a function, which is imported and called for everybody.
    """
    return isinstance(callback, str) and "." not in callback
