"""The pages of the documentation: their fenced blocks, their headings and their links.

What the first word after a fence means, and the words after it:

    yaml NAME.yaml      a file of this name in the page's folder; a whole definition must load without a finding
    yaml                a whole definition, or any keys of the top level: `yaml top`
    yaml states         entries under `states:`; states that they only mention are supplied
    yaml task           keys of one task
    yaml catalogue      what services can do, for `validate --catalogue`
    yaml wrong [NAME]   a definition, or one of those fragments after one more word, that must have findings
    json                JSON
    console             `$ command` lines and below each what it prints
    python [NAME.py]    is executed, in one namespace a page; is also written as a file where it has a name
    text                what the Python block just above prints
    sh                  commands that are not run here but must be right: see `commands.py`
    yaml example NAME   a definition that the test of its page checks; only in pages that are generated
    output              likewise what a command prints of it
    mermaid             a drawing; likewise

Nothing else may stand after a fence, so that no block escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

FENCE = "```"
_LINK = re.compile(r"!?\[(?:[^\]\[]|!?\[[^\]]*\])*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_ANCHOR = re.compile(r'<a (?:id|name)="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after its fence, its text, and the numbers of its first and its last line.

    Lines count from 1; `last` is one less than `first` where the block is empty.
    """

    words: tuple[str, ...]
    text: str
    first: int
    last: int

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def file_name(self) -> str | None:
        """The name of the file that it is to be written to."""
        return next((word for word in self.words[1:] if "." in word), None)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(_blocks(self.text, self.name))

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks and without code in backticks."""
        lines = self.text.splitlines()
        for block in self.blocks:
            lines[block.first - 2 : block.last + 1] = [""] * (block.last - block.first + 3)
        return "\n".join(lines)

    @property
    def links(self) -> list[str]:
        """The targets of its links and pictures."""
        return _LINK.findall(re.sub(r"``.+?``|`[^`]*`", "code", self.prose))

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What a link to this page may have after `#`, as GitHub makes it from the headings."""
        found: dict[str, int] = {}
        for heading in (m[1] for line in self.prose.splitlines() if (m := _HEADING.fullmatch(line))):
            name = slug(heading)
            found[name] = found.get(name, 0) + 1
        again = {f"{name}-{i}" for name, times in found.items() for i in range(1, times)}
        return frozenset({*found, *again, *_ANCHOR.findall(self.prose)})

    def at(self, block: Block) -> str:
        """Return where a block stands, as editors take it."""
        return f"{self.name}:{block.first}"


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def _blocks(text: str, name: str) -> Iterator[Block]:
    opened: tuple[int, tuple[str, ...]] | None = None
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.startswith(FENCE):
            if line.lstrip().startswith(FENCE):
                raise ValueError(f"{name}:{number}: a fence is indented, so that nothing checks what it holds")
        elif opened is None:
            opened = number + 1, tuple(line[len(FENCE) :].split())
        else:
            first, words = opened
            opened = None
            body = "".join(f"{lines[i - 1]}\n" for i in range(first, number))
            yield Block(words, body, first, number - 1)
    if opened is not None:
        raise ValueError(f"{name}:{opened[0] - 1}: this block is never closed")


def pages() -> list[Page]:
    """Return every page whose blocks are executed."""
    return [Page(ROOT / "README.md"), *(Page(path) for path in sorted(DOCS.rglob("*.md")))]
