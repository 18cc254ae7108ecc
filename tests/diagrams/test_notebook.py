"""Sagas and runs in a notebook, through the machinery of IPython itself."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from IPython.core.formatters import DisplayFormatter

import sagadsl
from sagadsl.diagrams import render
from sagadsl.language import display
from sagadsl.runtime.outcome import Outcome, report
from tests.machine.story import Story

TRIP = """\
name: trip
steps:
  - {id: room, service: hotel, action: book, compensation: cancel}
  - {id: flight, service: air, action: book, compensation: cancel}
"""


@pytest.fixture
def shown():
    """What a notebook shows of an object, by media type."""

    def format_(what):
        data, _ = DisplayFormatter().format(what)
        return data

    return format_


@pytest.fixture
def finished():
    """A trip whose flight was not to be had, as an engine reports it."""
    story = Story(TRIP)
    story.succeeds().fails("Full", retryable=False).succeeds()
    return report(story.saga, story.events)


def words(svg):
    return "".join(ET.fromstring(svg.encode()).itertext())


def test_a_definition_and_what_is_compiled_from_it_show_their_picture(shown):
    definition = sagadsl.load(TRIP)
    for what in (definition, sagadsl.compile_saga(definition)):
        data = shown(what)
        assert set(data) == {"text/plain", "image/svg+xml"}
        assert data["text/plain"] == repr(what)
        assert data["image/svg+xml"] == render(definition, "svg").decode()


def test_a_finished_run_shows_what_became_of_each_step(shown, finished):
    data = shown(finished)
    assert "trip" in data["text/plain"]
    for word in ("compensated", "failed: Full", "undone"):
        assert word in words(data["image/svg+xml"])


def test_a_run_says_whose_it_is(finished):
    assert f"run {finished.saga_id}" in words(finished._repr_svg_())


def test_the_two_protocols_show_the_same(finished):
    for what in (sagadsl.load(TRIP), finished):
        assert what._repr_svg_() == what._repr_mimebundle_(include=None, exclude=None)["image/svg+xml"]


def test_it_needs_no_graphviz(shown, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "room" in words(shown(sagadsl.load(TRIP))["image/svg+xml"])


def test_what_cannot_be_drawn_is_told_in_words(shown, monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    data = shown(sagadsl.load(TRIP))
    assert set(data) == {"text/plain"}
    assert "(no picture: Graphviz's program" in data["text/plain"]


def test_a_run_of_nobody_knows_what_is_shown_in_words(shown, finished):
    from dataclasses import replace

    nameless = replace(finished, definition=None)
    assert set(shown(nameless)) == {"text/plain"}
    assert nameless._repr_svg_() is None


def test_a_run_is_equal_to_itself_wherever_its_definition_was_read(finished):
    from dataclasses import replace

    assert finished == replace(finished, definition=None)
    assert "definition" not in repr(finished)
    assert isinstance(finished, Outcome)


def test_where_nobody_draws_there_are_words(monkeypatch):
    monkeypatch.setattr(display, "_shows", [])
    definition = sagadsl.load(TRIP)
    assert definition._repr_mimebundle_() == {"text/plain": repr(definition)}
    assert definition._repr_svg_() is None


def test_pictures_are_not_imported_before_one_is_wanted():
    script = "import sys, sagadsl; sagadsl.load; print([name for name in sys.modules if 'sagadsl.diagrams' in name])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
