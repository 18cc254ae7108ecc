"""A scenario judged: played, compared with what was expected, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Command
from sagadsl.machine.compiler import CompiledSaga
from sagadsl.machine.events import Event
from sagadsl.machine.saga import Saga
from sagadsl.runtime.outcome import Outcome
from sagadsl.runtime.scenarios.comparing import Difference, differences
from sagadsl.runtime.scenarios.data import Row
from sagadsl.runtime.scenarios.model import Scenario
from sagadsl.runtime.scenarios.running import Played, play

Tell: TypeAlias = Callable[[Saga, Event, Sequence[Command]], Iterable[object]]
"""Returns the lines that tell of an event; those of `sagadsl run`, say."""

_BEGINNING, _END = 80, 40  # lines of a story; the rest of a long one is left out


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a scenario: it has passed if nothing differs from what was expected.

    Args:
        scenario: The scenario.
        played: What happened.
        differences: Everything that is not as expected.
        story: The run told line by line, if the scenario has not passed.
    """

    scenario: Scenario
    played: Played
    differences: tuple[Difference, ...]
    story: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as expected."""
        return not self.differences

    @property
    def summary(self) -> str:
        """What is not as expected, in a line."""
        return ", ".join(difference.subject for difference in self.differences) + " not as expected"

    @property
    def text(self) -> str:
        """The comparison and the story, for people; without a last newline."""
        lines = [line for difference in self.differences for line in (*_table(difference), "")]
        lines += [f"note: {remark}" for remark in self.played.remarks]
        return "\n".join([*lines, "what happened:", *self.story, f"in the end: {_ending(self.played.outcome)}"])

    def to_json(self) -> dict[str, Json]:
        """Return the verdict as JSON data."""
        return {
            "file": self.scenario.file,
            "line": self.scenario.line,
            "name": self.scenario.name,
            "passed": self.passed,
            "status": self.played.outcome.status,
            "takes": self.played.took,
            "differences": [_difference_to_json(difference) for difference in self.differences],
            "remarks": list(self.played.remarks),
            "story": list(self.story),
        }


def judge(scenario: Scenario, compiled: CompiledSaga, tell: Tell) -> Verdict:
    """Play a scenario and return the verdict.

    Args:
        scenario: What happens, and what is expected of it.
        compiled: The saga that it happens to.
        tell: Tells of each event; what it returns becomes the story.
    """
    played = play(scenario, compiled)
    found = tuple(differences(scenario.expect, played))
    return Verdict(scenario, played, found, tuple(_story(scenario, compiled, tell)) if found else ())


def _story(scenario: Scenario, compiled: CompiledSaga, tell: Tell) -> list[str]:
    """Tell the run: the same scenario has the same story every time, so that only those that fail are told."""
    story: list[str] = []

    def hear(saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        story.extend(str(line) for line in tell(saga, event, commands))

    play(scenario, compiled, hear)
    left_out = len(story) - _BEGINNING - _END
    return story if left_out <= 1 else [*story[:_BEGINNING], f"… {left_out} lines more …", *story[-_END:]]


def _ending(outcome: Outcome) -> str:
    error = outcome.error
    if error is None:
        return outcome.status
    why = f"{error.code}: {error.message}" if error.message else error.code
    return f"{outcome.status}, because of {why}, in {outcome.error_state}"


def _difference_to_json(difference: Difference) -> dict[str, Json]:
    rows = [
        {"place": row.place, "expected": row.expected, "actual": row.actual} for row in difference.rows if row.differs
    ]
    return {"subject": difference.subject, "rows": rows}


def _table(difference: Difference) -> Iterator[str]:
    """Yield a comparison side by side: `>` points at the first difference, `*` marks the others."""
    header = Row("", "expected", "actual", differs=False)
    cells = [header, *difference.rows]
    first = next(row for row in difference.rows if row.differs)
    place, expected = max(len(row.place) for row in cells), max(len(row.expected) for row in cells)
    yield difference.subject
    for row in cells:
        mark = ">" if row is first else "*" if row.differs else " "
        yield f"  {mark} {row.place:<{place}}  {row.expected:<{expected}}  {row.actual}".rstrip()
