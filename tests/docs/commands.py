"""Commands in the documentation: run in a page's folder, or checked where they only stand to be read."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sagadsl.cli.main import COMMANDS
from tests.docs.generate.command_line import command, parameters
from tests.docs.pages import ROOT

COLUMNS = 120
PROMPT = "$ "
NO_SUCH_COMMAND, MISTAKE_OF_OURS = 127, 70
_SHIMS = {
    "sagadsl": "-c 'from sagadsl.cli.main import main; main()'",
    "python": "",
}


class Command(NamedTuple):
    """A command of a `console` block, with what stands below it."""

    text: str
    output: str


class Ran(NamedTuple):
    """What a command printed, on both streams, and its exit code."""

    output: str
    code: int


def commands_in(text: str) -> list[Command]:
    """Return the commands of a `console` block; one that ends in a backslash goes on in the next line."""
    found: list[list[str]] = []
    continued = False
    for line in text.splitlines(keepends=True):
        if continued:
            found[-1][0] += line
        elif line.startswith(PROMPT):
            found.append([line.removeprefix(PROMPT), ""])
        elif found:
            found[-1][1] += line
        else:
            raise ValueError(f"a console block begins with {PROMPT!r}, not with {line!r}")
        continued = (continued or line.startswith(PROMPT)) and line.endswith("\\\n")
    return [Command(command.rstrip("\n"), output) for command, output in found]


class Shell:
    """Runs commands in a folder, with `sagadsl` and `python` at hand, and `$?` as the last one left it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last_code = 0
        bin_folder = folder / ".bin"
        bin_folder.mkdir()
        for name, arguments in _SHIMS.items():
            shim = bin_folder / name
            shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n', encoding="utf-8")
            shim.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": str(COLUMNS),
            "NO_COLOR": "1",
            "TERM": "dumb",
        }

    def run(self, command: str) -> Ran:
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.last_code})\n{command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        self.last_code = done.returncode
        output = done.stdout.replace(f"{self.folder}/", "").replace(str(self.folder), ".")
        return Ran("".join(f"{line.rstrip()}\n" for line in output.rstrip().splitlines()), done.returncode)


_EVERY_RUN_DIFFERS = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r'("(?:at|due|started_at|duration)": )[0-9.e+-]+'), r"\g<1>0"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\b"), "DATE AND TIME"),
    (re.compile(r"^sagadsl [0-9]+[.][0-9]+[.][0-9]+\S*", re.MULTILINE), "sagadsl VERSION"),
)
_MEASURING = re.compile(r"\bsagadsl (run|resume|ls|show|events|stats|services)\b")
_REAL_TIMES = re.compile(r"[0-9]+[.][0-9]{3}s")


def normalised(text: str, *, real_time: bool) -> str:
    """Return a command's output without what differs from run to run.

    Args:
        text: What it printed.
        real_time: Whether its times are measured. Those of a simulation are exact, and compared.
    """
    for pattern, replacement in _EVERY_RUN_DIFFERS:
        text = pattern.sub(replacement, text)
    return _REAL_TIMES.sub("0.000s", text) if real_time else text


def is_real_time(command: str) -> bool:
    """Whether a command measures times."""
    return _MEASURING.search(command) is not None and "--simulate" not in command


def mistakes_in(script: str) -> Iterator[str]:
    """Say which commands, options and files that a script names do not exist; only `sagadsl` is looked at."""
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words and Path(words[0]).name == "sagadsl":
            yield from (f"{line}: {mistake}" for mistake in _mistakes(words[1:]))


def _mistakes(words: list[str]) -> Iterator[str]:
    if words[0] not in COMMANDS:
        yield f"there is no command {words[0]!r}"
        return
    options = {name for parameter in parameters(command(words[0])) for name in parameter.names}
    yield from (f"{word} is no option" for word in words if word.startswith("-") and word not in options)
    paths = [word.removeprefix("@") for word in words]
    yield from (f"{p} is not there" for p in paths if p.startswith("definitions/") and not (ROOT / p).exists())
