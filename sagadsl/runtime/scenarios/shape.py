"""The shape of a file of scenarios: `scenarios.schema.json`, and what departs from it in the author's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from sagadsl.language.definition import Json, Path
from sagadsl.language.problems import Problem, found
from sagadsl.language.shapes import Shape, inline
from sagadsl.language.suggest import one_of

OPENING = "scenarios:"
"""How such a file may begin."""

WAYS = ("succeeds", "fails", "times_out", "never_answers", "reports")
"""What can happen at a call: exactly one of these."""

_REPORT_WAYS = ("succeeds", "fails", "never_answers")
_FILE = "the file"


def structure_problems(data: Json) -> list[Problem]:
    """Return everything in which the data departs from the schema, each with its path."""
    if not isinstance(data, dict):
        message = f"a file of scenarios is a map of keys, but this is {found(data)}"
        return [Problem("SAGA703", message, (), hint=f"begin with: {OPENING}")]
    departures = [_of_file(problem) for problem in _shape().departures(data, (_FILE,))]
    if departures:
        return list({(problem.path, problem.about): problem for problem in reversed(departures)}.values())
    return [*_behaviour_problems(data), *_repeated_names(data)]


def _of_file(problem: Problem) -> Problem:
    """The words for departures call a map by the last key that leads to it, so that the file needs one as well."""
    return problem._replace(path=problem.path[1:], message=problem.message.replace(f"'{_FILE}'", _FILE))


def behaviours(data: Mapping[str, Any]) -> Iterator[tuple[Path, str, Mapping[str, Any], bool]]:
    """Yield everything that may happen at a call: its path, what it is given for, itself, and whether it is last."""
    for owner_path, owner in _owners(data):
        for key, given in owner.get("services", {}).items():
            path: Path = (*owner_path, "services", key)
            if isinstance(given, dict):
                yield path, key, given, True
                continue
            for index, behaviour in enumerate(given):
                yield (*path, index), key, behaviour, index == len(given) - 1


def _owners(data: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield ("defaults",), data.get("defaults", {})
    for index, scenario in enumerate(data["scenarios"]):
        yield ("scenarios", index), scenario


def _behaviour_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    for path, _, behaviour, _ in behaviours(data):
        yield from _one_way(path, behaviour, WAYS)
        if isinstance(behaviour.get("reports"), dict):
            yield from _one_way((*path, "reports"), behaviour["reports"], _REPORT_WAYS)


def _one_way(path: Path, behaviour: Mapping[str, Any], ways: tuple[str, ...]) -> Iterator[Problem]:
    given = [key for key in behaviour if key in ways]
    if not given:
        yield Problem("SAGA708", "this does not say what happens", path, hint=f"give it {one_of(ways)}")
    for extra in given[1:]:
        message = f"one thing happens at a call: this says '{given[0]}' already"
        yield Problem("SAGA708", message, (*path, extra), "key", "keep one of them, or make it a list")
    for key in ("times_out", "never_answers"):
        if behaviour.get(key) is False:
            yield Problem("SAGA704", f"'{key}' is never false", (*path, key), hint="delete the key")
        if key in given and "takes" in behaviour:
            message = f"'takes' means nothing beside '{key}': no answer comes"
            yield Problem("SAGA708", message, (*path, "takes"), "key", "delete it")


def _repeated_names(data: Mapping[str, Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, scenario in enumerate(data["scenarios"]):
        if scenario["name"] in seen:
            message = f"there is a scenario '{scenario['name']}' already"
            yield Problem("SAGA709", message, ("scenarios", index, "name"), hint="each needs a name of its own")
        seen.add(scenario["name"])


@cache
def schema_text() -> str:
    """Return the text of `scenarios.schema.json`, the JSON Schema (draft-07) of a file of scenarios."""
    return FilePath(__file__).with_name("scenarios.schema.json").read_text(encoding="utf-8")


@cache
def _shape() -> Shape:
    """The shape, without what has words of its own here."""
    schema = json.loads(schema_text())
    definitions = schema.pop("definitions")
    for part in ("behaviour", "report"):
        del definitions[part]["oneOf"]
    return Shape(inline({key: value for key, value in schema.items() if key[0] != "$"}, definitions))
