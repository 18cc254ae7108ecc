"""Archives: files of stories, compressed, to which is only ever added.

A file is a row of zstd frames with whole stories in each. A frame that an interrupted process has left unfinished at
the end is put aside before the next one is written; nothing that is in it has been removed from a store, since that is
done only once a frame has been written, synced to the disk and read back. Each story goes on with the hash of the one
before, so that none can be taken out unnoticed.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagadsl.machine.events import Event, from_json
from sagadsl.runtime.archive_sealing import opened, sealed
from sagadsl.runtime.store.contract import StoredDefinition, StoreError

if TYPE_CHECKING:
    from types import ModuleType

MAGIC = b"\x28\xb5\x2f\xfd"
"""How a zstd frame begins (RFC 8878, section 3.1.1)."""

_LEVEL = 9
_PATIENCE = 5.0  # seconds


class ArchiveError(Exception):
    """An archive cannot be read or written; the message says why."""


class Archive:
    """An archive that is open for writing; see `open_archive`.

    Attributes:
        path: The file.
        put_aside: Where an unfinished frame has gone, if there was one.
        last_hash: That of the last line, with which the next story goes on; `None` if there is none.
    """

    def __init__(self, path: Path, put_aside: Path | None, last_hash: str | None = None) -> None:
        self.path = path
        self.put_aside = put_aside
        self.last_hash = last_hash

    def append(self, stories: bytes) -> None:
        """Add stories; when this returns they are on the disk, and have been read back from there.

        Raises:
            ArchiveError: What was read back is not what was written.
            OSError: It cannot be written.
            StoreError: The keys to encrypt it with are no keys.
        """
        zstd = _zstd()
        options = {zstd.CompressionParameter.compression_level: _LEVEL, zstd.CompressionParameter.checksum_flag: 1}
        kept = sealed(stories, zstd.compress)
        frame: bytes = zstd.compress(kept, options=options)
        is_new = not self.path.exists()
        with self.path.open("ab") as file:
            start = file.seek(0, os.SEEK_END)
            file.write(frame)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(self.path.parent)
        with self.path.open("rb") as file:
            file.seek(start)
            written = file.read()
        if written != frame or zstd.decompress(written) != kept:
            raise ArchiveError(f"{self.path}: what was written cannot be read back; nothing was removed from the store")
        self.last_hash = hash_of(stories)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive to add to it, or make it. Nobody else can until it is closed.

    Raises:
        ArchiveError: It is damaged, in use, or no archive.
        OSError: It cannot be written.
    """
    _zstd()  # which says what is to be installed, before anything is imported
    from filelock import FileLock, Timeout  # noqa: PLC0415 - an extra

    if not path.absolute().parent.is_dir():  # the lock would make it
        raise ArchiveError(f"{path}: there is no folder {path.parent}; make it, or name another file")
    try:
        with FileLock(f"{path}.lock", timeout=_PATIENCE):
            put_aside = _put_aside_unfinished(path)
            yield Archive(path, put_aside, _last_hash(path))
    except Timeout:
        raise ArchiveError(f"{path}: another process is adding to it") from None


def _put_aside_unfinished(path: Path) -> Path | None:
    """Cut off what an interrupted process has left at the end, and keep it in a file beside.

    Raises:
        ArchiveError: The file is damaged somewhere else than at its end.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = _frames(content, path)[-1]
        rest = content[end:]
    if not rest:
        return None
    aside = path.with_name(f"{path.name}.unfinished")
    with aside.open("ab") as kept:
        kept.write(rest)
        kept.flush()
        os.fsync(kept.fileno())
    with path.open("r+b") as cut:
        cut.truncate(end)
        os.fsync(cut.fileno())
    return aside


def _last_hash(path: Path) -> str | None:
    """Return the hash of the last line of an archive that has whole frames alone; `None` if it has no lines.

    Raises:
        ArchiveError: It cannot be read.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    zstd = _zstd()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start, end = _frames(content, path)[-2:]
        frame = content[start:end]
    with _explained(path):
        kept = zstd.decompress(frame).splitlines(keepends=True)
        return hash_of(b"".join(opened(kept[-1], zstd.decompress))) if kept else None


def hash_of(stories: bytes) -> str | None:
    """Return the hash that the last line of some stories says it has."""
    try:
        said = json.loads(stories[stories.rstrip(b"\n").rfind(b"\n") + 1 :])["hash"]
    except (ValueError, KeyError, TypeError):  # `audit` says what is wrong with it
        return None
    return said if isinstance(said, str) else None


