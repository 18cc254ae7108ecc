"""`checks.md`: for every code an example, what is told of it, and the mended version."""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path

from sagadsl.language.codes import CODES
from tests.docs.generate import markdown
from tests.docs.generate.diagnostics import FAMILIES, family_of
from tests.language.checks.table import SERVICES, Example, examples, printed, put_wrong

INTRODUCTION = """\
Every code with a definition that has the problem, what `sagadsl validate` says of it, and a version that is mended.
[Diagnostics](reference/diagnostics.md) lists the codes in a table and tells what errors and warnings are."""

WITH_IT = "What {} says is told as well, for one comes with the other."


def page() -> str:
    """Return the page."""
    families = groupby(examples().values(), lambda example: family_of(example.code))
    return markdown.page("Checks", INTRODUCTION, *(_family(family, list(found)) for family, found in families))


def _family(family: str, found: list[Example]) -> str:
    return "\n\n".join([f"## {FAMILIES[family][0]}", *map(_section, found)])


def _section(example: Example) -> str:
    code = CODES[example.code]
    parts = [
        f'<a id="{code.code}"></a>',
        f"### `{code.code}` {code.title.replace('<', '&lt;')}",
        f"*{code.severity.capitalize()}.* {example.why}",
        *([WITH_IT.format(_links(example))] if example.also else []),
        *(_block(f"yaml example {name}", text) for name, text in _others(example).items()),
        _wrong(example),
        _block("output", f"$ {example.command}\n{_told(example)}"),
        "Mended:",
        _mended(example),
    ]
    return "\n\n".join(parts)


def _links(example: Example) -> str:
    return " and ".join(f"[{code}](#{code})" for code in example.also)


def _others(example: Example) -> dict[str, str]:
    return {**example.beside, **({SERVICES: example.services} if example.catalogue else {})}


def _wrong(example: Example) -> str:
    if example.script:
        return _block("python", f"from pathlib import Path\n\n{example.script}")
    return _block(f"yaml example {example.file}", example.wrong)


def _mended(example: Example) -> str:
    if example.is_about_services:
        return _block(f"yaml example {SERVICES}", example.mended_services)
    return _block(f"yaml example {example.file}", example.mended)


def _told(example: Example) -> str:
    with tempfile.TemporaryDirectory() as folder:
        put_wrong(example, Path(folder))
        return printed(example.command, Path(folder))


def _block(words: str, text: str) -> str:
    body = "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))
    return f"```{words}\n{body}\n```"
