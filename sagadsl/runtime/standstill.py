"""Seeing what holds up an event loop, from a thread beside it: the loop itself hears of it only when it is over.

An action that is `async` and waits without `await`, as `time.sleep` does, holds up every saga of its engine, and the
signs of life too, so that other engines take the engine for dead. Whoever has to mend that wants to know which it is.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from types import FrameType

PATIENCE = 1.0
"""Seconds after which an event loop that does not answer is looked at."""

_BETWEEN = 0.5
_SURE = 0.2
"""A whole process that was frozen answers so soon, and nothing in it is to blame."""


class Watcher:
    """Looks at the event loop that it is made in, as long as it runs.

    Args:
        name_of: Says for people what a task does; `None` for one that it does not know.

    Attributes:
        culprit: What the loop was held up by last; "" if nobody knows, or it was not, or that has been told.
    """

    def __init__(self, name_of: Callable[[asyncio.Task[object]], str | None]) -> None:
        self.culprit = ""
        self._name_of = name_of
        self._loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        self._ended = threading.Event()
        self._answered = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sagadsl watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(_BETWEEN):
            self._answered.clear()
            try:
                self._loop.call_soon_threadsafe(self._answered.set)
            except RuntimeError:  # the loop was closed
                return
            if not self._answers(PATIENCE) and not self._answers(_SURE):
                self.culprit = self._look()
                while not self._answers(_BETWEEN) and not self._ended.is_set():
                    pass

    def _answers(self, within: float) -> bool:
        return self._answered.wait(within)

    def _look(self) -> str:
        task = asyncio.current_task(self._loop)
        frame = sys._current_frames().get(self._thread_id)
        name = None if task is None else self._name_of(task)
        where = "" if frame is None or task is None else _place(frame)
        return f"{name}, at {where}" if name and where else name or where


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
