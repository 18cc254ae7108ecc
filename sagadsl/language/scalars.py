"""Plain scalars as the core schema of YAML 1.2 reads them (https://yaml.org/spec/1.2.2/#103-core-schema).

`on`, `yes`, `12:30` and dates are text; `010` is ten; `0o17` and `0x1F` are numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

Scalar = bool | int | float | str | None

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER_STARTS = frozenset("-+.0123456789")
_LONGEST_INTEGER = 70  # digits, sign and leading zeros included; more cannot be meant as a number
_MIN, _MAX = -(2**63), 2**63 - 1


class OutOfRangeError(ValueError):
    """A number that is neither a 64-bit integer nor a finite double; the text says which."""


def resolve(text: str) -> Scalar:
    """Return the value of a plain (unquoted) scalar.

    Raises:
        OutOfRangeError: It is a number that JSON and every service could not carry exactly.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBER_STARTS:
        for form, read in _NUMBERS:
            if form.match(text):
                return read(text)
    return text


def _integer(digits: str, base: int = 10) -> int:
    value = int(digits, base) if len(digits) <= _LONGEST_INTEGER else None
    if value is None or not _MIN <= value <= _MAX:
        raise OutOfRangeError("the whole number does not fit into 64 bits")
    return value


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise OutOfRangeError("the number is too large for a 64-bit floating-point number")
    return value


def _not_finite(_: str) -> float:
    raise OutOfRangeError("infinity and not-a-number are no values that a saga can carry")


_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]+\Z"), _integer),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"), _float),
    (re.compile(r"0o[0-7]+\Z"), lambda text: _integer(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+\Z"), lambda text: _integer(text[2:], 16)),
    (re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"), _not_finite),
)
