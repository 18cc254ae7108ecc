"""Deciding about many sagas at once."""

import time

import pytest

from sagadsl import ActionError, Engine, Services, compile_saga, load
from sagadsl.runtime import Filter, bulk, decisions
from sagadsl.runtime.bulk import Selection, chosen
from sagadsl.runtime.recorder import Recorder
from sagadsl.runtime.store.memory import MemoryStore
from sagadsl.runtime.verdicts import Recorded, Refused

TEXT = """
name: order
input: {type: object, required: [n], properties: {n: {type: integer}}}
max_retries: 1
steps:
  - {id: a, service: s, action: a, kind: read_only, payload: {n: "${input.n}"}, on_failure: fail}
"""

services = Services()


@services.action("s.a")
async def a(n):
    if n % 3:
        raise ActionError(f"Code{n % 3}", "as told", retryable=False)


@pytest.fixture
async def store():
    """250 sagas, two thirds of which have failed with one of two errors."""
    store = MemoryStore()
    await store.open()
    async with Engine(store, services) as engine:
        ids = [await engine.start(compile_saga(load(TEXT)), {"n": n}, f"s{n}") for n in range(250)]
        for saga_id in ids:
            await engine.wait(saga_id, timeout=20)
    return store


def failed(error=None):
    return Selection(Filter(statuses=("failed",), error_code=error))


async def ids(store, selection, **limit):
    return [row.id for row in await chosen(store, selection, **limit)]


async def test_sagas_are_chosen_by_what_they_have_in_common(store):
    assert len(await ids(store, Selection())) == 250
    assert await ids(store, failed("Code1"), limit=2) == ["s247", "s244"]
    assert len(await ids(store, Selection(Filter(statuses=("failed",)), quiet_since=time.time()))) == 166
    assert await ids(store, Selection(quiet_since=time.time() - 60)) == []


async def test_a_rehearsal_says_what_would_come_of_it_and_does_nothing(store):
    rows = await chosen(store, Selection())
    verdicts = [verdict async for _, verdict in bulk.rehearse(store, rows, decisions.retry())]

    assert verdicts.count(Recorded("running")) == 166
    assert verdicts.count(Refused("the saga is completed, not failed or compensation_failed")) == 84
    assert await chosen(store, Selection()) == rows


async def test_a_decision_is_recorded_for_each_for_which_the_rehearsal_said_so(store):
    rows = await chosen(store, Selection())
    rehearsed = [verdict async for _, verdict in bulk.rehearse(store, rows, decisions.retry("ann"))]
    async with Recorder(store) as recorder:
        recorded = [verdict async for _, verdict in bulk.record(recorder, rows, decisions.retry("ann"))]

    assert recorded == rehearsed
    running = await chosen(store, Selection(Filter(statuses=("running",))))
    assert len(running) == 166
    assert {row.owner for row in running} == {None}
    assert all([(await store.events(row.id))[-1].by == "ann" for row in running])


async def test_it_can_be_stopped_between_hundreds_and_what_was_told_was_done(store):
    rows, told = await chosen(store, failed()), []
    async with Recorder(store) as recorder:
        async for row, _ in bulk.record(recorder, rows, decisions.retry(), lambda: bool(told)):
            told.append(row.id)

    assert len(told) == bulk.TOGETHER
    assert sorted(await ids(store, Selection(Filter(statuses=("running",))))) == sorted(told)


UNDOING = """
name: undoing
defaults: {retry: {max_attempts: 1}}
steps:
  - {id: book, service: s, action: book, compensation: cancel}
  - {id: pay, service: s, action: pay, kind: read_only}
"""


async def test_a_saga_that_could_not_be_undone_is_chosen_by_either_error():
    made, store = Services(), MemoryStore()
    await store.open()

    @made.action("s.book")
    async def book():
        return {}

    @made.action("s.pay")
    async def pay():
        raise ActionError("NoFunds", "empty", retryable=False)

    @made.action("s.cancel")
    async def cancel():
        raise ActionError("HotelClosed", "in winter", retryable=False)

    async with Engine(store, made) as engine:
        stuck = (await engine.run(compile_saga(load(UNDOING)), {}, "stuck")).saga_id

    def waiting(error, *statuses):
        return Selection(Filter(statuses=statuses, error_code=error))

    for error in ("NoFunds", "HotelClosed"):
        assert await ids(store, waiting(error, "failed", "compensation_failed"), limit=1) == [stuck]
        assert await ids(store, waiting(error)) == [stuck]
        assert await ids(store, waiting(error, "failed")) == []
    assert await ids(store, waiting("Closed", "compensation_failed")) == []
