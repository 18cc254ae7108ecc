"""What is done with a store from outside of any engine: decisions, exports and purges."""

import pytest

from sagadsl import Engine, compile_saga, load
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime import Filter, bulk, decisions
from sagadsl.runtime.archive import open_archive, read_archive
from sagadsl.runtime.archive_purge import Purge
from sagadsl.runtime.audit import audit
from sagadsl.runtime.audit_export import stories
from sagadsl.runtime.audit_story import lines
from sagadsl.runtime.bulk import Selection
from sagadsl.runtime.recorder import Recorder
from sagadsl.runtime.verdicts import Recorded
from tests.runtime.shops import Shop

TEXT = """
name: order
key: "order ${input.n}"
locks: ["room ${input.n}"]
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  - {id: a, service: s, action: a, compensation: undo_a}
  - {id: c, service: s, action: c, kind: read_only, on_failure: fail}
"""
IDS = ["s-0", "s-1 %'\"\\", "s-é✓"]


@pytest.fixture
async def failed(store):
    """Three sagas that have failed."""
    async with Engine(store, Shop(c=["fails"] * 3).services) as engine:
        for number, saga_id in enumerate(IDS):
            assert (await engine.run(compile_saga(load(TEXT)), {"n": number}, saga_id)).status == "failed"
    return store


async def test_decisions_are_recorded_and_carried_out_by_the_next_engine(failed):
    rows = await bulk.chosen(failed, Selection(Filter(statuses=("failed",))))
    async with Recorder(failed) as recorder:
        told = {row.id: verdict async for row, verdict in bulk.record(recorder, rows, decisions.retry("ann", "é ✓"))}
    assert told == dict.fromkeys(IDS, Recorded("running"))
    assert await failed.locks() == {f"room {number}": saga_id for number, saga_id in enumerate(IDS)}

    async with Engine(failed, Shop().services) as engine:
        assert [(await engine.wait(saga_id, timeout=20)).status for saga_id in IDS] == ["completed"] * 3
    assert await failed.locks() == {}


async def test_a_decision_that_ends_a_saga_frees_its_locks_and_its_key(failed):
    async with Recorder(failed) as recorder:
        assert await recorder.record(IDS[1], decisions.skip("c", "ann")) == Recorded("completed")

    assert sorted(await failed.locks()) == ["room 0", "room 2"]
    assert (await failed.row(IDS[1])).ended_at is not None


async def test_stories_are_told_archived_and_removed(failed, tmp_path):
    async with Recorder(failed) as recorder:
        await recorder.record_all(IDS[:2], decisions.skip("c", "ann"))
    before = await failed.events(IDS[1])
    row = await failed.row(IDS[1])
    assert audit(lines([story async for story in stories(failed, row)])).is_sound

    with open_archive(tmp_path / "a.jsonl.zst") as archive:
        purge = Purge(failed, archive).run(1e12, Filter(statuses=tuple(SAGA.final)))
        removed = [row.id async for done in purge for row in done.removed]

    assert sorted(removed) == sorted(IDS[:2])
    assert [row.id for row in (await failed.list(Filter())).sagas] == [IDS[2]]
    assert read_archive(tmp_path / "a.jsonl.zst", IDS[1]) == before
