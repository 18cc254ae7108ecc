"""The examples of what each code is about: the page `docs/checks.md` shows them, and they are tests.

They stand in `examples/`, one file a family, by code, with these keys:

    why        one sentence or two: what would happen otherwise
    wrong      a definition that has the problem; «…» stand around the characters that are told
    script     or: Python that writes such a file, where a page cannot show it; with `at: [line, column]` for «
    also       codes that cannot but come with it
    beside     other definitions that are checked together with it, by file name
    catalogue  the text of `services.yaml`, which it is checked against; with «…» in it, the problem is there
    run        what to name on the command line, where that is not the file
    mend       what to replace in `wrong`, each once, so that nothing is found any more
    mended     or: the whole of it
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from typer.testing import CliRunner

from sagadsl.cli.main import app

OPENING, CLOSING = "«", "»"
SERVICES = "services.yaml"
FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """One example; see above. Texts are without the marks."""

    code: str
    why: str
    marked: str = ""
    script: str = ""
    at: tuple[int, int] = (1, 1)
    also: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    catalogue: str = ""
    run: str = ""
    mend: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""

    @property
    def file(self) -> str:
        return f"{self.code}.yaml"

    @cached_property
    def wrong(self) -> str:
        return _unmarked(self.marked)

    @cached_property
    def services(self) -> str:
        """The text of the catalogue."""
        return _unmarked(self.catalogue)

    @property
    def is_about_services(self) -> bool:
        """Whether the problem is in the catalogue."""
        return OPENING in self.catalogue

    @property
    def mended_services(self) -> str:
        """The mended text of the catalogue."""
        return self._mended(self.services) if self.is_about_services else self.services

    @cached_property
    def mended(self) -> str:
        """The mended text.

        Raises:
            ValueError: What is to be replaced does not stand there once.
        """
        text = self.whole or self.wrong
        return text if self.is_about_services else self._mended(text)

    def _mended(self, text: str) -> str:
        for old, new in self.mend.items():
            if text.count(old) != 1:
                raise ValueError(f"{self.code}: {old!r} stands {text.count(old)} times in the text")
            text = text.replace(old, new)
        return text

    @property
    def command(self) -> str:
        """What to type in the folder of the files."""
        against = f" --catalogue {SERVICES}" if self.catalogue else ""
        return f"sagadsl validate {' '.join([*self.beside, self.run or self.file])}{against}"

    def place(self) -> tuple[int, int, int, int]:
        """Where the problem is told: line and column of the first character, and of the one behind the last."""
        before, _, rest = (self.catalogue if self.is_about_services else self.marked).partition(OPENING)
        inside = rest.partition(CLOSING)[0]
        return (*_end_of(before), *_end_of(before + inside))


def _unmarked(text: str) -> str:
    return text.replace(OPENING, "").replace(CLOSING, "")


def _end_of(text: str) -> tuple[int, int]:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def examples() -> dict[str, Example]:
    """Return the examples by code, in the order of the codes."""
    found: dict[str, Example] = {}
    for path in FOLDER.glob("*.yaml"):
        for code, keys in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            names = {"wrong": "marked", "mended": "whole"}
            found[code] = Example(code, **{names.get(key, key): value for key, value in keys.items()})
    return dict(sorted(found.items()))


def put_wrong(example: Example, folder: Path) -> None:
    """Write the files of an example into a folder, as they are wrong."""
    _put_others(example, folder, example.services)
    if not example.script:
        (folder / example.file).write_text(example.wrong, encoding="utf-8", newline="")
        return
    with chdir(folder):
        exec(example.script, {"Path": Path})


def put_mended(example: Example, folder: Path) -> None:
    """Write the files of an example into a folder, as they are mended."""
    _put_others(example, folder, example.mended_services)
    target = folder / example.run if example.run else folder
    target.mkdir(exist_ok=True)
    (target / example.file).write_text(example.mended, encoding="utf-8", newline="")


def _put_others(example: Example, folder: Path, services: str) -> None:
    for name, text in {**example.beside, **({SERVICES: services} if services else {})}.items():
        (folder / name).write_text(text, encoding="utf-8")


def printed(command: str, folder: Path) -> str:
    """Return what a command prints in a folder, without starting a process for it."""
    with chdir(folder):
        return CliRunner().invoke(app, command.split()[1:], catch_exceptions=False).output
