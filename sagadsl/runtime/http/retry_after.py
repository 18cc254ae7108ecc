"""`Retry-After`: for how long a service asks to be left alone."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds for which a service asks to be left alone; 0 if it does not say, or says what nobody can read.

    They are given as a number or as a date (RFC 9110, section 10.2.3), and by some services with decimals, which it
    does not know. A date goes by the service's own clock, which its answer tells in `Date`, and by ours only where it
    does not.

    Args:
        headers: Those of its answer, their names in lower case.
    """
    given = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(given):
        return float(given[:15])
    until = _instant(given)
    if until is None:
        return 0.0
    now = _instant(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _instant(text: str) -> float | None:
    """Return an HTTP date in seconds since 1970; a date without a zone is in UTC."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
