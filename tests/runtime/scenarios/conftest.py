"""A small saga and its scenarios, written in a test's own folder."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from sagadsl.cli.story import Teller
from sagadsl.runtime.scenarios.reading import read_scenarios
from sagadsl.runtime.scenarios.verdict import judge

STAY = """
name: stay
input: {type: object, required: [city], properties: {city: {type: string}, nights: {type: integer, minimum: 1}}}
timeout: 1h
defaults: {timeout: 10s}
steps:
  - {id: book, service: hotel, action: book, payload: {city: "${input.city}"}, compensation: cancel}
  - {id: pay, service: bank, action: pay, payload: {room: "${states.book.output.room}"}, compensation: refund, retry: {max_attempts: 3, initial_delay: 2s}}
output: {room: "${states.book.output.room}"}
"""


class Folder:
    """A definition and, beside it, scenarios."""

    def __init__(self, path):
        self.path = path

    def write(self, scenarios, definition=STAY, name="saga"):
        (self.path / f"{name}.yaml").write_text(definition, encoding="utf-8")
        file = self.path / f"{name}.scenarios.yaml"
        file.write_text(dedent(scenarios), encoding="utf-8")
        return file

    def read(self, scenarios, definition=STAY):
        return read_scenarios(self.write(scenarios, definition))

    def verdict(self, scenario, definition=STAY, input="{city: Rome}"):
        """Judge one scenario, of which everything but the name and the input is given."""
        body = indent(dedent(scenario).strip("\n"), "    ")
        file = self.read(f"scenarios:\n  - name: one\n    input: {input}\n{body}\n", definition)
        return judge(file.scenarios[0], file.compiled, Teller().tell)

    def played(self, scenario, definition=STAY, input="{city: Rome}"):
        return self.verdict(f"expect: {{status: running}}\n{dedent(scenario)}", definition, input).played


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
