"""What a scenario is, once its text has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Literal, TypeAlias

from sagadsl.language.definition import Json
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Failure

SAGA_ID = "scenario"
"""The id of every saga that a scenario runs, so that what is made of it can be expected."""

Kind: TypeAlias = Literal["succeeds", "fails", "silent"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens at a call.

    Args:
        kind: Whether it is answered, fails, or is `silent`: its timeout passes, if it has one.
        output: What is answered.
        failure: Why it fails.
        takes: Seconds until the answer comes.
        times: At how many calls this happens, or `None` for all that follow.
        report: For a `callback` state: what is reported once the job has been taken.
    """

    kind: Kind
    output: Json = None
    failure: Failure | None = None
    takes: float = 0.0
    times: int | None = None
    report: Behaviour | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that is sent `at` so many seconds after the start; or, with `None`, `after` the saga waits for it."""

    name: str
    payload: Json = None
    at: float | None = None
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    Args:
        name: What it is about.
        file: The file that it is in, and `line` where.
        input: The saga's input, checked against its schema.
        expect: What is expected, as the text has it.
        description: More about it.
        starts_at: When the saga starts, in seconds since 1970.
        services: What happens at the calls of a state or an action, in order; see `labels.py` for the keys.
        signals: The signals that are sent.
    """

    name: str
    file: str
    line: int
    input: Json
    expect: Mapping[str, Json]
    starts_at: float
    description: str = ""
    services: Mapping[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """The scenarios of one file, and the saga that they are about."""

    path: FilePath
    compiled: CompiledSaga
    scenarios: tuple[Scenario, ...]
