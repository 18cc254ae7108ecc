"""What went wrong in a database, told in our words: is it gone for now, or does trying again not help?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc

from sagadsl.runtime.store.contract import StoreError, StoreUnavailableError

Problem = tuple[type[StoreError], str]

_GONE, _BROKEN = StoreUnavailableError, StoreError

_SQLITE: Mapping[int, Problem] = {  # by primary result code, see https://www.sqlite.org/rescode.html
    3: (_BROKEN, "this user may not use the file; give the user the right to write to it"),
    5: (_GONE, "another process has kept the file locked for long"),
    6: (_GONE, "another connection has kept a table locked"),
    7: (_GONE, "there is not enough memory"),
    8: (_BROKEN, "the file cannot be written; give this user the right to write to it and to its folder"),
    10: (_GONE, "the disk did not do what it should"),
    11: (
        _BROKEN,
        "the file is damaged; restore it from a backup, or save what can be read with `sqlite3 FILE .recover`",
    ),
    13: (_GONE, "the disk is full"),
    14: (_GONE, "the file cannot be opened"),
    15: (_GONE, "another process has kept the file locked for long"),
    23: (_BROKEN, "this user may not use the file; give the user the right to write to it"),
    26: (_BROKEN, "the file is no SQLite database; give the path of another one"),
}

_POSTGRESQL: Mapping[str, Problem] = {  # by SQLSTATE, or its class; see PostgreSQL's "Error Codes"
    "08": (_GONE, "the connection was lost"),
    "25006": (_GONE, "the server takes no writes; is it a standby?"),
    "25P03": (_GONE, "the server has ended a transaction that stood still"),
    "28": (_BROKEN, "the server does not let this user in; check the user and the password in the URL"),
    "3D000": (_BROKEN, "there is no such database; make it with `createdb`"),
    "40": (_GONE, "another transaction was in the way"),
    "42501": (_BROKEN, "this user may not do that; grant the user the rights on the tables, and to create them"),
    "42P01": (_BROKEN, "a table is missing; restore it from a backup, or open the store anew if it never had tables"),
    "42703": (_BROKEN, "a column is missing; restore the tables from a backup, or open the store anew"),
    "53": (_GONE, "the server has run out of disk, memory or connections"),
    "55": (_GONE, "something has kept a row locked for long"),
    "57": (_GONE, "the server is stopping or starting, or it has cut short what took too long"),
    "58": (_GONE, "the server's disk did not do what it should"),
    "XX001": (_BROKEN, "the data are damaged; restore them from a backup"),
    "XX002": (_BROKEN, "an index is damaged; rebuild it with `REINDEX`"),
}

_WORDS: Mapping[str, Problem] = {  # for what has no code: SQLite's own errors, and connections that never came about
    "no such table": _POSTGRESQL["42P01"],
    "no such column": _POSTGRESQL["42703"],
    "password authentication failed": _POSTGRESQL["28"],
    "no password supplied": _POSTGRESQL["28"],
    "no pg_hba.conf entry": _POSTGRESQL["28"],
    "the database system is": _POSTGRESQL["57"],
    "too many clients": _POSTGRESQL["53"],
    "remaining connection slots": _POSTGRESQL["53"],
    "role ": _POSTGRESQL["28"],
    'database "': _POSTGRESQL["3D000"],
}

TO_TRY_AGAIN = frozenset({"40001", "40P01"})
"""SQLSTATEs after which nothing was written and the same transaction may well succeed."""


@contextmanager
def told(where: str) -> Iterator[None]:
    """Tell every error of the database as a `StoreError`. `where` is the store's URL, without a password.

    Raises:
        StoreUnavailableError: Trying again may help.
        StoreError: It does not.
    """
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreUnavailableError(f"{where}: all connections are in use; try again") from error
    except exc.DBAPIError as error:
        kind, what = problem(error)
        raise kind(f"{where}: {what} ({_first_line(error.orig)})") from error


def problem(error: exc.DBAPIError) -> Problem:
    """Return what an error means."""
    return _by_code(error.orig) or _by_words(error) or _by_default(error)


def sqlstate(error: exc.DBAPIError) -> str:
    """Return PostgreSQL's code of an error; empty if it has none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def _by_code(original: Any) -> Problem | None:
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF)
    state = str(getattr(original, "sqlstate", None) or "")
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])


def _by_words(error: exc.DBAPIError) -> Problem | None:
    text = str(error.orig)
    return next((told for words, told in _WORDS.items() if words in text), None)


def _by_default(error: exc.DBAPIError) -> Problem:
    if error.connection_invalidated or (isinstance(error, exc.OperationalError) and not sqlstate(error)):
        return _GONE, "the database cannot be reached; is it running?"
    return _BROKEN, "the database refused"


def _first_line(original: Any) -> str:
    return str(original).strip().partition("\n")[0] or type(original).__name__
