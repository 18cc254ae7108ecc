"""What becomes of a region that cannot go on: its step fails, or the saga is undone or rests until somebody decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagadsl.machine import backward, regions
from sagadsl.machine.cursor import Cursor
from sagadsl.machine.events import Failure

if TYPE_CHECKING:
    from sagadsl.machine.saga import Saga


def give_up(saga: Saga, cursor: Cursor, failure: Failure, *, at: str = "", rest: bool = False) -> None:
    """The region cannot go on.

    Args:
        saga: The saga.
        cursor: The region. A branch or item fails the step that it is in; the saga's own flow goes back, or, when the
            pivot has been passed, stops as `failed`.
        failure: Why.
        at: The state in which it happened, if that is further inside than the cursor's.
        rest: Whether to stop as `failed` in any case.
    """
    at = at or cursor.state
    if cursor.parent is not None:
        regions.failed(saga, cursor, failure, at=at, rest=rest)
    elif rest or saga.pivot_passed:
        _rest(saga, failure, at)
    else:
        backward.begin(saga, failure, at)


def _rest(saga: Saga, failure: Failure, at: str) -> None:
    saga.error, saga.error_state = failure, at
    saga.fire("fail")
    saga.finish()
