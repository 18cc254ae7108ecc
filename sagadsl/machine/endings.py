"""The two ways in which a saga that cannot go on ends: undone, or at rest until somebody decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.machine import backward
from sagadsl.machine.events import Failure

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def give_up(saga: Saga, failure: Failure) -> None:
    """The saga cannot go on here: undo what was done, or stop if the pivot has been passed."""
    if saga.pivot_passed:
        rest(saga, failure)
    else:
        backward.begin(saga, failure)


def rest(saga: Saga, failure: Failure) -> None:
    """Stop as `failed`, until somebody decides."""
    saga.error, saga.error_state = failure, saga.state
    saga.fire("fail")
    saga.finish()
