"""The coding of a body: `identity` is asked for, and some servers compress all the same."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

_WINDOW: Final[Mapping[str, int]] = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""By the coding (RFC 9110, section 8.4.1), how zlib is told of it."""


class UnreadableError(Exception):
    """A body that cannot be read; the message says why."""


def decoded(body: bytes, headers: Mapping[str, str], most: int) -> bytes:
    """Return a body as it was before it was compressed.

    Args:
        body: All of it.
        headers: Those of the answer, their names in lower case.
        most: How many bytes it may have; what is small when it comes may be huge when it is read.

    Raises:
        UnreadableError: It is longer, it is not what it says, or nobody here can decompress it.
    """
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity" or not body:
        return body
    if coding not in _WINDOW:
        raise UnreadableError(f"it is compressed ({coding[:20]}), which was not asked for")
    unzip = zlib.decompressobj(_WINDOW[coding])
    try:
        plain = unzip.decompress(body, most + 1)
    except zlib.error:
        raise UnreadableError(f"it is not {coding}, as it says") from None
    if len(plain) > most:
        raise UnreadableError(f"it is longer than {most} bytes when it is decompressed")
    if not unzip.eof:
        raise UnreadableError(f"its {coding} breaks off")
    return plain
