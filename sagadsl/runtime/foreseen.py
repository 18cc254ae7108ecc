"""What a decision would come to at once, found out on a copy of the saga before anything is recorded.

The machine takes whatever output a person gives. That a state cannot read it is then the saga's next failure, and
before the pivot everything is undone because of a slip of the pen. So it is refused while nothing has happened yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sagadsl.machine.events import INVALID_PAYLOAD, Event, Failure, StepResolved, StepSkipped
from sagadsl.machine.saga import Saga
from sagadsl.machine.verification.copies import copy_saga

_OUTPUT = re.compile(r"\bstates\.(\w+)\.output\b")

DECISIONS = (StepResolved, StepSkipped)
"""The events about which there is something to be foreseen."""


def check(saga: Saga, event: Event) -> None:
    """Make sure that the saga can go on from a step that was resolved or skipped; it stays as it is.

    Args:
        saga: The saga, with no callbacks on its machines: they would hear of what has not happened.
        event: Any event; those that are none of `DECISIONS` are let pass.

    Raises:
        UnexpectedEvent: The event is out of place, or a state that comes at once cannot read the output.
    """
    if not isinstance(event, DECISIONS) or saga.status == "compensation_failed":
        return
    copy = copy_saga(saga)
    copy.apply(event)
    known = set(_unreadable(saga))
    for state, failure in _unreadable(copy):
        if (state, failure) not in known and _is_to_blame(event, failure):
            raise saga.refuse(event, _why(event, state, failure))


def _unreadable(saga: Saga) -> Iterator[tuple[str, Failure]]:
    """Yield the failures that stop the saga or a part of it because a value is not there, each with its state."""
    if saga.error is not None and saga.error.code == INVALID_PAYLOAD:
        yield saga.error_state or "", saga.error
    for execution in saga.executions.values():
        inside = execution.regions
        if inside is not None and inside.failure is not None and inside.failure.code == INVALID_PAYLOAD:
            yield inside.failed_at, inside.failure


def _is_to_blame(event: StepResolved | StepSkipped, failure: Failure) -> bool:
    """Whether it is this step's output that is wrong; where another one's is, no other decision would help.

    The reason at the end of the message may name an output; else it is among those that the expression reads.
    """
    reason = failure.message.rpartition("' has no value: ")[2]
    return set(_OUTPUT.findall(reason) or _OUTPUT.findall(failure.message)) == {event.state}


def _why(event: StepResolved | StepSkipped, state: str, failure: Failure) -> str:
    if isinstance(event, StepSkipped):
        return f"{state!r} cannot go on without {event.state!r}: {failure.message}; resolve it with an output instead"
    return f"{state!r} cannot go on from this output: {failure.message}; give one that has it"
