"""Decisions that are recorded by a process that runs no sagas."""

import asyncio
import random
from dataclasses import replace

import pytest

from sagadsl import Engine, compile_saga, load
from sagadsl.machine.events import RetryRequested, StepFailed, StepResolved, StepSucceeded
from sagadsl.runtime import Limits, decisions
from sagadsl.runtime.processes import this_process
from sagadsl.runtime.recorder import Recorder
from sagadsl.runtime.store.contract import UNBEGUN, EngineRow, Filter, Mail
from sagadsl.runtime.store.memory import MemoryStore
from sagadsl.runtime.store.opening import open_store
from sagadsl.runtime.verdicts import Recorded, Refused, Sent
from tests.runtime.shops import Shop, eventually

QUICK = Limits(lease=0.6, beat=0.1, poll=0.05, grace=0.2)

TEXT = """
name: order
max_retries: 2
steps:
  - {id: a, service: s, action: a, compensation: undo_a}
  - {id: b, service: s, action: b, callback: true, timeout: 1d, kind: read_only}
  - {id: c, service: s, action: c, kind: read_only, on_failure: fail}
"""

AROUND = """
name: around
states:
  go: {type: saga, saga: order, next: done}
  done: {type: succeed}
"""


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, saga_db):
    """A store that several engines can use."""
    opened = MemoryStore() if request.param == "memory" else open_store(f"sqlite:///{saga_db}")
    await opened.open()
    yield opened
    await opened.close()


def an_engine(store, shop):
    return Engine(store, shop.services, limits=QUICK)


async def failed_saga(store, *ids, **behaviour):
    """Sagas that have failed at `c`, and that nobody runs any more."""
    shop = Shop(c=["fails"] * len(ids), **behaviour)
    async with an_engine(store, shop) as engine:
        for saga_id in ids:
            await engine.start(compile_saga(load(TEXT)), {}, saga_id)
            await eventually(lambda saga_id=saga_id: waits_for_report(engine, saga_id))
            await engine.report(saga_id, "b")
            await engine.wait(saga_id, timeout=10)


async def status_in(store):
    return (await store.row("s")).status


async def waits_for_report(engine, saga_id):
    return any((step.state, step.status) == ("b", "waiting") for step in (await engine.get(saga_id)).steps)


async def test_a_decision_about_a_saga_that_nobody_runs_is_recorded_and_whoever_comes_next_goes_on(store):
    await failed_saga(store, "s")

    async with Recorder(store) as recorder:
        verdict = await recorder.record("s", decisions.retry("ann", "the printer is back"))

    assert verdict == Recorded("running")
    last = (await store.events("s"))[-1]
    assert replace(last, seq=0, at=0.0) == RetryRequested("ann", "the printer is back")
    assert (await store.row("s")).status == "running"
    shop = Shop()
    async with an_engine(store, shop) as engine:
        assert (await engine.wait("s", timeout=10)).status == "completed"
    assert shop.names == ["c"]


async def test_what_is_refused_leaves_everything_as_it_was(store):
    await failed_saga(store, "s")
    before = await store.row("s"), await store.events("s")

    async with Recorder(store) as recorder:
        refused = [
            await recorder.record("s", decisions.skip("a", "ann")),
            await recorder.record("s", decisions.resolve("nowhere")),
            await recorder.record("s", decisions.report("b")),
        ]

    assert [type(verdict) for verdict in refused] == [Refused] * 3
    assert refused[0].why == "the saga is at 'c', not at 'a'"
    assert (await store.row("s"), await store.events("s")) == before


async def test_a_saga_that_is_not_there_is_refused(store):
    async with Recorder(store) as recorder:
        assert await recorder.record("nobody", decisions.retry()) == Refused("there is no such saga")


async def test_a_saga_that_an_engine_runs_takes_the_decision_there(store):
    shop = Shop()
    async with an_engine(store, shop) as engine:
        await engine.start(compile_saga(load(TEXT)), {}, "s")
        await eventually(lambda: waits_for_report(engine, "s"))
        async with Recorder(store) as recorder:
            refused = await recorder.record("s", decisions.skip("b"))
            taken = await recorder.record("s", decisions.report("b", {"pages": 2}, by="bob", why="it is printed"))
        outcome = await engine.wait("s", timeout=10)

    assert isinstance(refused, Refused)
    assert refused.why == "'b' is waiting, not failed"
    assert isinstance(taken, Recorded)
    report = next(event for event in outcome.events if isinstance(event, StepSucceeded) and event.reported)
    assert (report.output, report.by, report.why) == ({"pages": 2}, "bob", "it is printed")


async def test_where_the_engine_does_not_answer_the_decision_lies_in_the_store(store):
    await failed_saga(store, "s")
    await store.join(EngineRow("frozen", "a host far away", this_process(), 0.0))
    await store.claim_one("frozen", "s")

    async with Recorder(store, patience=0.2) as recorder:
        verdict = await recorder.record("s", decisions.retry("ann"))

    assert verdict == Sent("a host far away")
    await store.leave("frozen")
    async with an_engine(store, Shop()):
        await eventually(lambda: status_in(store), "completed")


