"""Text and JSON that every database takes and gives back as it was.

PostgreSQL has no character NUL, and neither database takes half a character (a lone surrogate). A message of an
exception may have either in it, and one such event must not hold up all that are written with it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sagadsl.language.definition import Json

_UNWRITABLE = re.compile("[\0\x1a\ud800-\udfff]")
_WRITTEN = re.compile("\x1a([0-9a-f]{4})")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=True).encode
_encode_in_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=True).encode
_encode_sorted = json.JSONEncoder(sort_keys=True).encode


def to_column(value: str) -> str:
    r"""Return text as a column can keep it: `\x1a` and four digits stand for what it cannot keep."""
    if _UNWRITABLE.search(value) is None:
        return value
    return _UNWRITABLE.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)


def from_column(value: str) -> str:
    """Return the text that `to_column` was given."""
    if "\x1a" not in value:
        return value
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), value)


def dumps(data: Any) -> str:
    """Return data as JSON text without NUL or half characters, which are escaped in it."""
    text = _encode(data)
    return text if _UNWRITABLE.search(text) is None else _encode_in_ascii(data)


def loads(text: str) -> Json:
    """Return the data of a JSON text."""
    data: Json = json.loads(text)
    return data


def same(text: str, other: str) -> bool:
    """Whether two JSON texts say the same; `1`, `1.0` and `true` do not."""
    return text == other or _encode_sorted(json.loads(text)) == _encode_sorted(json.loads(other))
