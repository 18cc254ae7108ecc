"""Alerts of a worker: what somebody has to know now, and no more often than it helps.

`ALERTS` is the whole list. An alert goes to the log, and by `telling.py` to the hooks of `alert_hooks.py`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sagadsl.language.definition import Json
from sagadsl.runtime.observe.telling import LONGEST, Hook, Teller
from sagadsl.runtime.observe.watch import MANY, Health
from sagadsl.runtime.store.contract import SagaRow

ALERTS: Mapping[str, str] = {
    "stale": "Nothing has happened for long to sagas that should go on.",
    "dead_letters": "There are more sagas than before that wait for a person.",
    "breaker_open": "The circuit breaker of a service has opened; `subject` is the service.",
}
"""Every kind of alert, and when there is one."""

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
        state: `firing` while it is so, and `resolved` when it is over.
    """

    kind: str
    summary: str
    at: float
    subject: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)
    state: str = "firing"

    @property
    def about(self) -> About:
        """What tells it from others: one with the same is about the same thing."""
        return self.kind, self.subject

    @property
    def text(self) -> str:
        """What it says, in a line that can stand alone."""
        return self.summary if self.state == "firing" else f"resolved: {self.summary}"

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON data; `text` is where chat systems look for a message."""
        return {
            "alert": self.kind,
            "state": self.state,
            "subject": self.subject,
            "summary": self.summary,
            "text": f"sagadsl: {self.text}",
            "at": self.at,
            "details": dict(self.details),
        }


About: TypeAlias = tuple[str, str]


class _Told:
    """What somebody has been told of, until it is over.

    Attributes:
        alert: What was told first.
        at: When it was told last, by a clock that does not jump.
        calm_since: Since when it has not been so, or `None`.
    """

    __slots__ = ("alert", "at", "calm_since")

    def __init__(self, alert: Alert, at: float) -> None:
        self.alert = alert
        self.at = at
        self.calm_since: float | None = None


class Alerts:
    """Finds out from each look at the store what is new, and tells of it, and of its end.

    The same thing is told again after `every` seconds at the earliest, if it is still so. That it is over is told once,
    when it has been for `calm` seconds: what comes and goes is one alert and not many. What a hook raises is logged.

    Args:
        hooks: What is called with an alert; each for itself.
        every: Seconds.
        calm: Seconds.
        longest: Seconds that a hook has for an alert.
        now: A clock that does not jump.
    """

    def __init__(
        self,
        hooks: Sequence[Hook] = (),
        *,
        every: float = 900.0,
        calm: float = 60.0,
        longest: float = LONGEST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tellers = [Teller(hook, longest) for hook in hooks]
        self._every = every
        self._calm = calm
        self._now = now
        self._told: dict[About, _Told] = {}
        self._dead: int | None = None
        self._bearable = 0

    def look(self, health: Health) -> None:
        """Take what a look has shown, and log what is new or over; the hooks are called by `run`."""
        now = self._now()
        for alert in self._found(health):
            self._notice(alert, now, health.dead_letters)
        for about, told in list(self._told.items()):
            if self._goes_on(told.alert, health):
                told.calm_since = None
            elif told.calm_since is None:
                told.calm_since = now
            if told.calm_since is not None and now - told.calm_since >= self._calm:
                del self._told[about]
                self._tell(_over(told.alert, health))

    def opened(self, service: str) -> None:
        """Take that the circuit of a service has opened just now: by the next look it may try again already."""
        alert = _breaker_open(service, time.time())
        told = self._told.get(alert.about)
        if told is not None:
            told.calm_since = None
        self._notice(alert, self._now(), self._dead or 0)

    async def run(self) -> None:
        """Call the hooks, each with an alert at a time, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for teller in self._tellers:
                group.create_task(teller.run())

    def _found(self, health: Health) -> Iterator[Alert]:
        if health.stale:
            yield _stale(health)
        dead = health.dead_letters
        self._dead = dead if self._dead is None else min(self._dead, dead)
        if dead > self._dead:
            yield _dead_letters(health, dead - self._dead)
        for service, state in health.breakers.items():
            if state == "open":
                yield _breaker_open(service, health.at)

    def _notice(self, alert: Alert, now: float, dead: int) -> None:
        told = self._told.get(alert.about)
        if told is not None and now - told.at < self._every:
            return
        if alert.kind == "dead_letters":
            before = self._dead or 0
            self._bearable = min(before, self._bearable) if told else before
            self._dead = dead
        if told is None:
            self._told[alert.about] = _Told(alert, now)
        else:
            told.at = now
        self._tell(alert)

    def _goes_on(self, alert: Alert, health: Health) -> bool:
        """Whether it is still so; a circuit that one call tries is neither open nor closed."""
        match alert.kind:
            case "stale":
                return bool(health.stale)
            case "dead_letters":
                return health.dead_letters > self._bearable
        return health.breakers.get(alert.subject, "closed") != "closed"

    def _tell(self, alert: Alert) -> None:
        data = {"alert": alert.kind, "subject": alert.subject, "state": alert.state}
        _log.warning("%s", alert.text, extra=data)
        for teller in self._tellers:
            teller.put(alert)


def _over(alert: Alert, health: Health) -> Alert:
    """Return the word that what was told of is over."""
    dead = health.dead_letters
    left = f"{dead} {'waits' if dead == 1 else 'wait'}, as before" if dead else "none waits any more"
    summary = {
        "stale": "something happens again to all sagas that should go on",
        "dead_letters": f"the sagas that waited for a person have been decided about; {left}",
        "breaker_open": f"the circuit breaker of {alert.subject} is closed: it works again and is called",
    }[alert.kind]
    details: dict[str, Json] = {"since": alert.at}
    if alert.kind == "dead_letters":
        details["count"] = dead
    return Alert(alert.kind, summary, health.at, alert.subject, details, "resolved")


def _stale(health: Health) -> Alert:
    count = len(health.stale)
    some = "1 saga" if count == 1 else f"{count if count < MANY else f'{MANY} or more'} sagas"
    first = health.stale[0]
    summary = f"nothing happens to {some} although something should; the longest quiet is {first.name} {first.id}"
    return Alert("stale", summary, health.at, details={"count": count, "sagas": _rows(health.stale)})


def _breaker_open(service: str, at: float) -> Alert:
    return Alert(
        "breaker_open", f"the circuit breaker of {service} is open: it fails and is not called for now", at, service
    )


def _dead_letters(health: Health, more: int) -> Alert:
    count = health.dead_letters
    summary = f"{more} more {'saga waits' if more == 1 else 'sagas wait'} for a person, {count} in all"
    return Alert("dead_letters", summary, health.at, details={"count": count, "more": more})


def _rows(rows: Sequence[SagaRow]) -> list[Json]:
    return [{"saga_id": row.id, "name": row.name, "status": row.status} for row in rows[:_SHOWN]]
