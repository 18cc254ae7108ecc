"""What a report calls a file, so that whoever reads it elsewhere finds the file again."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote


def inside(file: str) -> str | None:
    """Return the way from the working folder to the file with `/`, or nothing where the file is not below it."""
    here = Path.cwd()
    path = Path(file)
    whole = path if path.is_absolute() else here / path
    for folder, name in ((here, whole), (here.resolve(), whole.resolve())):
        if ".." not in name.parts and name.is_relative_to(folder):
            return name.relative_to(folder).as_posix()
    return None


def uri(file: str) -> tuple[str, bool]:
    """Return the URI of a file, and whether it is relative to the working folder."""
    name = inside(file)
    if name is None:
        return Path(file).resolve().as_uri(), False
    return quote(name), True
