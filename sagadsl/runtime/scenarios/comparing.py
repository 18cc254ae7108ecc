"""What was expected of a scenario beside what happened: one comparison for each key of `expect`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.language.durations import format_duration, parse_duration
from sagadsl.runtime.outcome import Outcome, StepReport
from sagadsl.runtime.scenarios.data import CONTAINS, NOTHING, Row, compare, shown
from sagadsl.runtime.scenarios.labels import step_label
from sagadsl.runtime.scenarios.running import Played

_PRECISION = 0.0005  # half a millisecond: what people write of virtual time, and what floats lose of it


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected.

    Args:
        subject: What it is: `status`, `output`, `payload of charge`, ….
        rows: What was expected and what there is, line by line; at least one of them differs.
    """

    subject: str
    rows: tuple[Row, ...]


def differences(expect: Mapping[str, Any], played: Played) -> list[Difference]:
    """Return everything in which what happened is not as expected, in the order in which it matters."""
    found = []
    for key, judge in _JUDGES.items():
        if key in expect:
            for subject, rows in judge(expect[key], played):
                listed = tuple(rows)
                if any(row.differs for row in listed):
                    found.append(Difference(subject, listed))
    return found


_Judged: TypeAlias = Iterator[tuple[str, Iterator[Row]]]


def _status(expected: str, played: Played) -> _Judged:
    yield "status", _words("", expected, played.outcome.status)


def _words(place: str, expected: str, actual: str) -> Iterator[Row]:
    if expected != actual:
        yield Row(place, expected, actual)


def _error(expected: str | Mapping[str, Json], played: Played) -> _Judged:
    wanted = {"code": expected} if isinstance(expected, str) else expected
    yield "error", _error_rows(wanted, played.outcome)


def _error_rows(wanted: Mapping[str, Json], outcome: Outcome) -> Iterator[Row]:
    for key, value in wanted.items():
        if outcome.error is None:
            yield Row(key, shown(value), "no error")
        else:
            yield from compare(value, outcome.error_state if key == "state" else getattr(outcome.error, key), key)


def _actions(expected: list[str] | Mapping[str, list[str]], played: Played) -> _Judged:
    if isinstance(expected, Mapping):
        yield "actions", _in_this_order(expected[CONTAINS], played.actions)
    else:
        yield "actions", _aligned(expected, played.actions)


def _aligned(expected: Sequence[str], actual: Sequence[str]) -> Iterator[Row]:
    """Yield both lists side by side, what is in both of them in one row."""
    number = 0
    for _, i1, i2, j1, j2 in SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes():
        for offset in range(max(i2 - i1, j2 - j1)):
            number += 1
            left = expected[i1 + offset] if i1 + offset < i2 else NOTHING
            right = actual[j1 + offset] if j1 + offset < j2 else NOTHING
            yield Row(str(number), left, right, left != right)


def _in_this_order(expected: Sequence[str], actual: Sequence[str]) -> Iterator[Row]:
    """Yield what happened, beside it what is expected of it, and at the end what did not come."""
    left = list(expected)
    for number, name in enumerate(actual, start=1):
        yield Row(str(number), left.pop(0) if left[:1] == [name] else "", name, differs=False)
    for name in left:
        yield Row("", name, "does not come" if name not in actual else "does not come in this place")


def _output(expected: Json, played: Played) -> _Judged:
    yield "output", compare(expected, played.outcome.output)


def _payloads(expected: Mapping[str, Json], played: Played) -> _Judged:
    for label, payload in expected.items():
        if label in played.payloads:
            yield f"payload of {label}", compare(payload, played.payloads[label])
        else:
            yield f"payload of {label}", iter([Row("", "a payload", "is never called")])


def _steps(expected: Mapping[str, str | Mapping[str, Any]], played: Played) -> _Judged:
    steps = {step_label(step.state, step.region, step.execution): step for step in played.outcome.steps}
    rows = [row for label, wanted in expected.items() for row in _step(label, wanted, steps.get(label))]
    yield "steps", iter(rows)


def _step(label: str, expected: str | Mapping[str, Any], step: StepReport | None) -> Iterator[Row]:
    wanted = {"status": expected} if isinstance(expected, str) else expected
    for key, value in wanted.items():
        actual = getattr(step, key) if step is not None else "pending" if key == "status" else 0
        place = label if key == "status" else f"{label}, {key.replace('_', ' ')}"
        yield from _words(place, str(value), str(actual))


def _takes(expected: Json, played: Played) -> _Judged:
    bounds = expected if isinstance(expected, dict) else {"at_least": expected, "at_most": expected}
    least, most = (parse_duration(bounds[key]) if key in bounds else None for key in ("at_least", "at_most"))
    too_short = least is not None and played.took < least - _PRECISION
    too_long = most is not None and played.took > most + _PRECISION
    if too_short or too_long:
        said = {"at_least": "at least ", "at_most": "at most "} if isinstance(expected, dict) else {"at_least": ""}
        wanted = ", ".join(f"{said[key]}{bounds[key]}" for key in bounds if key in said)
        yield "takes", iter([Row("", wanted, format_duration(round(played.took, 3)))])


_JUDGES: Mapping[str, Callable[[Any, Played], _Judged]] = {
    "status": _status,
    "error": _error,
    "actions": _actions,
    "steps": _steps,
    "output": _output,
    "payloads": _payloads,
    "takes": _takes,
}
"""What compares each key of `expect`."""
