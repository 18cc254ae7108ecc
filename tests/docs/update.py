"""Brings the documentation up to date: `python -m tests.docs.update`.

Writes the reference pages that are made from tables, draws the pictures, runs every page and puts what its
commands print into it. What then differs in Git is what has changed for the reader.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.execution import Printed, Run
from tests.docs.generate import PAGES
from tests.docs.pages import ROOT, Page, pages
from tests.docs.pictures import PICTURES, STAMP, stamp, wanted, without_graphviz


def main() -> None:
    """Update everything and say what has changed."""
    for path, make in PAGES.items():
        _write(path, make().encode())
    _draw()
    for page in pages():
        with tempfile.TemporaryDirectory() as folder:
            printed = list(Run(page, Path(folder).resolve()).blocks())
        _write(page.path, with_output(page, printed).encode())


def _draw() -> None:
    pictures = wanted()
    for name, draw in pictures.items():
        _write(PICTURES / name, without_graphviz(draw))
    _write(STAMP, stamp().encode())
    for path in PICTURES.iterdir():
        if path.name not in {*pictures, STAMP.name}:
            path.unlink()
            sys.stdout.write(f"removed {path.relative_to(ROOT)}\n")


def with_output(page: Page, printed: list[Printed]) -> str:
    """Return the page's text with what its blocks print now."""
    lines = page.text.splitlines()
    for shown in reversed(printed):
        lines[shown.block.first - 1 : shown.block.last] = shown.actual.splitlines()
    return "".join(f"{line}\n" for line in lines)


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    sys.stdout.write(f"updated {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
