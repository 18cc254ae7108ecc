"""Mail: sending it, reading it, and what became of it. A letter that was taken is removed; `log.py` does that."""

from __future__ import annotations

from sqlalchemy import Connection, insert, null, select, update

from sagadsl.runtime.store.contract import Answer, Letter, Mail, UnknownSagaError
from sagadsl.runtime.store.sql.plain import dumps, from_column, to_column
from sagadsl.runtime.store.sql.rows import letter_from
from sagadsl.runtime.store.sql.tables import letters, sagas

_TAKEN = Answer()


def post(connection: Connection, mail: Mail) -> int:
    """Send mail to a saga that is there, and have it taken up if nobody runs it."""
    this = sagas.c.id == to_column(mail.to)
    owner = connection.execute(select(sagas.c.owner).where(this).with_for_update(key_share=True)).first()
    if owner is None:
        raise UnknownSagaError(f"there is no saga {mail.to!r}")
    letter = insert(letters).values(saga_id=to_column(mail.to), body=dumps(mail.body)).returning(letters.c.id)
    letter_id: int = connection.execute(letter).scalar_one()
    if owner.owner is None:
        connection.execute(update(sagas).where(this).values(wake_at=0.0))
    return letter_id


def of_engine(connection: Connection, engine_id: str, limit: int) -> list[Letter]:
    """Return mail of an engine's sagas that has not been dealt with."""
    theirs = select(letters.c.id, letters.c.saga_id, letters.c.body).join(sagas, sagas.c.id == letters.c.saga_id)
    waiting = theirs.where(letters.c.refusal.is_(null()), sagas.c.owner == engine_id)
    return [letter_from(row) for row in connection.execute(waiting.order_by(letters.c.id).limit(limit))]


def refuse(connection: Connection, letter_id: int, why: str) -> None:
    """Deal with a letter by refusing it; whatever became of it first stands."""
    waiting = (letters.c.id == letter_id) & letters.c.refusal.is_(null())
    connection.execute(update(letters).where(waiting).values(refusal=to_column(why)))


def answer(connection: Connection, letter_id: int) -> Answer | None:
    """Return what became of a letter, or `None` while it is waiting."""
    letter = connection.execute(select(letters.c.refusal).where(letters.c.id == letter_id)).first()
    if letter is None:
        return _TAKEN
    return None if letter.refusal is None else Answer(from_column(letter.refusal))
