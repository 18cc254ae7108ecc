"""How long to wait before the next attempt, the same at every replay."""

from __future__ import annotations

from hashlib import blake2b

from sagadsl.language.definition import Retry

LONGEST_DELAY = 100 * 365 * 86400.0
"""Seconds; what an exponential that has left the range of numbers is cut to."""


def may_retry(retry: Retry, code: str, attempts: int, *, retryable: bool) -> bool:
    """Whether an error with this code is tried again after so many attempts."""
    if not retryable or attempts >= retry.max_attempts:
        return False
    if code in retry.except_ or "*" in retry.except_:
        return False
    return retry.on is None or code in retry.on or "*" in retry.on


def delay_after(retry: Retry, attempts: int, seed: str, at_least: float = 0.0) -> float:
    """Return the seconds between attempt number `attempts` and the next one.

    `min(max_delay, initial_delay * multiplier^(attempts-1))`; full jitter draws from `[0, delay]`, after Marc
    Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015), from a hash of `seed`, so that a replay
    draws the same.

    It is `at_least` what the service has asked for, as HTTP's `Retry-After` does (RFC 9110, section 10.2.3), even if
    that is longer than `max_delay`. With jitter what was drawn is added to it: else all who were told the same moment
    would come at that moment.
    """
    longest = LONGEST_DELAY if retry.max_delay is None else retry.max_delay
    try:
        delay = min(longest, retry.initial_delay * retry.multiplier ** (attempts - 1))
    except OverflowError:
        delay = longest if retry.initial_delay else 0.0
    asked = min(at_least, LONGEST_DELAY)
    return asked + delay * _fraction(seed) if retry.jitter == "full" else max(asked, delay)


def _fraction(seed: str) -> float:
    digest = blake2b(seed.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
