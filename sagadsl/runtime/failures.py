"""What an exception means: the code, the message, and whether the action may have taken place all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from sagadsl.machine.backoff import LONGEST_DELAY
from sagadsl.machine.events import Failure
from sagadsl.runtime.services import ActionError

LONGEST = 2_000
"""Characters of a message that are kept: it stands in the log, in the listing and on the screen."""

INVALID_CODE = "InvalidErrorCode"
"""The code of an `ActionError` whose own code is no name."""

_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

_DEEPEST = 10

LOST_ANSWERS = frozenset(
    {
        ("aiohttp.client_exceptions", "ClientPayloadError"),
        ("aiohttp.client_exceptions", "ServerDisconnectedError"),
        ("concurrent.futures._base", "CancelledError"),
        ("http.client", "HTTPException"),
        ("httpx", "ReadError"),
        ("httpx", "ReadTimeout"),
        ("httpx", "RemoteProtocolError"),
        ("httpx", "WriteError"),
        ("httpx", "WriteTimeout"),
        ("requests.exceptions", "ChunkedEncodingError"),
        ("requests.exceptions", "ReadTimeout"),
        ("subprocess", "TimeoutExpired"),
        ("urllib3.exceptions", "ProtocolError"),
        ("urllib3.exceptions", "ReadTimeoutError"),
    }
)
"""Exceptions, by module and name, after which nobody knows what has been done; beside `TimeoutError` and
`ConnectionError`, but for a connection that was refused. None of their modules is imported for that."""


def failure_of(error: BaseException) -> Failure:
    """Return why an action has failed, from what it has raised."""
    if not isinstance(error, ActionError):
        return Failure(type(error).__name__, _short(_message(error)), in_doubt=any(map(_is_lost, _all_of(error))))
    code, message = str(getattr(error, "code", "ActionError")), str(getattr(error, "message", ""))
    if not _CODE.fullmatch(code):
        code, message = INVALID_CODE, f"{_short(code, 50)!r} is no error code: {message}"
    retryable, in_doubt = bool(getattr(error, "retryable", True)), bool(getattr(error, "in_doubt", False))
    return Failure(code, _short(message), retryable, in_doubt, _seconds(getattr(error, "retry_after", 0.0)))


def _seconds(given: object) -> float:
    """Return for how long to leave the service alone; whatever is no such time says nothing."""
    try:
        seconds = given.total_seconds() if isinstance(given, timedelta) else float(given)  # type: ignore[arg-type]
    except OverflowError:
        return LONGEST_DELAY
    except (TypeError, ValueError):
        return 0.0
    return min(seconds, LONGEST_DELAY) if seconds > 0 else 0.0


def _message(error: BaseException) -> str:
    """Return what the exception says; a `KeyError` says it in quotes, and some exceptions cannot even say it."""
    if isinstance(error, KeyError) and len(error.args) == 1:
        return str(error.args[0])
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exception is the user's, and so is its __str__
        return ""


def _short(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _all_of(error: BaseException, depth: int = 0) -> Iterator[BaseException]:
    """Yield an exception, those that it groups, and those that it was raised from."""
    yield error
    if depth == _DEEPEST:
        return
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for each in (*inside, getattr(error, "reason", None), error.__cause__):  # `reason` is urllib's
        if isinstance(each, BaseException):
            yield from _all_of(each, depth + 1)


def _is_lost(error: BaseException) -> bool:
    """Whether the exception says that an answer was lost."""
    if isinstance(error, TimeoutError | ConnectionError):
        return not isinstance(error, ConnectionRefusedError)
    return any((kind.__module__, kind.__name__) in LOST_ANSWERS for kind in type(error).__mro__)