async def test_where_the_engine_lets_go_of_the_saga_meanwhile_the_decision_is_recorded_here(store):
    await failed_saga(store, "s")
    await store.join(EngineRow("leaving", "here", this_process(), 0.0))
    await store.claim_one("leaving", "s")

    async with Recorder(store) as recorder:
        deciding = asyncio.create_task(recorder.record("s", decisions.retry("ann")))
        await asyncio.sleep(0.1)
        await store.leave("leaving")
        verdict = await deciding

    assert verdict == Recorded("running")
    assert [type(event) for event in await store.events("s")].count(RetryRequested) == 1


async def test_the_sagas_of_an_engine_whose_process_has_ended_are_free(store):
    await failed_saga(store, "s")
    realm, _, _ = this_process().split(" ")
    await store.join(EngineRow("dead", "here", f"{realm} 4194305 1", 0.0))
    await store.claim_one("dead", "s")

    async with Recorder(store) as recorder:
        assert await recorder.record("s", decisions.retry()) == Recorded("running")


async def test_what_had_been_sent_before_is_taken_first(store):
    await failed_saga(store, "s")
    skip = StepResolved("c", {}, "bob", "done by hand")
    letter = await store.post(Mail("s", {"event": {"type": "StepResolved", "state": skip.state, "by": "bob"}}))
    bad = await store.post(Mail("s", {"event": {"type": "Nonsense"}}))

    async with Recorder(store) as recorder:
        verdict = await recorder.record("s", decisions.retry("ann"))

    assert verdict == Refused("the saga is completed, not failed or compensation_failed")
    assert (await store.answer(letter)).refusal is None
    assert "not an event" in (await store.answer(bad)).refusal
    assert (await store.events("s"))[-1].by == "bob"


async def test_of_two_people_who_decide_at_the_same_moment_one_is_told_to_look_again(store):
    await failed_saga(store, "s")
    asked = asyncio.Event()

    class Slow:
        """A store that lets somebody else decide between reading a saga and writing."""

        def __getattr__(self, name):
            return getattr(store, name)

        async def commit(self, *arguments):
            asked.set()
            await asyncio.sleep(0.1)
            return await store.commit(*arguments)

    async with Recorder(Slow()) as slow, Recorder(store) as quick:
        late = asyncio.create_task(slow.record("s", decisions.compensate("bob")))
        await asked.wait()
        first = await quick.record("s", decisions.retry("ann"))
        second = await late

    assert first == Recorded("running")
    assert isinstance(second, Refused)
    assert "look at it again" in second.why
    assert [event.by for event in await store.events("s") if hasattr(event, "why")][-1] == "ann"
    row = await store.row("s")
    assert (row.status, row.owner, row.wake_at) == ("running", None, UNBEGUN)


@pytest.mark.parametrize("seed", range(3))
async def test_what_people_decide_at_the_same_time_through_one_recorder_is_always_taken_up_again(store, seed):
    ids = [f"s{i}" for i in range(4)]
    await failed_saga(store, *ids)
    dice = random.Random(seed)

    class Unsteady:
        """A store that answers at once or a little later."""

        def __getattr__(self, name):
            found = getattr(store, name)
            if name not in {"histories", "commit", "release", "row", "claim_one"}:
                return found

            async def later(*arguments):
                await asyncio.sleep(dice.choice([0, 0, 0.002, 0.005]))
                return await found(*arguments)

            return later

    async with Recorder(Unsteady()) as shared:
        decided = [shared.record(saga_id, decisions.retry(str(i))) for saga_id in ids for i in range(6)]
        verdicts = await asyncio.gather(*decided)

    assert verdicts.count(Recorded("running")) == len(ids)
    rows = (await store.list(Filter())).sagas
    assert {(row.status, row.owner) for row in rows} == {("running", None)}
    assert all(row.wake_at is not None for row in rows)


async def test_one_that_was_taken_for_dead_begins_anew(store):
    await failed_saga(store, "s")

    async with Recorder(store) as recorder:
        (me,) = await store.engines()
        await store.bury(me.id, me.beat)
        verdict = await recorder.record("s", decisions.retry())
        assert [engine.id for engine in await store.engines()] != [me.id]

    assert verdict == Recorded("running")
    assert await store.engines() == []


async def test_nobody_is_left_behind_as_the_owner_of_anything(store):
    await failed_saga(store, "s1", "s2", "s3")

    async with Recorder(store) as recorder:
        verdicts = await recorder.record_all(["s1", "s2", "nobody"], decisions.retry())

    assert verdicts == {
        "s1": Recorded("running"),
        "s2": Recorded("running"),
        "nobody": Refused("there is no such saga"),
    }
    rows = (await store.list(Filter())).sagas
    assert [row.owner for row in rows] == [None] * 3
    assert {row.id: row.wake_at for row in rows} == {"s1": UNBEGUN, "s2": UNBEGUN, "s3": None}


