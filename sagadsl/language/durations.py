"""Durations: a number of seconds, or parts such as `1h30m`, largest first."""

from __future__ import annotations

import math
import re

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}  # milliseconds, largest first

LONGEST = 100 * 365.25 * 86_400
"""The longest duration in seconds: a hundred years. Anything longer is taken to be a slip."""

_PART = re.compile(r"([0-9]+)(?:\.([0-9]+))?(ms|[smhd])")
_MAX_TEXT = 1_000
_MAX_SHOWN = 40
_MANY = 1e18  # numbers that are told as numbers end here
_FORM = "a number of seconds, or parts such as 500ms, 30s, 1h30m or 2d"


def parse_duration(value: object) -> float:
    """Return the seconds of a duration.

    Args:
        value: A number of seconds, or text made of `d`, `h`, `m`, `s`, `ms` parts, largest first, each once.

    Raises:
        ValueError: It is not a duration, or is longer than `LONGEST`; the text says what was expected.
    """
    if isinstance(value, str):
        return _checked(_parse_text(value), _quoted(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a duration was expected: {_FORM}")  # noqa: TRY004  one error for all that is no duration
    if not value >= 0:  # also refuses NaN
        raise ValueError("a duration cannot be negative")
    return _checked(value, str(value) if value < _MANY else "this number")


def _checked(seconds: float, shown: str) -> float:
    if seconds > LONGEST:
        raise ValueError(f"{shown} is longer than 100 years; check the unit")
    return float(seconds)


def _parse_text(text: str) -> float:
    parts = _parts(text)
    units = [unit for _, _, unit in parts]
    for unit in units:
        if units.count(unit) > 1:
            raise ValueError(f"{_quoted(text)} gives the unit '{unit}' twice")
    ordered = [unit for unit in _UNITS if unit in units]
    if units != ordered:
        right = "".join(_part_text(part) for unit in ordered for part in parts if part[2] == unit)
        raise ValueError(f"{_quoted(text)} has its units out of order; write {right}, largest first")
    # Whole numbers of the smallest fraction: the division rounds once, so that the result is the nearest float.
    digits = max(len(fraction) for _, fraction, _ in parts)
    total = sum(int(whole + fraction.ljust(digits, "0")) * _UNITS[unit] for whole, fraction, unit in parts)
    return _divide(total, 1_000 * 10**digits)


def _divide(total: int, by: int) -> float:
    try:
        return total / by
    except OverflowError:
        return math.inf


def _parts(text: str) -> list[tuple[str, str, str]]:
    parts: list[tuple[str, str, str]] = []
    position = 0
    while position < len(text) <= _MAX_TEXT:
        found = _PART.match(text, position)
        if found is None:
            break
        parts.append((found[1], found[2] or "", found[3]))
        position = found.end()
    if text.isdecimal():
        raise ValueError(f"{_quoted(text)} has no unit: write {_quoted(text + 's')}, or the number without quotes")
    if not parts or position < len(text):
        raise ValueError(f"{_quoted(text)} is not a duration: write {_FORM}")
    return parts


def _part_text(part: tuple[str, str, str]) -> str:
    whole, fraction, unit = part
    return f"{whole}.{fraction}{unit}" if fraction else f"{whole}{unit}"


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= _MAX_SHOWN else f"'{text[:_MAX_SHOWN]}…'"


def format_duration(seconds: float) -> str:
    """Return the seconds as a duration that people read, which `parse_duration` reads back to the same value.

    A saga may wait for an instant that is further away than a duration may be long; that is written too.

    Raises:
        ValueError: The number is negative or not finite.
    """
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"{seconds} is no duration")
    from decimal import Decimal, localcontext  # noqa: PLC0415  not needed to validate, and slow to import

    exact = Decimal(repr(float(seconds)))
    with localcontext() as context:
        context.prec = 60
        whole, fraction = divmod(exact, 1)
        if not whole and fraction:
            return f"{_plain(fraction * 1000)}ms"
        text, left = "", int(whole)
        for unit in ("d", "h", "m"):
            count, left = divmod(left, _UNITS[unit] // 1000)
            text += f"{count}{unit}" if count else ""
        last = left + fraction
        return text + (f"{_plain(last)}s" if last or not text else "")


def _plain(number: object) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
