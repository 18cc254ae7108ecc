"""The views of a saga, each a picture that every writer can write.

`picture` makes one; `to_dot`, `to_mermaid` and `to_plantuml` write it down.
"""

from __future__ import annotations

from sagadsl.diagrams import drawing, failure_view, lifecycle_view, machine_view, sequence_view
from sagadsl.diagrams.connectors import cut
from sagadsl.diagrams.dot import to_dot
from sagadsl.diagrams.marking import marked
from sagadsl.diagrams.mermaid import to_mermaid
from sagadsl.diagrams.model import Picture
from sagadsl.diagrams.plantuml import to_plantuml
from sagadsl.diagrams.run import RunPicture
from sagadsl.machine.compiler import CompiledSaga

__all__ = [
    "VIEWS",
    "Picture",
    "RunPicture",
    "ViewError",
    "can_fail",
    "picture",
    "to_dot",
    "to_mermaid",
    "to_plantuml",
]

VIEWS = ("flow", "machine", "lifecycle", "failure", "sequence")


class ViewError(ValueError):
    """There is no such view of this saga; the message says which there are, in words for the user."""


def picture(
    compiled: CompiledSaga, view: str = "flow", *, state: str | None = None, run: RunPicture | None = None
) -> Picture:
    """Return a picture of a saga.

    Args:
        compiled: The saga.
        view: One of `VIEWS`.
        state: The state that fails, for the view `failure` and no other; one of `can_fail(compiled)`.
        run: A run to put on the picture; not for the view `failure`, which is about what would happen.

    Raises:
        ViewError: There is no such view, or not of this state.
    """
    if view not in VIEWS:
        raise ViewError(f"There is no view '{view}'; the views are {', '.join(VIEWS)}.")
    if view == "failure":
        return cut(_failure(compiled, state, run))
    if state is not None:
        raise ViewError(f"The view '{view}' is of the whole saga; only the view 'failure' is of one state.")
    definition = compiled.definition
    if view == "lifecycle":
        return lifecycle_view.picture(definition, run)
    if view == "sequence":
        return sequence_view.picture(definition, run)
    drawn = machine_view.picture(compiled) if view == "machine" else drawing.picture(definition)
    return cut(drawn if run is None else marked(drawn, run, definition))


def _failure(compiled: CompiledSaga, state: str | None, run: RunPicture | None) -> Picture:
    if run is not None:
        raise ViewError("The view 'failure' shows what would happen; a run goes on one of the other views.")
    can = can_fail(compiled)
    if not can:
        raise ViewError("No state of this saga can fail, so there is no view 'failure' of it.")
    if state is None:
        raise ViewError(f"The view 'failure' is of one state; say which: {', '.join(can)}.")
    if state not in compiled.definition.all_states:
        raise ViewError(f"There is no state '{state}'; those that can fail are {', '.join(can)}.")
    if state not in can:
        raise ViewError(f"The state '{state}' cannot fail by itself; those that can are {', '.join(can)}.")
    return failure_view.picture(compiled, state)


def can_fail(compiled: CompiledSaga) -> tuple[str, ...]:
    """Return the names of the states that have a view `failure`, in the order of the text."""
    return failure_view.can_fail(compiled.definition)
