"""`.pre-commit-hooks.yaml`: the hooks are run as pre-commit runs them."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
import yaml

from sagadsl.cli.main import COMMANDS
from tests.cli.conftest import ROOT, TRIP

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
FILES = ["sagas/trip.yaml", "sagas/notes.txt", "services/sagas/a.yml", "ci/build.yaml", "definitions/a.scenarios.yaml"]


def chosen(hook, names):
    """The files that pre-commit hands to a hook."""
    return [name for name in names if re.search(hook["files"], name) and not re.search(hook["exclude"], name)]


def run(hook, folder, names):
    """Run a hook's entry; the console script is this package's own."""
    program, *arguments = shlex.split(hook["entry"])
    (script,) = entry_points(group="console_scripts", name=program)
    start = [sys.executable, "-c", f"from {script.module} import {script.attr} as main; main()"]
    command = [*start, *arguments, *hook.get("args", []), *chosen(hook, names)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_what_pre_commit_wants(name):
    hook = HOOKS[name]

    assert {"id", "name", "entry", "language", "files"} <= set(hook)
    assert hook["language"] == "python"
    assert shlex.split(hook["entry"])[1] in COMMANDS
    assert chosen(hook, FILES) == ["sagas/trip.yaml", "services/sagas/a.yml"]


def test_a_commit_with_a_broken_definition_is_stopped(write, tmp_path):
    write("sagas/trip.yaml", TRIP)
    assert run(HOOKS["sagadsl-validate"], tmp_path, ["sagas/trip.yaml"]).returncode == 0

    write("sagas/trip.yaml", TRIP.replace("input.city", "input.town"))
    stopped = run(HOOKS["sagadsl-validate"], tmp_path, ["sagas/trip.yaml"])

    assert stopped.returncode == 1
    assert "sagas/trip.yaml:" in stopped.stderr


def test_a_commit_with_an_untidy_definition_is_put_in_form(write, tmp_path):
    file = write("sagas/trip.yaml", TRIP.replace("name: trip", "name:    trip"))

    done = run(HOOKS["sagadsl-fmt"], tmp_path, ["sagas/trip.yaml", "sagas/notes.txt"])

    assert (done.returncode, done.stderr) == (0, "")
    assert file.read_text(encoding="utf-8").startswith("name: trip\n")
