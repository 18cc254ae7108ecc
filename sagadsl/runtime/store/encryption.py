"""Encrypting what a store keeps of sagas' data.

AES-SIV (RFC 5297) with 256-bit keys. It needs no random numbers, so the same event is the same text each time: a store
knows one that is written twice, and no key wears out. The saga's id is authenticated with each text, so that none can
be passed off as another saga's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from sagadsl.runtime.store.contract import StoreError

VARIABLE: Final = "SAGADSL_KEYS"
"""The environment variable with the keys, separated by commas; the first one encrypts, and each of them decrypts."""

MARK: Final = "\x1aS"
"""What an encrypted text begins with. Nothing else does, since `plain.to_column` writes `\\x1a` in another way."""

KEY_BYTES: Final = 64
"""AES-SIV takes two keys of AES-256."""

_ID = 8


class Codec(Protocol):
    """Makes what is kept of what is said, and back. `place` is whose it is, such as a saga's id."""

    def seal(self, text: str, place: str) -> str:
        """Return what is kept of a text."""

    def open(self, text: str, place: str) -> str:
        """Return the text of which this was kept.

        Raises:
            StoreError: It is encrypted, and cannot be decrypted here.
        """


class Plain:
    """Keeps texts as they are."""

    def seal(self, text: str, place: str) -> str:  # noqa: ARG002 - as `Codec` has it
        """Return the text."""
        return text

    def open(self, text: str, place: str) -> str:  # noqa: ARG002 - likewise
        """Return the text, unless somebody with a key has written it."""
        if text.startswith(MARK):
            raise StoreError(f"the store is encrypted: set {VARIABLE} to the keys that it was written with")
        return text


PLAIN: Final = Plain()


class Keys:
    """Encrypts with the first of some keys, and decrypts with whichever it was.

    Args:
        keys: Keys of 64 bytes each.

    Raises:
        StoreError: The library for it is not installed.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        try:
            from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra
            from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 - likewise
        except ImportError:
            raise StoreError(f"{VARIABLE} is set, which needs `pip install 'sagadsl[encryption]'`") from None
        self._wrong = InvalidTag
        self._ciphers = {_id_of(key): AESSIV(key) for key in keys}
        self._first = _id_of(keys[0])

    def seal(self, text: str, place: str) -> str:
        """Return the text, encrypted with the first key."""
        sealed = self._ciphers[self._first].encrypt(text.encode("utf-8", "surrogatepass"), [place.encode()])
        return f"{MARK}{self._first}{base64.b64encode(sealed).decode()}"

    def open(self, text: str, place: str) -> str:
        """Return the text that was encrypted; one that was not is returned as it is."""
        if not text.startswith(MARK):
            return text
        start = len(MARK)
        key_id = text[start : start + _ID]
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise StoreError(f"the store is encrypted with another key ({key_id}): add it to {VARIABLE}")
        try:
            sealed = base64.b64decode(text[start + _ID :], validate=True)
            return cipher.decrypt(sealed, [place.encode()]).decode("utf-8", "surrogatepass")
        except (self._wrong, binascii.Error, ValueError):
            raise StoreError(f"what the store has of {place} has been changed; restore it from a backup") from None

    def is_current(self, text: str) -> bool:
        """Whether a text is encrypted with the first key."""
        return text.startswith(MARK + self._first)


def new_key() -> str:
    """Return a new key, as `SAGADSL_KEYS` has it."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def keys_from(text: str | None) -> Keys | None:
    """Return the keys of `SAGADSL_KEYS`; `None` if there are none.

    Raises:
        StoreError: One of them is no key. The message does not repeat it.
    """
    written = [each.strip() for each in (text or "").split(",") if each.strip()]
    return _keys(tuple(_key(each, number) for number, each in enumerate(written, 1))) if written else None


def keys_of_environment() -> Keys | None:
    """Return the keys that the environment gives, if any."""
    return keys_from(os.environ.get(VARIABLE))


@lru_cache(maxsize=4)
def _keys(keys: tuple[bytes, ...]) -> Keys:
    return Keys(keys)


def _key(written: str, number: int) -> bytes:
    try:
        key = base64.b64decode(written.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(f"{VARIABLE}: key {number} is no key; `sagadsl db new-key` makes one")
    return key


def _id_of(key: bytes) -> str:
    """Return what tells a key from others without saying anything about it."""
    return hashlib.sha256(b"sagadsl key " + key).hexdigest()[:_ID]