def _frames(content: mmap.mmap, path: Path) -> list[int]:
    """Return where whole frames begin, and where the last one ends."""
    zstd, ends = _zstd(), [0]
    with memoryview(content) as view:
        while ends[-1] < len(view):
            try:
                with view[ends[-1] :] as rest:
                    ends.append(ends[-1] + zstd.get_frame_size(rest))
            except zstd.ZstdError:
                break
    end = ends[-1]
    left = content[end : end + len(MAGIC)]
    if left and not MAGIC.startswith(left):
        raise ArchiveError(f"{path}: it is damaged, or no archive, at byte {end}")
    if left and content.find(MAGIC, end + 1) >= 0:
        raise ArchiveError(f"{path}: it is damaged at byte {end}, and goes on behind that; restore it from a copy")
    return ends


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file of stories, compressed or not, with what ends them.

    Raises:
        ArchiveError: It is damaged.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            file.seek(0)
            yield from file
            return
    zstd = _zstd()
    with _explained(path), zstd.open(path, "rb") as file:
        for line in file:
            yield from opened(line, zstd.decompress)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say what is wrong with an archive that cannot be read.

    Raises:
        ArchiveError: Instead of what the libraries raise.
    """
    try:
        yield
    except EOFError:
        raise ArchiveError(f"{path}: it breaks off at the end; was whoever wrote it interrupted?") from None
    except StoreError as error:
        raise ArchiveError(f"{path}: {error}") from None
    except _zstd().ZstdError as error:
        raise ArchiveError(f"{path}: it is damaged: {error}") from None


def read_archive(path: Path, saga_id: str) -> list[Event]:
    """Return the events of a saga from an archive, or from a file that `sagadsl export` has written.

    Args:
        path: The file.
        saga_id: The saga's id; of one that was archived twice, the last time counts.

    Raises:
        LookupError: There is no such saga in it.
        ArchiveError: It is damaged.
        OSError: It cannot be read.
    """
    _, events = read_story(path, saga_id)
    return events


def read_story(path: Path, saga_id: str) -> tuple[StoredDefinition, list[Event]]:
    """Return the definition and the events of a saga; see `read_archive`."""
    found: tuple[dict[str, Any], list[Event]] | None = None
    for story, lines in _stories(path):
        if story["saga"]["id"] == saga_id:
            found = story, [from_json(json.loads(line)["event"]) for line in lines]
    if found is None:
        raise LookupError(f"{path}: there is no saga {saga_id} in it")
    stored = found[0]["definition"]
    return StoredDefinition(stored["name"], stored["version"], stored["hash"], stored["text"], 0.0), found[1]


def saga_ids(path: Path) -> list[str]:
    """Return the ids of the sagas whose stories are in a file, in its order and each once."""
    return list(dict.fromkeys(story["saga"]["id"] for story, _ in _stories(path)))


def _stories(path: Path) -> Iterator[tuple[dict[str, Any], Sequence[bytes]]]:
    """Yield what is at the head of each story, and the lines of its events."""
    head: dict[str, Any] | None = None
    events: list[bytes] = []
    for number, line in enumerate(read_lines(path), 1):
        try:
            if line.startswith(b'{"event":'):
                events.append(line)
            elif line.startswith(b'{"hash":'):
                head, events = json.loads(line)["story"], []
            elif line.startswith(b'{"end":') and head is not None:
                yield head, events
                head = None
            else:
                raise ValueError(line)
        except (ValueError, KeyError):
            raise ArchiveError(f"{path}: line {number} is no line of a story; `sagadsl audit` says more") from None


def _sync_folder(folder: Path) -> None:
    """Make sure that a new file is found after a power cut; not every system has a way."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _zstd() -> ModuleType:
    """Return the library that compresses: a part of Python from 3.14 on.

    Raises:
        ArchiveError: It is not installed.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - as below
        else:
            from backports import zstd  # noqa: PLC0415 - an extra
        import filelock  # noqa: F401, PLC0415 - whoever has the one has the other
    except ImportError:
        raise ArchiveError(
            "archives take some libraries more: install them with `pip install 'sagadsl[archive]'`"
        ) from None
    module: ModuleType = zstd
    return module
