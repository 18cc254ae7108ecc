"""Each alert of `docs/operations` over what a worker's own metrics have said: it fires, and it stops again.

A minute is a scrape: whatever a real engine has counted by then becomes a series that `promtool` judges the rules by.
"""

import asyncio

import pytest

from sagadsl import ActionError, Services, compile_saga, load
from tests.operations.test_operations import RULES
from tests.operations.workers import Worker, judged


@pytest.fixture
def fired(tmp_path):
    """A function that checks which alerts fire in which minute of a worker's life."""

    def check(worker, expected):
        tests = [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(names)],
            }
            for minute, names in expected.items()
        ]
        judged(worker, tmp_path, RULES, tests)

    return check


BOOKING = compile_saga(
    load(
        """\
name: booking
steps:
  - {id: book, service: hotel, action: book, compensation: cancel}
  - {id: pay, service: bank, action: pay, kind: read_only}
"""
    )
)


class Town:
    """A hotel and a bank; what is in `broken` raises that."""

    def __init__(self):
        self.services, self.broken = Services(), {}
        for name in ("hotel.book", "hotel.cancel", "bank.pay"):
            self._offer(name)

    def _offer(self, name):
        @self.services.action(name)
        async def act():
            if name in self.broken:
                raise self.broken[name]


@pytest.fixture
def town():
    return Town()


@pytest.fixture
async def worker(town):
    async with Worker(town.services) as worker:
        yield worker


NOT_UNDONE = {"bank.pay": ActionError("Closed", retryable=False), "hotel.cancel": ActionError("Gone", retryable=False)}


@pytest.mark.parametrize("is_registered", [True, False])
async def test_the_first_compensation_that_fails_in_a_worker_is_told_of(worker, town, fired, is_registered):
    town.broken.update(NOT_UNDONE)
    if is_registered:
        await worker.engine.register(BOOKING)
    worker.goes_on(20)
    await worker.engine.run(BOOKING, {})
    worker.goes_on(40)

    fired(worker, {19: [], 21: ["SagaCompensationsFail"], 30: ["SagaCompensationsFail"], 40: []})


async def test_a_worker_that_only_undoes_has_it_told(worker, town, fired):
    town.broken["bank.pay"] = ActionError("Closed", retryable=False)
    for minute in range(60):
        if minute == 30:
            town.broken.clear()
        await worker.engine.run(BOOKING, {})
        worker.goes_on()

    fired(worker, {10: [], 25: ["ManySagasAreUndone"], 55: []})


async def test_dead_letters_are_told_of_until_somebody_has_decided(worker, town, fired):
    town.broken.update(NOT_UNDONE)
    await worker.looked()
    worker.scraped(31)  # so that what is told is not that they could not be undone a moment ago
    outcomes = await asyncio.gather(*(worker.engine.run(BOOKING, {}) for _ in range(12)))
    for _ in range(40):
        await worker.looked()
        worker.scraped()
    town.broken.clear()
    for outcome in outcomes:
        await worker.engine.retry(outcome.saga_id)
        await worker.engine.wait(outcome.saga_id)
    for _ in range(20):
        await worker.looked()
        worker.scraped()

    waits, many, fails = "SagasWaitForAPerson", "SagasWaitForAPersonMoreAndMore", "SagaCompensationsFail"
    fired(worker, {2: [], 33: [many, fails], 40: [waits, many, fails], 68: [waits], 75: []})


async def test_a_circuit_that_nobody_closes_is_told_of_and_one_that_closed_is_not(worker, town, fired):
    town.services.breaker("bank", failures=1, reset=0.05)
    town.broken["bank.pay"] = ConnectionError("nobody there")
    worker.goes_on(5)
    await worker.engine.run(BOOKING, {})
    worker.goes_on()
    await asyncio.sleep(0.1)  # half open, and nobody comes
    worker.goes_on(4)
    town.broken.clear()
    await worker.engine.run(BOOKING, {})
    worker.goes_on(10)

    fired(worker, {4: [], 5: [], 8: ["SagaServiceIsNotCalled"], 10: [], 15: []})


async def test_calls_that_break_off_are_told_of(worker, town, fired):
    town.broken["bank.pay"] = ActionError("Broken", retryable=False, in_doubt=True)
    for minute in range(60):
        if minute == 30:
            town.broken.clear()
        for _ in range(2):
            await worker.engine.run(BOOKING, {})
        worker.goes_on()

    undone = "ManySagasAreUndone"
    fired(worker, {8: [], 14: ["SagaAttemptsAreInDoubt"], 25: ["SagaAttemptsAreInDoubt", undone], 58: []})


async def test_a_store_that_is_not_seen_is_told_of_but_not_before_there_was_time_to_see_it(worker, fired):
    worker.scraped(2)  # it is still being opened
    worker.goes_on(5)
    worker.scraped(10)  # it is gone
    worker.goes_on(5)

    fired(worker, {0: [], 1: [], 6: [], 10: [], 14: ["SagaStoreCannotBeSeen"], 18: []})


async def test_a_slow_store_is_told_of(worker, fired):
    for minute in range(60):
        for _ in range(50):
            worker.metrics.committed(3, 0.004)
        worker.metrics.committed(3, 2.0 if minute < 30 else 0.004)
        worker.goes_on()

    fired(worker, {5: [], 14: ["SagaStoreIsSlow"], 55: []})


async def test_stale_sagas_are_told_of_until_something_happens_to_them(worker, fired):
    rows = [object()] * 3  # it is their number that is told
    for minute in range(40):
        worker.saw(stale=rows if minute < 20 else ())
        worker.scraped()

    fired(worker, {5: [], 12: ["SagasAreStale"], 22: []})


async def test_that_there_is_no_worker_is_told_until_one_is_back(worker, fired):
    worker.goes_on(5)
    worker.gone(15)
    worker.goes_on(5)

    fired(worker, {4: [], 8: [], 18: ["NoSagaWorker"], 22: []})
