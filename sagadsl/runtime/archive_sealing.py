"""Encrypting what stands in an archive, with the keys that encrypt the store."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Final

from sagadsl.runtime.store.encryption import MARK, PLAIN, keys_of_environment

_MARK: Final = MARK.encode()
_PLACE: Final = "an archive"
"""What is authenticated with each text, so that none from a store can be passed off as a part of an archive."""


def sealed(stories: bytes, compress: Callable[[bytes], bytes]) -> bytes:
    """Return stories as they are kept: one encrypted line, or as they are where `SAGADSL_KEYS` gives no keys.

    Raises:
        StoreError: The keys are no keys.
    """
    keys = keys_of_environment()
    if keys is None:
        return stories
    return keys.seal(base64.b64encode(compress(stories)).decode(), _PLACE).encode() + b"\n"


def opened(line: bytes, decompress: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Yield the lines of which this line was kept.

    Raises:
        StoreError: It is encrypted, and cannot be decrypted with the keys that there are.
    """
    if not line.startswith(_MARK):
        yield line
        return
    text = (keys_of_environment() or PLAIN).open(line.decode("ascii", "replace").rstrip("\n"), _PLACE)
    yield from decompress(base64.b64decode(text)).splitlines(keepends=True)
