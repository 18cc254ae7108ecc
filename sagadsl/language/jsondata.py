"""Plain JSON data, checked and copied, so that nobody else holds a part of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sagadsl.language.definition import Json, Path

MAX_DEPTH = 100
"""As deep as a definition's text may be nested."""


class NotJsonError(ValueError):
    """The value is not JSON data; the message says where and why."""


def as_json(value: Any) -> Json:
    """Return a copy of the value as JSON data; a tuple becomes a list, a mapping a dict.

    Raises:
        NotJsonError: Something in it cannot be written as JSON.
    """
    return _copy(value, ())


def _copy(value: Any, path: Path) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        return _whole(value, path)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _refused(path, f"{value} is not a finite number")
        return float(value)
    if len(path) > MAX_DEPTH:
        raise _refused(path[:3], f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict | Mapping):  # a dict is told at once
        return {_key(key, path): _copy(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(item, (*path, index)) for index, item in enumerate(value)]
    raise _refused(path, f"a value of type {type(value).__name__} cannot be written as JSON")


def _whole(value: int, path: Path) -> int:
    if not -(2**63) <= value < 2**63:
        raise _refused(path, "the whole number does not fit into 64 bits")
    return int(value)


def _text(value: str, path: Path) -> str:
    """Return the text, unless it cannot be kept: neither CEL nor a database takes these characters."""
    if type(value) is str and value.isascii() and "\0" not in value:
        return value
    if "\0" in value:
        raise _refused(path, "the text has the character NUL in it")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _refused(path, "the text has half a character (a lone surrogate) in it")
    return str(value)


def _key(key: Any, path: Path) -> str:
    if isinstance(key, str):
        return _text(key, path)
    raise _refused(path, f"the key {key!r} is not text")


def _refused(path: Path, why: str) -> NotJsonError:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    return NotJsonError(f"{place}: {why}" if place else why)
