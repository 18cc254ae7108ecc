"""`diagnostics.md`: every code of a diagnostic, in tables that lead to the examples in `checks.md`."""

from __future__ import annotations

from itertools import groupby

from sagadsl.language.codes import CODES, Code
from tests.docs.generate import markdown
from tests.docs.generate.markdown import table

INTRODUCTION = """\
Every finding has a code, which never changes its meaning. An **error** keeps a definition from being run, drawn or
compiled. A **warning** is shown and keeps nothing from anything, unless `sagadsl validate --strict` is asked.

A finding says where it is, what is wrong and, where that can be told, what to do (`hint`). All of them are reported at
once, in the order of the text. Where the structure of a file is wrong, flow and expressions are looked at only as far as
they are certain: mend the structure first.

[Checks](../checks.md) shows each code with an example and how to mend it."""

FAMILIES = {
    "1": ("Text", "The file cannot be read as data."),
    "2": ("Structure", "The data is not of the shape that the language defines; see [the keys](keys.md)."),
    "3": ("Flow", "The states do not connect."),
    "4": ("Expressions and data", "Every expression is read and type-checked against what is readable at its place."),
    "5": ("Roles and compensation", "What is undone, what is retried, and the point of no return."),
    "6": ("Style", "What is said and means nothing."),
    "7": ("Services", "How services are called over HTTP; see [the keys of a catalogue](services.md)."),
}
_FAMILY = len("SAGA")


def family_of(code: str) -> str:
    """Return the family of a code, a key of `FAMILIES`."""
    return code[_FAMILY]


def page() -> str:
    """Return the page."""
    parts = [_family(family, list(codes)) for family, codes in groupby(CODES.values(), lambda c: family_of(c.code))]
    return markdown.page("Diagnostics", INTRODUCTION, *parts)


def _family(family: str, codes: list[Code]) -> str:
    title, what = FAMILIES[family]
    rows = [
        (
            f'<a id="{code.code}"></a>[`{code.code}`](../checks.md#{code.code})',
            code.severity,
            code.title.replace("<", "&lt;"),
        )
        for code in codes
    ]
    return "\n\n".join([f"## {title}", what, table(["code", "severity", "what is wrong"], rows)])
