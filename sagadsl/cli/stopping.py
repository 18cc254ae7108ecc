"""Ctrl-C and SIGTERM for commands that run sagas: the first one asks to stop, the second one stops at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any, Self

from sagadsl.cli.exits import INTERRUPTED, TERMINATED

_SAME = 0.5
"""Seconds within which a second signal is the first one again: wrappers pass on what the terminal sends to all."""

_EXITS = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
_AT_ONCE = "error: stopped at once; whoever takes its sagas up calls again what was under way\n"


class Stopping:
    """Takes the signals for as long as it is entered, which has to be inside the event loop of the main thread.

    Attributes:
        exit_code: What the first signal makes of the process; `None` while none has come.
    """

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self._first_at = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._came) for number in _EXITS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    async def asked(self) -> None:
        """Wait for the first signal."""
        await self._asked.wait()

    def _came(self, number: int, _: FrameType | None) -> None:
        code = _EXITS[signal.Signals(number)]
        if self.exit_code is None:
            self._first_at = time.monotonic()
        elif time.monotonic() - self._first_at < _SAME:
            return
        else:
            leave_at_once(code, _AT_ONCE)
        self.exit_code = code
        self._loop.call_soon_threadsafe(self._asked.set)


def leave_at_once(code: int, last_words: str = "") -> None:
    """End the process without waiting for anything that is still under way in it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, RuntimeError):  # the signal may have come in the middle of writing
            stream.flush()
    with suppress(OSError):
        os.write(2, last_words.encode())
    os._exit(code)
