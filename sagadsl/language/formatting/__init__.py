"""One way of writing a definition: the order of keys, and spaces. Nothing that it says is changed."""

from __future__ import annotations

import re

from sagadsl.language.formatting.layout import laid_out
from sagadsl.language.formatting.proof import difference
from sagadsl.language.formatting.trivia import CannotFormatError
from sagadsl.language.source import parse

__all__ = ["CannotFormatError", "formatted"]

_BREAK = re.compile(r"\r\n?")


def formatted(text: str, file: str) -> str:
    """Return a definition in its canonical form: keys in the order of the schema, two columns a level, comments kept.

    What the author chose stays: the order of states, steps and data, block or flow style, quotes, anchors, long texts
    and where they break. Lines end with LF, and there is no byte order mark.

    Args:
        text: The text of a definition; it need not be valid, but it must be YAML.
        file: Its name, for messages.

    Raises:
        DefinitionError: The text cannot be read as data.
        CannotFormatError: It would not mean the same afterwards, or is written in a way that is not known.
    """
    parse(text, file)
    plain = _BREAK.sub("\n", text.removeprefix("\ufeff"))
    if not plain.endswith("\n"):
        plain = _ended(plain, file)
    result = laid_out(plain)
    if result != text:
        changed = difference(text, result, file)
        if changed:
            raise CannotFormatError(changed)
    return result


def _ended(text: str, file: str) -> str:
    """Return the text with a last line break; in a block of text it is part of what the block says."""
    ended = f"{text}\n"
    if difference(text, ended, file):
        raise CannotFormatError("the block of text at its end has no last line break; add one, or write |- for |")
    return ended
