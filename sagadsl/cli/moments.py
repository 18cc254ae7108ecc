"""Points in time and lengths of time, as people write and read them."""

from __future__ import annotations

import time
from datetime import datetime

from sagadsl.cli.exits import CommandError
from sagadsl.language.durations import format_duration, parse_duration

_FEW, _MINUTE, _HOUR, _DAY = 10, 60, 3600, 86_400


def since(text: str, option: str, now: float | None = None) -> float:
    """Return the instant that a duration ago was, or that a date and time names, in seconds since 1970.

    A date without a time zone is meant in the zone of this machine.

    Raises:
        CommandError: The text is neither.
    """
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return (time.time() if now is None else now) - duration(text, option, or_else="a date such as 2030-01-31")


def duration(text: str, option: str, or_else: str = "") -> float:
    """Return the seconds of a duration; a bare number is one of seconds.

    Raises:
        CommandError: The text is no duration.
    """
    try:
        return parse_duration(float(text) if text.isdecimal() else text)
    except ValueError:
        or_else = f", or {or_else}" if or_else else ""
        raise CommandError(f"{option} {text}: a duration such as 30s, 2h or 1d was expected{or_else}") from None


def clock_time(instant: float) -> str:
    """Return a date and time of this machine's zone, to the second."""
    try:
        return datetime.fromtimestamp(instant).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "at the end of time"


def length(seconds: float) -> str:
    """Return about how long something took, in at most two units."""
    seconds = max(0.0, seconds)
    if seconds < _FEW:
        return f"{seconds:.3f}s"
    if seconds < _MINUTE:
        return f"{seconds:.1f}s"
    for unit, finer in ((_DAY, _HOUR), (_HOUR, _MINUTE)):
        if seconds >= unit:
            return format_duration(seconds // finer * finer)
    return format_duration(seconds // 1)


def from_now(instant: float, now: float) -> str:
    """Return an instant as people think of it from now: `in 3m`, or `3m ago`."""
    return f"in {length(instant - now)}" if instant >= now else f"{length(now - instant)} ago"
