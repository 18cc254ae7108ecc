"""What the exit codes say, and the error that carries one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OK: Final = 0
PROBLEMS: Final = 1
USAGE: Final = 2
COMPENSATED: Final = 3
COMPENSATION_FAILED: Final = 4
FAILED: Final = 5
REFUSED: Final = 6
NO_STORE: Final = 69
INTERNAL: Final = 70
NOT_WRITTEN: Final = 74
NOT_YET: Final = 75
INTERRUPTED: Final = 130
TERMINATED: Final = 143

EXITS: Mapping[int, str] = {
    OK: "The saga completed; or all is well.",
    PROBLEMS: "A definition or an input has errors.",
    USAGE: "The command was called in a way that it does not understand.",
    COMPENSATED: "The saga failed and everything it had done was undone.",
    COMPENSATION_FAILED: "The saga failed, and so did a compensation: a person has to decide.",
    FAILED: "The saga failed where nothing is undone: a person has to decide.",
    REFUSED: "What was decided about a saga is not possible; or of several sagas, about some.",
    NO_STORE: "The store of sagas cannot be reached, or cannot be used.",
    INTERNAL: "A mistake in sagadsl itself.",
    NOT_WRITTEN: "What was to be told could not be written, as on a full disk; a saga goes on all the same.",
    NOT_YET: "A decision is in the store, and the engine that runs the saga has not answered yet.",
    INTERRUPTED: "Ctrl-C; a saga with a store can be resumed.",
    TERMINATED: "Stopped by SIGTERM; likewise.",
}
"""Every exit code and what it says.

69, 70, 74 and 75 are `EX_UNAVAILABLE`, `EX_SOFTWARE`, `EX_IOERR` and `EX_TEMPFAIL` of BSD's sysexits.h; 130 and 143 are
128 + the signal.
"""

EXIT_OF_STATUS: Mapping[str, int] = {
    "completed": OK,
    "compensated": COMPENSATED,
    "compensation_failed": COMPENSATION_FAILED,
    "failed": FAILED,
}


class CommandError(Exception):
    """Ends a command with a message for people.

    Args:
        message: What happened, and where.
        exit_code: One of `EXITS`.
        hint: What to do next, or nothing.
    """

    def __init__(self, message: str, exit_code: int = USAGE, *, hint: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.hint = hint
