"""What a service has done, in an SQLite file of its own: each key once, however often it is asked."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, repeats INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS undone (key TEXT PRIMARY KEY);
"""

Opening = tuple[str, Mapping[str, int]]


class Refusal(Exception):  # noqa: N818 - a service that says no is no mistake
    """The service says no: nothing has been done, and trying again will not help."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Ledger:
    """The tables of a service, and what it has answered to which key.

    The work and its answer are written in one transaction. A service that is killed has therefore done both or
    neither, and when it is asked again it either does the work or repeats the answer.

    Args:
        path: The SQLite file.
        tables: SQL that makes the service's own tables where they are not there yet.
        opening: SQL that writes one row of what there is at first, unless it is there, and the values of the rows.
    """

    def __init__(self, path: Path, tables: str, opening: Opening | None = None) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_TABLES + tables)
        if opening is not None:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(opening[0], opening[1].items())

    def do(self, key: str, work: Callable[[sqlite3.Connection], dict[str, Any]]) -> dict[str, Any]:
        """Do the work of a key, unless it has been done: then return what was answered.

        Raises:
            Refusal: The work refuses, or its undo has come before it.
        """
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for (answer,) in self._db.execute("SELECT answer FROM answers WHERE key = ?", (key,)):
                self._db.execute("UPDATE answers SET repeats = repeats + 1 WHERE key = ?", (key,))
                return dict(json.loads(answer))
            if self._db.execute("SELECT 1 FROM undone WHERE key = ?", (key,)).fetchone():
                raise Refusal(410, "Undone", "this has been undone before it was done")
            done = work(self._db)
            self._db.execute("INSERT INTO answers (key, answer) VALUES (?, ?)", (key, json.dumps(done)))
            return done

    def undo(self, key: str, undoes: str, work: Callable[[sqlite3.Connection], None]) -> dict[str, Any]:
        """Undo what was done for the key `undoes`; that may be nothing, and then it must not be done any more."""

        def remember(db: sqlite3.Connection) -> dict[str, Any]:
            db.execute("INSERT OR IGNORE INTO undone VALUES (?)", (undoes,))
            work(db)
            return {}

        return self.do(key, remember)
