"""Scenarios as tests of pytest: every `*.scenarios.yaml` that it comes across is collected, one test a scenario.

Nothing but pytest is imported before there is such a file, since this is loaded wherever sagadsl is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sagadsl.machine.compiler import CompiledSaga
    from sagadsl.runtime.scenarios.model import Scenario

_ENDINGS = (".scenarios.yaml", ".scenarios.yml")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of scenarios."""
    if not file_path.name.endswith(_ENDINGS):
        return None
    file: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return file


class UnexpectedOutcomeError(AssertionError):
    """What happened in a scenario is not what was expected; the text compares the two."""


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each scenario."""
        from sagadsl.language.diagnostics import DefinitionError  # noqa: PLC0415  see the head of this file
        from sagadsl.runtime.scenarios.reading import read_scenarios  # noqa: PLC0415  see the head of this file

        try:
            read = read_scenarios(self.path)
        except DefinitionError as error:
            raise self.CollectError(str(error)) from None
        for scenario in read.scenarios:
            yield ScenarioItem.from_parent(self, name=scenario.name, scenario=scenario, compiled=read.compiled)


class ScenarioItem(pytest.Item):
    """A scenario."""

    def __init__(self, *, scenario: Scenario, compiled: CompiledSaga, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario
        self.compiled = compiled

    def runtest(self) -> None:
        """Play the scenario.

        Raises:
            UnexpectedOutcomeError: What happens is not what is expected.
        """
        from sagadsl.cli.story import Teller  # noqa: PLC0415  see the head of this file
        from sagadsl.runtime.scenarios.verdict import judge  # noqa: PLC0415  see the head of this file

        verdict = judge(self.scenario, self.compiled, Teller().tell)
        if not verdict.passed:
            where = f"{self.scenario.file}:{self.scenario.line}"
            raise UnexpectedOutcomeError(f"{verdict.summary}, at {where}\n\n{verdict.text}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the comparison, which says more than a traceback; a mistake of ours keeps its own."""
        if isinstance(excinfo.value, UnexpectedOutcomeError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the scenario stands, its line counted from 0, and what it is called."""
        return self.path, self.scenario.line - 1, f"scenario: {self.name}"
