"""Completion in the shell: what is offered, and that the scripts for the shells work."""

import os
import shutil
import subprocess
import sys

import pytest

from sagadsl.cli.main import COMMANDS
from tests.cli.conftest import ROOT

BASH = shutil.which("bash")


@pytest.fixture
def offered(sagadsl, monkeypatch):
    """What bash is offered for a line; its last word is the one that is being typed."""

    def ask(line):
        words = line.split(" ")
        monkeypatch.setenv("_SAGADSL_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        result = sagadsl()
        assert (result.code, result.err) == (0, "")
        return result.out.split()

    return ask


def test_commands_and_their_options_are_offered(offered):
    assert offered("sagadsl ") == list(COMMANDS)
    assert offered("sagadsl va") == ["validate"]
    assert {"--format", "--strict", "--help"} <= set(offered("sagadsl validate --"))
    assert "--version" in offered("sagadsl --v")


def test_no_command_is_imported_to_offer_its_name(offered, monkeypatch):
    for name in COMMANDS.values():
        monkeypatch.setitem(sys.modules, f"sagadsl.cli.{name}", None)

    assert offered("sagadsl ") == list(COMMANDS)


def test_fixed_choices_are_offered(offered):
    assert offered("sagadsl validate --format ") == ["text", "json", "sarif", "github"]
    assert offered("sagadsl new order --form st") == ["steps", "states"]


def test_the_states_of_the_definition_on_the_line_are_offered(offered, trip):
    assert offered(f"sagadsl run {trip} --fail ") == ["book_hotel", "~book_hotel", "book_flight", "~book_flight"]
    assert offered(f"sagadsl run {trip} --simulate --fail ~book_f") == ["~book_flight"]
    assert offered(f"sagadsl run {trip} --output book_h") == ["book_hotel="]


def test_the_signals_of_the_definition_on_the_line_are_offered(offered):
    assert offered(f"sagadsl run {ROOT / 'definitions' / 'account_opening.yaml'} --signal ") == ["cards_delivered"]


@pytest.mark.parametrize("content", ["name: [", "name: x\nsteps: []", b"\xff"])
def test_nothing_is_offered_of_a_definition_with_errors(offered, write, content):
    assert offered(f"sagadsl run {write('bad.yaml', content)} --fail ") == []


def test_nothing_is_offered_where_there_is_no_definition(offered, tmp_path):
    assert offered("sagadsl run --fail ") == []
    assert offered(f"sagadsl run {tmp_path} --fail ") == []
    assert offered(f"sagadsl run {tmp_path / 'no.yaml'} --fail ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_asks_sagadsl(sagadsl, monkeypatch, shell):
    monkeypatch.setenv("_SAGADSL_COMPLETE", f"source_{shell}")

    result = sagadsl()

    assert result.code == 0
    assert f"_SAGADSL_COMPLETE=complete_{shell}" in result.out


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_the_options_that_set_completion_up_are_in_the_help(sagadsl, option):
    assert option in sagadsl("--help").out


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_bash_completes_a_line_with_the_script(tmp_path, trip):
    command = tmp_path / "sagadsl"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from sagadsl.cli.main import main; main()" "$@"\n')
    command.chmod(0o755)
    script = f"""
eval "$(_SAGADSL_COMPLETE=source_bash sagadsl)"
complete -p sagadsl
COMP_WORDS=(sagadsl run {trip} --fail book_f) COMP_CWORD=4
_sagadsl_completion sagadsl
echo "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [BASH, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["complete -o default -F _sagadsl_completion sagadsl", "book_flight"]
