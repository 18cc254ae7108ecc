"""JSON that people give to commands: read, and what is wrong with it told with its place and in plain words."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sagadsl.cli.exits import PROBLEMS, CommandError
from sagadsl.language.definition import Json
from sagadsl.language.jsondata import MAX_DEPTH, NotJsonError, as_json

_MOST_DIGITS = 25
"""No whole number of 64 bits has more, and Python itself refuses to read very long ones."""


class _TwiceError(ValueError):
    """An object has a key twice."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def read(text: str, where: str, *, is_inline: bool = False) -> Json:
    """Return the data in a JSON text.

    Args:
        text: The text.
        where: Where it comes from, for messages.
        is_inline: Whether it stood on the command line itself, and may be the name of a file.

    Raises:
        CommandError: It is not JSON, or not JSON that sagas can keep.
    """
    try:
        return as_json(json.loads(text, object_pairs_hook=_object, parse_int=_whole))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        hint = _file_hint(text) if is_inline else ""
        hint = hint or 'JSON puts names and texts in "double quotes"'
        raise CommandError(f"{where}: not JSON at {place}", PROBLEMS, hint=hint) from None
    except _TwiceError as error:
        hint = "leave one of them out: of two values, nobody knows which is meant"
        raise CommandError(f"{where}: {_twice(text, error.key)}", PROBLEMS, hint=hint) from None
    except RecursionError:
        why = f"it is nested deeper than {MAX_DEPTH} levels"
        raise CommandError(f"{where}: not usable JSON: {why}", PROBLEMS) from None
    except NotJsonError as error:
        raise CommandError(f"{where}: not usable JSON: {error}", PROBLEMS) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(key for key, _ in pairs)
        raise _TwiceError(next(key for key, count in times.items() if count > 1))
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise NotJsonError(f"the whole number {digits[:8]}… has {len(digits):,} digits, and 64 bits hold at most 19")
    return int(digits)


def _twice(text: str, key: str) -> str:
    """Say that a key is there twice, and where the second one is; JSON is YAML, whose reader knows places."""
    from sagadsl.language.diagnostics import DefinitionError
    from sagadsl.language.source import parse
    from sagadsl.language.text import MAX_BYTES

    try:
        if len(text) > MAX_BYTES:  # a place is not worth the minute that it would take
            return f"the key '{key}' is given twice"
        parse(text, "")
    except DefinitionError as error:
        for found in error.diagnostics:
            if found.code == "SAGA107":
                return f"the key '{key}' is given twice, again at line {found.place.line}, column {found.place.column}"
    return f"the key '{key}' is given twice"


def _file_hint(text: str) -> str:
    try:
        is_file = Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with characters that no path has
        return ""
    return f"write @{text} for what is in that file" if is_file or text.endswith(".json") else ""
