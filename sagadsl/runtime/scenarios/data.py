"""Expected data and actual data side by side: where they differ, and what stands there.

Data is expected exactly, except where a map has the one key `contains`: then more may be there, more keys of a map,
more entries of a list between those that are named, more text around a text. `{exactly: …}` takes the rest literally.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sagadsl.language.definition import Json

CONTAINS, EXACTLY = "contains", "exactly"

NOTHING = "nothing"
"""What a table says where there is nothing."""

_WIDTH = 60


class Row(NamedTuple):
    """One line of a comparison: where, what was expected, what there is; `differs` unless both are fine together."""

    place: str
    expected: str
    actual: str
    differs: bool = True


class _Nothing:
    """What stands where nothing is."""


_NOTHING = _Nothing()


def compare(expected: Json, actual: Json, place: str = "") -> Iterator[Row]:
    """Yield a row for each place in which the data differs from what is expected."""
    if isinstance(expected, dict) and len(expected) == 1:
        if CONTAINS in expected:
            yield from _contained(expected[CONTAINS], actual, place)
            return
        if EXACTLY in expected:
            if not _same(expected[EXACTLY], actual):
                yield _row(place, expected[EXACTLY], actual)
            return
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from _maps(expected, actual, place, more=False)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _lists(expected, actual, place)
    elif not _same(expected, actual):
        yield _row(place, expected, actual)


def _maps(expected: dict[str, Any], actual: dict[str, Any], place: str, *, more: bool) -> Iterator[Row]:
    for key, value in expected.items():
        here = f"{place}.{key}" if place else key
        if key in actual:
            yield from compare(value, actual[key], here)
        else:
            yield _row(here, value, _NOTHING)
    for key in [] if more else [key for key in actual if key not in expected]:
        yield _row(f"{place}.{key}" if place else key, _NOTHING, actual[key])


def _lists(expected: list[Any], actual: list[Any], place: str) -> Iterator[Row]:
    for index in range(max(len(expected), len(actual))):
        here = f"{place}[{index}]"
        if index < min(len(expected), len(actual)):
            yield from compare(expected[index], actual[index], here)
        elif index < len(expected):
            yield _row(here, expected[index], _NOTHING)
        else:
            yield _row(here, _NOTHING, actual[index])


def _contained(expected: Json, actual: Json, place: str) -> Iterator[Row]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from _maps(expected, actual, place, more=True)
    elif isinstance(expected, list) and isinstance(actual, list):
        left = iter(actual)
        missing = next((e for e in expected if not any(_fits(e, entry) for entry in left)), _NOTHING)
        if missing is not _NOTHING:
            yield Row(place, f"… {shown(missing)} …", shown(actual))
    elif isinstance(expected, str) and isinstance(actual, str):
        if expected not in actual:
            yield Row(place, f"… {shown(expected)} …", shown(actual))
    elif not _same(expected, actual):
        yield _row(place, expected, actual)


def _fits(expected: Json, actual: Json) -> bool:
    return next(compare(expected, actual), None) is None


def _same(expected: Json, actual: Json) -> bool:
    """Whether two values are equal as JSON has it: 1 and 1.0 are, 1 and true are not."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(_same(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    return bool(expected == actual)


def _row(place: str, expected: Any, actual: Any) -> Row:
    """Return the row of two values; of long texts that begin alike, from where they part."""
    if isinstance(expected, str) and isinstance(actual, str) and max(len(expected), len(actual)) > _WIDTH:
        alike = next((i for i, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), 0)
        cut = max(0, alike - _WIDTH // 4)
        expected, actual = (f"…{text[cut:]}" if cut else text for text in (expected, actual))
    return Row(place, shown(expected), shown(actual))


def shown(value: Any) -> str:
    """Return a value as people see it in a table."""
    if value is _NOTHING:
        return NOTHING
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
