"""Between CEL's values and plain JSON: what goes into an evaluation, and what comes out of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cel_expr_python import cel

from sagadsl.language.definition import Json

_AS_THEY_ARE = frozenset({type(None), bool, int, str})
_NUMBERS = (int, float)


def copied(value: Json) -> Json:
    """Copy JSON data, so that nobody can change a saga's state through a value.

    Raises:
        TypeError: It is not JSON; the message says what it is instead, as "an infinite number".
    """
    if type(value) in _AS_THEY_ARE or isinstance(value, str):
        return value
    if isinstance(value, _NUMBERS):
        return _finite(value)
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    raise TypeError("data that is not JSON")


def to_json(value: Any) -> Json:
    """Turn what CEL returns into JSON: a timestamp into RFC 3339 text in UTC, a duration into seconds.

    Keys are sorted, because the order of CEL's own maps differs from process to process.

    Raises:
        TypeError: JSON cannot hold it; the message says what it is.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, bytearray | bytes):
        raise TypeError("bytes, which JSON cannot hold")
    if isinstance(value, cel.Type):
        raise TypeError("a type, which JSON cannot hold")
    return copied(value)


def with_timestamp(saga: Json) -> Json:
    """Return the variable `saga` with `started_at` as the timestamp that CEL wants.

    Args:
        saga: Its `started_at` is RFC 3339 text, seconds since 1970, an aware `datetime`, or missing.

    Raises:
        ValueError: The text is no timestamp.
    """
    from google.protobuf.timestamp_pb2 import Timestamp  # noqa: PLC0415  # only where `saga` is read

    started = saga.get("started_at") if isinstance(saga, Mapping) else None
    if started is None:
        return saga
    moment = Timestamp()
    if isinstance(started, str):
        _parse_timestamp(moment, started)
    elif isinstance(started, datetime):
        moment.FromDatetime(started)
    else:
        moment.FromMicroseconds(round(started * 1_000_000))
    return {**saga, "started_at": moment}


def _parse_timestamp(moment: Any, text: str) -> None:
    try:
        moment.FromJsonString(text)
    except ValueError:
        raise ValueError(f"saga.started_at is {text!r}, which is not a timestamp") from None


def _object(value: dict[Any, Any]) -> dict[str, Json]:
    if not all(isinstance(key, str) for key in value):
        raise TypeError("an object with a key that is not text")
    return {key: to_json(value[key]) for key in sorted(value)}


def _finite(value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError("a number that is infinite or undefined")
    return value
