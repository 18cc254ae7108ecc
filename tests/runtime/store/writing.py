"""Short words for what the stories about stores write."""

from __future__ import annotations

from dataclasses import replace

from sagadsl.machine.events import SagaStarted, StepSucceeded
from sagadsl.runtime.store.contract import EngineRow, Mail, SagaRow, Write

NOW = 1_700_000_000.0
ME = "me"
YOU = "you"
NO_INPUT = {}


def a_row(saga_id, **changes):
    """A running saga's row, owned by this engine."""
    usual = SagaRow(saga_id, "order", "1", "hash-1", "running", NOW, NOW, owner=ME)
    return replace(usual, **changes)


def started(at=NOW, input=NO_INPUT):
    return SagaStarted(input, "order", "1", "hash-1", seq=1, at=at)


def step(seq, output=None, at=NOW):
    return StepSucceeded("charge", 1, output, seq=seq, at=at)


def first(saga_id, event=None, mail=(), answers=None, **row):
    """The first event of a saga, with its row."""
    return Write(saga_id, event or started(), a_row(saga_id, **row), mail, answers)


def more(saga_id, seq, output=None, mail=(), answers=None, frees_locks=False, at=NOW):
    """A later event, which leaves the row as it is."""
    return Write(saga_id, step(seq, output, at), None, mail, answers, frees_locks)


def end(saga_id, seq, status="completed", mail=(), answers=None, frees_locks=False, **row):
    """A saga's last event, with which nobody owns it any more."""
    row = {"owner": None, "ended_at": NOW, "updated_at": NOW, **row}
    return Write(saga_id, step(seq), a_row(saga_id, status=status, **row), mail, answers, frees_locks)


def mail_to(saga_id, body="hello"):
    return Mail(saga_id, body)


async def join(store, *engines):
    for engine in engines or (ME,):
        await store.join(EngineRow(engine, "host", "process", NOW))


async def committed(store, *writes, engine=ME):
    """Write, and see that nothing was refused."""
    assert await store.commit(engine, writes) == [None] * len(writes)


async def given(store, *saga_ids, **row):
    """Sagas that have begun, of an engine that has joined."""
    await join(store, ME)
    await committed(store, *(first(each, **row) for each in saga_ids))


async def seen(store):
    """All that a store holds that can be seen, so as to tell that nothing has changed."""
    rows = (await store.list()).sagas
    histories = await store.histories([row.id for row in rows])
    letters = [await store.letters(engine.id) for engine in await store.engines()]
    return rows, histories, letters, await store.locks(), await store.engines()


def ids(rows):
    return [row.id for row in rows]
