"""Diagnostics written down: for people, for programs, for code scanning and for a build on GitHub."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TypeAlias

from sagadsl.language.diagnostics import Diagnostic, render_text

Texts: TypeAlias = Mapping[str, str]
Writer: TypeAlias = Callable[[Sequence[Diagnostic]], str]

FORMATS = ("text", "json", "sarif", "github")
"""What `write` can write."""

_MODULES = {"json": "plain_json", "sarif": "sarif", "github": "github"}  # imported when wanted


def write(format: str, diagnostics: Sequence[Diagnostic], texts: Texts) -> str:  # noqa: A002  what people call it
    """Return the diagnostics in one of `FORMATS`, without a last line break.

    Args:
        format: `text` for people, with the lines in question; `json`; `sarif` (2.1.0); or `github`, the commands by
            which a build on GitHub marks lines.
        diagnostics: What to write, in this order.
        texts: Source texts by file name; only `text` shows them.

    Raises:
        ValueError: There is no such format.
    """
    if format == "text":
        return render_text(diagnostics, texts)
    if format not in _MODULES:
        raise ValueError(f"there is no format {format!r}, only {', '.join(FORMATS)}")
    writer: Writer = import_module(f"{__name__}.{_MODULES[format]}").write
    return writer(diagnostics)
