"""Whether an SQLite database is still the file that it was; one that is gone would be written to all the same."""

from __future__ import annotations

import os

from sqlalchemy import URL

from sagadsl.runtime.store.contract import StoreError


class FilePresence:
    """The file of a database; for one that is no file there is nothing to be seen.

    Args:
        url: The database.
        where: The URL for people.
    """

    def __init__(self, url: URL, where: str) -> None:
        self._path = url.database if url.get_backend_name() == "sqlite" else None
        self._where = where
        self._identity: tuple[int, int] | None = None

    def connected(self) -> None:
        """Remember which file it is."""
        self._identity = self._look()

    def forget(self) -> None:
        """Be ready for another file."""
        self._identity = None

    def check(self) -> None:
        """Make sure that what is written goes to where others look for it.

        Raises:
            StoreError: The file was removed, or there is another one in its place.
        """
        if self._identity is None or self._look() == self._identity:
            return
        raise StoreError(
            f"{self._where}: the file was removed or replaced while it was in use; stop every process that uses it, "
            "put the right file in its place, and start them again"
        )

    def _look(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            found = os.stat(self._path)  # noqa: PTH116 - for every transaction
        except OSError:
            return None
        return found.st_dev, found.st_ino
