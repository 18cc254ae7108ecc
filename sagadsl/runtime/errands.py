"""What an engine does beside everything else, for a saga or for itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from typing import Any

from sagadsl.runtime.activity import Activity
from sagadsl.runtime.runs import Run
from sagadsl.runtime.store.contract import LeaseLostError

_log = logging.getLogger(__name__)


class Errands:
    """Tasks in the background; `activity` hears of them."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None], run: Run | None = None) -> None:
        """Do something, perhaps for a saga; what goes wrong is told in the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        self._activity.begin()
        if run is not None:
            run.errands += 1
        task.add_done_callback(partial(self._ended, run))

    def _ended(self, run: Run | None, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if run is not None:
            run.errands -= 1
        self._activity.end()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LeaseLostError):
            _log.info("left to the engine that goes on with the saga: %s", error)
        elif error is not None:
            _log.error("something in the background failed", exc_info=error)

    def stop(self) -> None:
        """Stop all of them but the one that calls this."""
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
