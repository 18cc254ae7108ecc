"""The ids of sagas: new ones that grow with time, and what may be one."""

from __future__ import annotations

import secrets

from sagadsl.language.inputs import InputError, InputProblem
from sagadsl.machine.saga import Saga

LONGEST = 200
"""Characters; an idempotency key adds a state's name and more to it."""


def new_id(now: float) -> str:
    """Return a new id: 32 hex digits, a UUID of version 7 (RFC 9562, section 5.7).

    It begins with the time in milliseconds, so that sagas that run together stand together in a database's index.
    """
    milliseconds = int(now * 1000) & (2**48 - 1)
    random = secrets.randbits(74)
    return f"{milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (2**62 - 1):032x}"


LONGEST_KEY = 500
"""Characters of a business key or of a lock's name; PostgreSQL's indexes take little more than 2,600 bytes."""


def check_names(saga: Saga) -> None:
    """Refuse a saga whose business key or locks have names that a database cannot look up.

    Raises:
        InputError: One is too long.
    """
    for what, name in (("the business key", saga.key or ""), *(("the lock", lock) for lock in saga.locks)):
        if len(name) > LONGEST_KEY:
            why = f"has {len(name):,} characters with this input, and may have {LONGEST_KEY}"
            raise InputError((InputProblem(f"{what} {f'{name[:50]}…'!r}", why),))


def check_id(saga_id: str) -> str:
    """Return an id that somebody has thought of, if it can be one.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty, too long, or has characters that no database and no header takes.
    """
    if not isinstance(saga_id, str):
        raise TypeError(f"an id is text, not {saga_id!r}")
    if not saga_id or len(saga_id) > LONGEST or not saga_id.isprintable() or saga_id.strip() != saga_id:
        raise ValueError(
            f"not an id: {saga_id[:50]!r}; it has 1 to {LONGEST} printable characters, and no blanks around"
        )
    return saga_id
