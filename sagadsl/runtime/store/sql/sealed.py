"""A store whose data only those can read who have a key.

Encrypted are events, mail, and the messages of errors: whatever may hold what somebody has put into a saga. What a
store looks for it has to be able to read: ids, names, statuses, times, error codes, business keys and names of locks.
"""

from __future__ import annotations

import json
from builtins import list as listed
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sqlalchemy import URL

from sagadsl.language.definition import Json
from sagadsl.runtime.store.contract import (
    EVERYTHING,
    Filter,
    IdTaken,
    Letter,
    Mail,
    Page,
    Refusal,
    SagaRow,
    Write,
)
from sagadsl.runtime.store.encryption import Keys
from sagadsl.runtime.store.sql import rotating
from sagadsl.runtime.store.sql.plain import dumps
from sagadsl.runtime.store.sql.store import SqlStore

SEALED = "sealed"
"""The one key of a letter's body that is encrypted."""


class SealedStore(SqlStore):
    """See `contract.Store`.

    Args:
        url: The database, with SQLAlchemy's own name for its driver.
        name: The URL for people, without a password.
        keys: What encrypts and decrypts.
    """

    def __init__(self, url: URL, name: str, keys: Keys) -> None:
        super().__init__(url, name, keys)
        self._keys = keys
        self._database = url

    async def rotate(self, progress: Callable[[int], None] | None = None) -> int:
        """Encrypt with the first key whatever is not; return how many texts that were.

        Others may go on with the store meanwhile, as long as they have both keys.

        Args:
            progress: Hears from time to time how many there were so far.

        Raises:
            StoreError: Something is encrypted with a key that is not there.
        """
        return await rotating.rotate(self._threads, self._keys, self._database, progress)

    # what comes in

    async def commit(self, engine_id: str, writes: Sequence[Write]) -> listed[Refusal | None]:
        """Write events, and what belongs to them."""
        refusals = await super().commit(engine_id, [self._sealed_write(write) for write in writes])
        return [IdTaken(self._row(each.row)) if isinstance(each, IdTaken) else each for each in refusals]

    async def post(self, mail: Mail) -> int:
        """Send mail."""
        return await super().post(self._sealed_mail(mail))

    def _sealed_write(self, write: Write) -> Write:
        if write.row is None and not write.mail:
            return write
        row, mail = write.row, [self._sealed_mail(each) for each in write.mail]
        if row is not None and row.error_message:
            row = replace(row, error_message=self._keys.seal(row.error_message, row.id))
        return replace(write, row=row, mail=mail)

    def _sealed_mail(self, mail: Mail) -> Mail:
        return Mail(mail.to, {SEALED: self._keys.seal(dumps(mail.body), mail.to)})

    # what goes out

    async def letters(self, engine_id: str, limit: int = 1000) -> listed[Letter]:
        """Return the mail of this engine's sagas."""
        return [replace(each, body=self._body(each)) for each in await super().letters(engine_id, limit)]

    def _body(self, letter: Letter) -> Json:
        body = letter.body
        if isinstance(body, dict) and set(body) == {SEALED}:
            opened: Json = json.loads(self._keys.open(body[SEALED], letter.saga_id))
            return opened
        return body

    def _row(self, row: SagaRow) -> SagaRow:
        if not row.error_message:
            return row
        return replace(row, error_message=self._keys.open(row.error_message, row.id))

    async def row(self, saga_id: str) -> SagaRow:
        """Return a saga's row."""
        return self._row(await super().row(saga_id))

    async def owned(self, engine_id: str) -> listed[SagaRow]:
        """Return the sagas of an engine."""
        return [self._row(each) for each in await super().owned(engine_id)]

    async def claim(self, engine_id: str, *, now: float, limit: int, without: Collection[str] = ()) -> listed[SagaRow]:
        """Become the owner of sagas whose time has come."""
        claimed = await super().claim(engine_id, now=now, limit=limit, without=without)
        return [self._row(each) for each in claimed]

    async def claim_one(self, engine_id: str, saga_id: str) -> SagaRow:
        """Become the owner of one saga, if nobody owns it."""
        return self._row(await super().claim_one(engine_id, saga_id))

    async def find_key(self, name: str, key: str) -> SagaRow | None:
        """Return the saga with this business key."""
        found = await super().find_key(name, key)
        return None if found is None else self._row(found)

    async def list(self, which: Filter = EVERYTHING, *, after: str | None = None, limit: int = 100) -> Page:
        """Return sagas, the youngest first."""
        page = await super().list(which, after=after, limit=limit)
        return replace(page, sagas=tuple(map(self._row, page.sagas)))

    async def stale(self, before: float, limit: int = 100, *, due: float | None = None) -> Sequence[SagaRow]:
        """Return unfinished sagas to which nothing has happened for long."""
        return [self._row(each) for each in await super().stale(before, limit, due=due)]
