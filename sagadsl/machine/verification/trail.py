"""The transitions that sagas of one definition make in their flows, as they make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sagadsl.machine.compiler import CompiledSaga


class Move(NamedTuple):
    """A transition of a flow: from which state, by which trigger, to which state."""

    at: str
    trigger: str
    to: str


class Trail:
    """Notes every transition of every flow machine of a compiled saga.

    Args:
        compiled: The saga; one of the caller's own, since callbacks are called for all sagas of a machine.

    Attributes:
        moves: The transitions since this was last cleared.
    """

    def __init__(self, compiled: CompiledSaga) -> None:
        self.moves: list[Move] = []
        for machine in (compiled.flow, *(flow.machine for flow in compiled.regions.values())):
            for event in machine.events.values():
                for row in (row for rows in event.transitions.values() for row in rows):
                    row.add_callback("after", self._note(Move(row.source, event.name, row.dest)))

    def _note(self, move: Move) -> Callable[..., None]:
        def note(*_: object) -> None:
            self.moves.append(move)

        return note
