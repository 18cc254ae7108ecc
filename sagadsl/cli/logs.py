"""What an engine logs while a command runs it, as a person reads it: one line each, on standard error."""

from __future__ import annotations

import logging
import os

from sagadsl.cli.formats import printable


def log_for_people(level: int = logging.ERROR) -> None:
    """Show what is logged from this level on, in a line each; with `SAGADSL_DEBUG` everything is logged already."""
    if os.environ.get("SAGADSL_DEBUG"):
        return
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=level, handlers=[handler])


class _OneLine(logging.Formatter):
    """Says what was logged, and of an exception only what it says itself."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            text += f": {type(error).__name__}: {error}"
        return f"{record.levelname.lower()}: {printable(text)}"
