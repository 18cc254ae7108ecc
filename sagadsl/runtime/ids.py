"""The ids of sagas: new ones that grow with time, and what may be one."""

from __future__ import annotations

import secrets

LONGEST = 200
"""Characters; an idempotency key adds a state's name and more to it."""


def new_id(now: float) -> str:
    """Return a new id: 32 hex digits, a UUID of version 7 (RFC 9562, section 5.7).

    It begins with the time in milliseconds, so that sagas that run together stand together in a database's index.
    """
    milliseconds = int(now * 1000) & (2**48 - 1)
    random = secrets.randbits(74)
    return f"{milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (2**62 - 1):032x}"


def check_id(saga_id: str) -> str:
    """Return an id that somebody has thought of, if it can be one.

    Raises:
        ValueError: It is empty, too long, or has characters that no database and no header takes.
    """
    if not saga_id or len(saga_id) > LONGEST or not saga_id.isprintable() or saga_id.strip() != saga_id:
        raise ValueError(
            f"not an id: {saga_id[:50]!r}; it has 1 to {LONGEST} printable characters, and no blanks around"
        )
    return saga_id
