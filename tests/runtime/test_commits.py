"""Group commit: many sagas, few transactions, and neither the store nor the event loop waits for the other."""

import asyncio
from itertools import accumulate

from sagadsl import Engine, Services, compile_saga, load
from tests.benchmarks.sagas import chain

SAGAS, STEPS = 1_000, 3


def services():
    registry = Services()

    @registry.action("accounts.book")
    async def book(payload: dict):
        return {"ref": "r"}

    @registry.action("accounts.unbook")
    async def unbook(payload: dict):
        return {}

    return registry


def written_at_once(url, count):
    """Run so many sagas at a time, and return how many events each transaction has written."""
    sizes = []

    async def run():
        compiled = compile_saga(load(chain(STEPS)))
        engine = Engine(url, services())
        engine.hear_commits(lambda size, _: sizes.append(size))
        async with engine:
            await engine.register(compiled)
            outcomes = await asyncio.gather(*(engine.run(compiled, {"amount": 1.0}) for _ in range(count)))
        assert {outcome.status for outcome in outcomes} == {"completed"}

    asyncio.run(run())
    return sizes


def test_what_sagas_write_at_the_same_time_goes_out_together(tmp_path):
    sizes = written_at_once(f"sqlite:///{tmp_path}/saga.db", 100)

    assert sum(sizes) == 100 * (STEPS + 1)
    assert len(sizes) < 100


def test_so_many_sagas_that_both_would_wait_are_written_in_two_halves_that_take_turns(tmp_path):
    sizes = written_at_once(f"sqlite:///{tmp_path}/saga.db", SAGAS)

    assert sum(sizes) == SAGAS * (STEPS + 1)
    once_all_have_begun = [size for size, before in zip(sizes, accumulate(sizes), strict=True) if before > 1.5 * SAGAS]
    assert max(once_all_have_begun) <= 0.8 * SAGAS  # while one half is being written, the other half goes on
