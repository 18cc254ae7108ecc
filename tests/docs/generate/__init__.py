"""Reference pages that are made from the tables of the code, so that they cannot drift from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs.generate import (
    checks,
    command_line,
    diagnostics,
    gallery,
    keys,
    lifecycles,
    observation,
    protocol,
    services,
)
from tests.docs.pages import DOCS

PAGES: Mapping[Path, Callable[[], str]] = {
    DOCS / "checks.md": checks.page,
    **{
        DOCS / "reference" / f"{name}.md": module.page
        for name, module in {
            "lifecycles": lifecycles,
            "diagnostics": diagnostics,
            "command-line": command_line,
            "observation": observation,
            "protocol": protocol,
            "keys": keys,
            "gallery": gallery,
            "services": services,
        }.items()
    },
}
"""Every generated page and what makes it."""
