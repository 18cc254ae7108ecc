"""A cache of machine code in the user's folder for such things.

What is read from it is run, so the folder has to be the user's alone and a file has to have the digest that stands
at its head: wasmtime has a cache of its own, but loads a file in which a bit was flipped and crashes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

_UNUSED = 30 * 24 * 3600.0
"""Seconds after which a file that nobody has read is thrown away."""
_DIGEST = sha256().digest_size
_ENDING = ".cwasm"


def read(name: str) -> bytes | None:
    """Return what was kept under a name, if it is as it was written."""
    folder = _own_folder()
    if folder is None:
        return None
    file = folder / f"{name}{_ENDING}"
    try:
        kept = file.read_bytes()
    except OSError:
        return None
    digest, content = kept[:_DIGEST], kept[_DIGEST:]
    if sha256(content).digest() != digest:
        return None
    with suppress(OSError):
        os.utime(file)  # it is in use
    return content


def write(name: str, content: bytes) -> None:
    """Keep something under a name, at one stroke; where that cannot be done, it is not kept."""
    folder = _own_folder()
    if folder is None:
        return
    with suppress(OSError):
        handle, unfinished = tempfile.mkstemp(dir=folder, prefix=".unfinished-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sha256(content).digest() + content)
            Path(unfinished).replace(folder / f"{name}{_ENDING}")
        finally:
            Path(unfinished).unlink(missing_ok=True)
        _tidy(folder)


def _tidy(folder: Path) -> None:
    for file in folder.glob(f"*{_ENDING}"):
        if file.stat().st_mtime < time.time() - _UNUSED:
            file.unlink()


def _own_folder() -> Path | None:
    """Return the folder for what was compiled, if it is there (or can be made) and nobody else can write to it."""
    try:
        folder = _cache_home() / "sagadsl"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
    except (OSError, RuntimeError):  # a read-only disk, a user without a home
        return None
    if os.name == "posix" and (facts.st_uid != os.geteuid() or facts.st_mode & 0o022 or folder.is_symlink()):
        return None
    return folder


def _cache_home() -> Path:
    """Return where programs keep what they can make again, as each system has it."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
