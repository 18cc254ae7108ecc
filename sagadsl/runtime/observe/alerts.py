"""Alerts of a worker: what somebody has to know now, and no more often than it helps.

`ALERTS` is the whole list. An alert goes to the log and to the hooks, which are in `alert_hooks.py`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.runtime.observe.watch import MANY, Health
from sagadsl.runtime.store.contract import SagaRow

ALERTS: Mapping[str, str] = {
    "stale": "Nothing has happened for long to sagas that should go on.",
    "dead_letters": "There are more sagas than before that wait for a person.",
    "breaker_open": "The circuit breaker of a service has opened; `subject` is the service.",
}
"""Every kind of alert, and when there is one."""

QUEUED: Final = 100
"""Alerts that wait to be told; more are only logged."""

_SHOWN = 10

_log = logging.getLogger("sagadsl.alerts")


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person should look at.

    Args:
        kind: One of `ALERTS`.
        summary: What it is, in a sentence.
        at: When it was found, in seconds since 1970.
        subject: What it is about, where there may be several.
        details: More of it, as JSON data.
    """

    kind: str
    summary: str
    at: float
    subject: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data; `text` is where chat systems look for a message."""
        return {
            "alert": self.kind,
            "subject": self.subject,
            "summary": self.summary,
            "text": f"sagadsl: {self.summary}",
            "at": self.at,
            "details": dict(self.details),
        }


Hook: TypeAlias = Callable[[Alert], Awaitable[None]]


class Alerts:
    """Finds out from each look at the store what is new, and tells of it.

    The same thing is told again after `every` seconds at the earliest, if it is still so. What a hook raises is logged.

    Args:
        hooks: What is called with an alert, one after the other.
        every: Seconds.
        now: A clock that does not jump.
    """

    def __init__(
        self, hooks: Sequence[Hook] = (), *, every: float = 900.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._hooks = hooks
        self._every = every
        self._now = now
        self._told: dict[tuple[str, str], float] = {}
        self._dead: int | None = None
        self._queue: asyncio.Queue[Alert] = asyncio.Queue(QUEUED)

    def look(self, health: Health) -> None:
        """Take what a look has shown, and log what is new; the hooks are called by `run`."""
        for alert in self._found(health):
            if not self._is_due(alert):
                continue
            if alert.kind == "dead_letters":
                self._dead = health.dead_letters
            _log.warning("%s", alert.summary, extra={"alert": alert.kind, "subject": alert.subject})
            if self._hooks:
                self._put(alert)

    def _is_due(self, alert: Alert) -> bool:
        what, now = (alert.kind, alert.subject), self._now()
        if now - self._told.get(what, float("-inf")) < self._every:
            return False
        self._told[what] = now
        return True

    def _put(self, alert: Alert) -> None:
        try:
            self._queue.put_nowait(alert)
        except asyncio.QueueFull:
            _log.warning("%d alerts wait to be told; one more is not", QUEUED)

    def _found(self, health: Health) -> Iterator[Alert]:
        if health.stale:
            yield _stale(health)
        dead = health.dead_letters
        self._dead = dead if self._dead is None else min(self._dead, dead)
        if dead > self._dead:
            yield _dead_letters(health, dead - self._dead)
        for service, state in health.breakers.items():
            if state == "open":
                summary = f"the circuit breaker of {service} is open: it fails and is not called for now"
                yield Alert("breaker_open", summary, health.at, service)
            elif state == "closed":
                self._told.pop(("breaker_open", service), None)

    async def run(self) -> None:
        """Call the hooks, an alert at a time, until cancelled."""
        while True:
            alert = await self._queue.get()
            for hook in self._hooks:
                try:
                    await hook(alert)
                except Exception as error:  # noqa: BLE001 - it is no business of the sagas that nobody can be told
                    _log.error("an alert could not be told: %s", error)


def _stale(health: Health) -> Alert:
    count = len(health.stale)
    some = "1 saga" if count == 1 else f"{count if count < MANY else f'{MANY} or more'} sagas"
    first = health.stale[0]
    summary = f"nothing happens to {some} although something should; the longest quiet is {first.name} {first.id}"
    return Alert("stale", summary, health.at, details={"count": count, "sagas": _rows(health.stale)})


def _dead_letters(health: Health, more: int) -> Alert:
    count = health.dead_letters
    summary = f"{more} more {'saga waits' if more == 1 else 'sagas wait'} for a person, {count} in all"
    return Alert("dead_letters", summary, health.at, details={"count": count, "more": more})


def _rows(rows: Sequence[SagaRow]) -> list[Json]:
    return [{"saga_id": row.id, "name": row.name, "status": row.status} for row in rows[:_SHOWN]]
