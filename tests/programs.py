"""Programs that tests need and that a machine may not have: CI must have them, a developer may do without."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def needed(*names: str) -> str:
    """Return the path of the first of these programs that is installed, or skip the test; in CI, fail it."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        _missing(f"{names[0]} is not installed")
    return str(found)


def needed_file(path: Path, how: str) -> Path:
    """Return the path of a file that has to be installed first, or skip the test; in CI, fail it."""
    if not path.exists():
        _missing(f"{path.name} is not there; {how}")
    return path


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI leaves nothing out; see .ci/run")
    pytest.skip(reason)
