"""What observing costs: nothing where nobody observes, and some share of the time where somebody does.

Ratios of one run on one machine; `python -m pytest tests/benchmarks/test_observe.py -s` prints them.
"""

import asyncio
import logging
import time

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from prometheus_client import CollectorRegistry

from sagadsl import Engine, Services
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga
from sagadsl.runtime.observe.logs import LOGGER, log_sagas
from sagadsl.runtime.observe.metrics import measure
from sagadsl.runtime.observe.otel import trace_sagas
from sagadsl.runtime.store.memory import MemoryStore

SAGAS = 1000
STEPS = "\n".join(f"  - {{id: s{n}, service: s, action: a, kind: read_only}}" for n in range(5))
FIVE = compile_saga(load(f"name: five\nsteps:\n{STEPS}\n"))


def services():
    made = Services()

    @made.action("s.a")
    async def a(): ...

    return made


def nothing(engine): ...


def one_listener(engine):
    engine.listen(lambda saga, event, commands: None)


def logs_that_are_off(engine):
    log_sagas(engine)


def metrics(engine):
    measure(engine, CollectorRegistry())


def traces_that_are_kept(engine):
    trace_sagas(engine, TracerProvider())


def traces_that_are_not(engine):
    trace_sagas(engine, TracerProvider(sampler=ALWAYS_OFF))


async def seconds(observe):
    """Return the processor time of many sagas of five steps in memory, where nothing hides what observing costs."""
    engine = Engine(MemoryStore(), services())
    observe(engine)
    async with engine:
        await engine.run(FIVE, {})
        begun = time.process_time()
        await asyncio.gather(*(engine.run(FIVE, {}) for _ in range(SAGAS)))
        return time.process_time() - begun


async def ratio(observe, rounds=5):
    """Return how much more it takes than with nothing, the best of some rounds that take turns."""
    pairs = [(await seconds(nothing), await seconds(observe)) for _ in range(rounds)]
    return min(taken for _, taken in pairs) / min(plain for plain, _ in pairs)


@pytest.mark.parametrize(
    ("observe", "most"),
    [
        (nothing, 1.3),
        (one_listener, 1.4),
        (logs_that_are_off, 1.5),
        (metrics, 2.0),
        (traces_that_are_not, 3.0),
        (traces_that_are_kept, 4.0),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_observing_costs_at_most_so_many_times_the_time(observe, most):
    logging.getLogger(LOGGER).setLevel(logging.ERROR)
    try:
        found = await ratio(observe)
    finally:
        logging.getLogger(LOGGER).setLevel(logging.NOTSET)
    print(f"\n{observe.__name__}: {found:.2f} times the time of an engine that nobody observes")

    assert found <= most
