"""How a sensitive value can stand in a text: as it is, as programs write it, or cut short."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from sagadsl.runtime.observe.sensitive_places import MASK

IN_TEXT = 4
"""Characters that a value needs to be looked for inside of other texts; shorter ones stand in half of all words."""

_CUT = "…"  # what stands where a message of sagadsl's has been cut


def forms(value: str) -> Iterator[str]:
    """Yield the texts by which a value is to be looked for; none for one that is too short.

    Messages repeat values as Python or JSON write them, between quotes; addresses have them with their signs encoded;
    and a line of a terminal has blanks for what cannot be printed, that of a service's error one for several.
    """
    if len(value) < IN_TEXT:
        return
    yield value
    if value.isascii() and value.isalnum():
        return
    written = (repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    blanked = "".join(character if character.isprintable() else " " for character in value)
    for form in (*written, quote(value), quote(value, safe=""), blanked, " ".join(blanked.split())):
        if form != value and len(form.strip()) >= IN_TEXT:
            yield form


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return a text with stars for every secret in it, and for the beginning of one that was cut.

    Args:
        text: Any text.
        secrets: What `forms` gives, the longest first.
    """
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, MASK)
    return _without_beginnings(text, list(secrets)) if _CUT in text else text


def _without_beginnings(text: str, secrets: list[str]) -> str:
    end = text.find(_CUT)
    while end >= 0:
        start = min((at for at in (_beginning(text, end, secret) for secret in secrets) if at >= 0), default=-1)
        if start >= 0:
            text = text[:start] + MASK + text[end:]
            end = start + len(MASK)
        end = text.find(_CUT, end + 1)
    return text


def _beginning(text: str, end: int, secret: str) -> int:
    """Return where the secret begins whose text is cut at `end`, or -1."""
    start = text.find(secret[:IN_TEXT], 0, end)
    while start >= 0 and not secret.startswith(text[start:end]):
        start = text.find(secret[:IN_TEXT], start + 1, end)
    return start
