"""Carries out a page, block by block, and says for each what should stand there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagadsl.language.diagnostics import DefinitionError
from tests.docs.commands import (
    MISTAKE_OF_OURS,
    NO_SUCH_COMMAND,
    PROMPT,
    Shell,
    commands_in,
    is_real_time,
    mistakes_in,
    normalised,
)
from tests.docs.fragments import findings, is_whole
from tests.docs.generate.markdown import NOTE
from tests.docs.pages import ROOT, Block, Page

KINDS = ("top", "states", "task", "catalogue")


class PageError(AssertionError):
    """A block is wrong in itself: the message says where and how."""


@dataclass(frozen=True)
class Printed:
    """What a block with output should hold, and both texts without what differs from run to run."""

    block: Block
    actual: str
    expected_normalised: str
    actual_normalised: str

    @property
    def is_up_to_date(self) -> bool:
        return self.expected_normalised == self.actual_normalised


@dataclass
class Run:
    """A page being carried out in a folder of its own, which has `definitions` and `docs/how-to` in it."""

    page: Page
    folder: Path
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: str | None = None

    def __post_init__(self) -> None:
        (self.folder / "definitions").symlink_to(ROOT / "definitions")
        (self.folder / "docs").mkdir()
        (self.folder / "docs" / "how-to").symlink_to(ROOT / "docs" / "how-to")
        self.shell = Shell(self.folder)

    def blocks(self) -> Iterator[Printed]:
        """Carry out every block in order, and return those that show output.

        Raises:
            PageError: A block is not what it says.
        """
        with _inside(self.folder):
            for block in self.page.blocks:
                carry_out = _LANGUAGES.get(block.language)
                if carry_out is None:
                    raise self.wrong(block, f"nothing is known to be done with ```{' '.join(block.words)}")
                shown = carry_out(self, block)
                if block.language not in {"python", "text"}:
                    self.printed = None
                if shown is not None:
                    yield shown

    def write(self, block: Block) -> None:
        path = self.folder / (block.file_name or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def wrong(self, block: Block, why: str) -> PageError:
        return PageError(f"{self.page.at(block)}: {why}")

    def yaml(self, block: Block) -> None:
        name = block.file_name or "block.yaml"
        if "example" in block.words:
            self.generated(block)
            return
        if block.file_name:
            self.write(block)
        words = [word for word in block.words[1:] if word not in {"wrong", block.file_name}]
        if unknown := [word for word in words if word not in KINDS]:
            raise self.wrong(block, f"there is no kind of YAML block {unknown[0]!r}")
        meant_to_be_wrong = "wrong" in block.words
        try:
            kind = words[0] if words else "whole" if meant_to_be_wrong or is_whole(block.text, name) else "top"
            found = findings(kind, block.text, name)
        except DefinitionError as error:
            found = [str(error)]
        if meant_to_be_wrong and not found:
            raise self.wrong(block, "this is meant to be wrong, and nothing is found")
        if found and not meant_to_be_wrong:
            raise self.wrong(block, "\n".join(found))

    def json(self, block: Block) -> None:
        try:
            json.loads(block.text)
        except ValueError as error:
            raise self.wrong(block, f"not JSON: {error}") from None

    def python(self, block: Block) -> None:
        if block.file_name:
            self.write(block)
        code = compile("\n" * (block.first - 1) + block.text, self.page.name, "exec")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, self.namespace)
        self.printed = out.getvalue()

    def text(self, block: Block) -> Printed:
        if self.printed is None:
            raise self.wrong(block, "a text block stands directly below the Python block that prints it")
        texts = (normalised(text, real_time=True) for text in (block.text, self.printed))
        printed, self.printed = self.printed, None
        return Printed(block, printed, *texts)

    def console(self, block: Block) -> Printed:
        actual, compared = "", ""
        expected = ""
        for command in commands_in(block.text):
            ran = self.shell.run(command.text)
            if ran.code in {NO_SUCH_COMMAND, MISTAKE_OF_OURS}:
                raise self.wrong(block, f"{command.text}\n{ran.output}(exit code {ran.code})")
            real_time = is_real_time(command.text)
            same = normalised(ran.output, real_time=real_time) == normalised(command.output, real_time=real_time)
            # What only differs as every run does stays, so that an update changes nothing else.
            actual += f"{PROMPT}{command.text}\n{command.output if same else ran.output}"
            compared += f"{PROMPT}{command.text}\n{normalised(ran.output, real_time=real_time)}"
            expected += f"{PROMPT}{command.text}\n{normalised(command.output, real_time=real_time)}"
        return Printed(block, actual, expected, compared)

    def sh(self, block: Block) -> None:
        if mistakes := list(mistakes_in(block.text)):
            raise self.wrong(block, "\n".join(mistakes))

    def generated(self, block: Block) -> None:
        """Is checked with the page that it stands in."""
        if NOTE not in self.page.text:
            raise self.wrong(block, "only what is generated can stand here unchecked")


_LANGUAGES: dict[str, Callable[[Run, Block], Printed | None]] = {
    "yaml": Run.yaml,
    "json": Run.json,
    "python": Run.python,
    "text": Run.text,
    "console": Run.console,
    "sh": Run.sh,
    "mermaid": Run.generated,
    "output": Run.generated,
}


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder whose Python files can be imported, and forget them afterwards."""
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]