async def test_a_saga_that_another_one_runs_is_decided_about_by_itself_and_the_one_around_it_goes_on(store):
    shop = Shop(c=["fails"])
    order, around = compile_saga(load(TEXT)), compile_saga(load(AROUND))
    async with an_engine(store, shop) as engine:
        await engine.register(order, around)
        await engine.start(around, {}, "s")
        await eventually(lambda: "b" in shop.names)
        await engine.report("s/go", "b")
        await engine.wait("s/go", timeout=10)

    async with Recorder(store) as recorder:
        assert await recorder.record("s/go", decisions.resolve("c", by="ann")) == Recorded("completed")

    async with an_engine(store, Shop()) as engine:
        assert (await engine.wait("s", timeout=10)).status == "completed"


# what has been recorded and not begun

REFUNDS = """
name: order
steps:
  - {id: a, service: s, action: a, compensation: undo_a, timeout: 1m}
  - {id: b, service: s, action: b, compensation: undo_b, on_failure: fail, timeout: 1m}
  - {id: go, type: wait, signal: go}
"""


async def failed_at_b(store):
    shop = Shop(b=["fails"])
    async with an_engine(store, shop) as engine:
        assert (await engine.run(compile_saga(load(REFUNDS)), {}, "s")).status == "failed"


async def last_failure(store):
    failures = [event for event in await store.events("s") if isinstance(event, StepFailed)]
    return failures[-1].error


async def test_an_attempt_that_was_recorded_and_not_begun_fails_for_certain(store):
    await failed_at_b(store)

    async with Recorder(store) as recorder:
        await recorder.record("s", decisions.retry("ann"))
    async with an_engine(store, Shop(b=["fails"])) as engine:
        outcome = await engine.wait("s", timeout=10)

    assert outcome.status == "failed"
    assert not (await last_failure(store)).in_doubt


@pytest.mark.parametrize("takes_up", ["claim", "claim_one"])
async def test_an_attempt_that_an_engine_may_have_begun_before_it_died_is_in_doubt(store, takes_up):
    await failed_at_b(store)
    async with Recorder(store) as recorder:
        await recorder.record("s", decisions.retry("ann"))
    realm, _, _ = this_process().split(" ")
    await store.join(EngineRow("dead", "here", f"{realm} 4194305 1", 0.0))
    if takes_up == "claim":
        await store.claim("dead", now=1.0, limit=10)
    else:
        await store.claim_one("dead", "s")

    async with an_engine(store, Shop(b=["fails"])) as engine:
        await engine.wait("s", timeout=10)

    assert (await last_failure(store)).in_doubt


async def test_a_decision_does_not_make_certain_what_was_under_way_before(store):
    await failed_at_b(store)
    async with Recorder(store) as recorder:
        await recorder.record("s", decisions.retry("ann"))
    await store.join(EngineRow("gone", "here", this_process(), 0.0))
    await store.claim_one("gone", "s")
    await store.leave("gone")

    async with Recorder(store) as recorder:
        assert isinstance(await recorder.record("s", decisions.signal("go")), Recorded)

    assert (await store.row("s")).wake_at == 0.0


async def test_two_decisions_in_a_row_leave_it_unbegun(store):
    await failed_at_b(store)

    async with Recorder(store) as recorder:
        await recorder.record("s", decisions.retry("ann"))
        await recorder.record("s", decisions.signal("go"))
        assert isinstance(await recorder.record("s", decisions.skip("b")), Refused)

    assert (await store.row("s")).wake_at == UNBEGUN


async def test_an_engine_that_cannot_run_the_saga_leaves_it_unbegun_to_others(store):
    await failed_at_b(store)
    async with Recorder(store) as recorder:
        await recorder.record("s", decisions.retry("ann"))

    async with an_engine(store, Shop(actions=("a",))) as unable:
        await eventually(lambda: _is_left(store, unable))
    async with an_engine(store, Shop(b=["fails"])) as engine:
        await engine.wait("s", timeout=10)

    assert not (await last_failure(store)).in_doubt


async def _is_left(store, engine):
    return engine._claims._not_ours and (await store.row("s")).owner is None


async def test_decisions_of_tasks_that_share_a_recorder_leave_no_saga_that_nobody_takes_up(store):
    """Given a refused decision beside one that is taken, when both are made at once, then the saga goes on."""
    ids = [f"o{number}" for number in range(6)]
    await failed_saga(store, *ids)

    async with Recorder(store) as recorder:
        both = (decisions.retry(), decisions.resolve("a", {}), decisions.skip("a"), decisions.resolve("b", {}))
        await asyncio.gather(*(recorder.record(saga_id, make) for saga_id in ids for make in both))

    rows = [await store.row(saga_id) for saga_id in ids]
    assert {row.status for row in rows} == {"running"}
    assert all(row.owner is None and row.wake_at is not None for row in rows)
