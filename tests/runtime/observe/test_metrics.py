"""Prometheus metrics: what an engine does, and what stands in its store."""

import asyncio
import time
import urllib.request

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from sagadsl import ActionError, Engine, Services
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga
from sagadsl.runtime import ManualClock
from sagadsl.runtime.observe.metrics import METRICS, measure, serve
from sagadsl.runtime.observe.watch import Health, Watch
from tests.runtime.observe.sagas import ORDER, input_with, services
from tests.runtime.shops import eventually


class Measured:
    """A registry, and what is in it."""

    def __init__(self):
        self.registry = CollectorRegistry()

    def __call__(self, name, **labels):
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def value():
    return Measured()


async def test_sagas_are_counted_by_how_they_end(value):
    async with Engine("memory:", services()) as engine:
        measure(engine, value.registry)
        for pay in ("works", "works", "declined"):
            await engine.run(ORDER, input_with(pay))

    assert value("sagadsl_sagas_started_total", saga="order") == 3
    assert value("sagadsl_sagas_completed_total", saga="order") == 2
    assert value("sagadsl_sagas_compensated_total", saga="order") == 1
    assert value("sagadsl_saga_duration_seconds_count", saga="order", status="completed") == 2
    assert value("sagadsl_saga_duration_seconds_count", saga="order", status="compensated") == 1


FAILS = compile_saga(
    load(
        """\
name: fails
states:
  a: {service: s, action: works, compensation: breaks, next: b}
  b: {service: s, action: breaks, kind: read_only, retry: {max_attempts: 3}, next: end}
  end: {type: succeed}
compensation: {retry: {max_attempts: 2}}
"""
    )
)


def shop():
    made = Services()

    @made.action("s.works")
    async def works(): ...

    @made.action("s.breaks")
    async def breaks():
        raise ActionError("Broken")

    return made


async def test_failures_and_retries_are_counted(value):
    async with Engine("memory:", shop()) as engine:
        measure(engine, value.registry)
        await engine.run(FAILS, {})

    assert value("sagadsl_sagas_failed_total", saga="fails", status="compensation_failed") == 1
    assert value("sagadsl_retries_total", saga="fails", step="b", kind="action") == 2
    assert value("sagadsl_retries_total", saga="fails", step="a", kind="compensation") == 1
    assert value("sagadsl_attempt_duration_seconds_count", service="s", action="breaks", outcome="failed") == 5
    assert value("sagadsl_attempt_duration_seconds_count", service="s", action="works", outcome="succeeded") == 1


async def test_a_step_takes_as_long_as_all_its_attempts(value):
    clock = ManualClock()
    text = "name: slow\nsteps: [{id: a, service: s, action: a, kind: read_only, retry: {max_attempts: 2, initial_delay: 20s}}]\n"
    made, tried = Services(), []

    @made.action("s.a")
    async def a():
        tried.append(clock.now())
        if len(tried) == 1:
            raise ActionError("Broken")

    async with Engine("memory:", made, clock=clock) as engine:
        measure(engine, value.registry)
        saga_id = await engine.start(compile_saga(load(text)), {})
        await eventually(lambda: tried)
        await eventually(lambda: clock._next_due() == 20.0)
        await clock.advance(20)
        await engine.wait(saga_id)

    assert value("sagadsl_step_duration_seconds_count", saga="slow", step="a", outcome="completed") == 1
    assert value("sagadsl_step_duration_seconds_sum", saga="slow", step="a", outcome="completed") == 20
    assert value("sagadsl_step_duration_seconds_count", saga="slow", step="a", outcome="failed") is None


async def test_an_attempt_that_is_stopped_is_in_doubt(value):
    made = Services()

    @made.action("s.a")
    async def a():
        await asyncio.sleep(30)

    text = "name: slow\nsteps: [{id: a, service: s, action: a, kind: read_only, timeout: 20ms}]\n"
    async with Engine("memory:", made) as engine:
        measure(engine, value.registry)
        await engine.run(compile_saga(load(text)), {})

    assert value("sagadsl_attempt_duration_seconds_count", service="s", action="a", outcome="in_doubt") == 1


async def test_what_is_in_flight_is_seen_while_it_is(value):
    made, door = Services(), asyncio.Event()

    @made.action("s.a")
    async def a():
        await door.wait()

    text = "name: slow\nsteps: [{id: a, service: s, action: a, kind: read_only}]\n"
    async with Engine("memory:", made) as engine:
        measure(engine, value.registry)
        saga_id = await engine.start(compile_saga(load(text)), {})
        await eventually(lambda: value("sagadsl_actions_in_flight") == 1)
        assert value("sagadsl_sagas_in_flight") == 1
        door.set()
        await engine.wait(saga_id)
        await eventually(lambda: value("sagadsl_sagas_in_flight") == value("sagadsl_actions_in_flight") == 0)


async def test_commits_are_measured(value, tmp_path):
    engine = Engine(f"sqlite:///{tmp_path / 'saga.db'}", services())
    measure(engine, value.registry)
    async with engine:
        outcomes = await asyncio.gather(*(engine.run(ORDER, input_with()) for _ in range(20)))

    count = value("sagadsl_commit_events_count")
    assert value("sagadsl_commit_events_sum") == sum(len(outcome.events) for outcome in outcomes)
    assert 0 < count < value("sagadsl_commit_events_sum")
    assert value("sagadsl_commit_duration_seconds_count") == count


async def test_a_look_at_the_store_shows_dead_letters_and_what_is_open(value):
    async with Engine("memory:", shop()) as engine:
        metrics = measure(engine, value.registry)
        await engine.run(FAILS, {})
        await Watch(engine, [metrics.looked]).once()

        assert value("sagadsl_store_dead_letters", status="compensation_failed") == 1
        assert value("sagadsl_store_dead_letters", status="failed") == 0
        assert value("sagadsl_store_sagas", status="compensation_failed") == 1
        assert value("sagadsl_store_stale") == 0
        assert value("sagadsl_store_looked_timestamp_seconds") > 1.7e9

        metrics.looked(Health(5.0, {"running": 3}))

        assert value("sagadsl_store_sagas", status="running") == 3
        assert value("sagadsl_store_dead_letters", status="compensation_failed") == 0
        assert value("sagadsl_store_looked_timestamp_seconds") == 5


def circuits(value, service):
    return [value("sagadsl_breaker_state", service=service, state=each) for each in ("closed", "half_open", "open")]


async def test_a_circuit_is_seen_as_it_is_and_not_as_it_was_when_the_store_was_looked_at(value):
    made = Services()
    made.action("s.down")(_down)
    made.breaker("s", failures=1, reset=60)
    text = "name: calls\nsteps: [{id: a, service: s, action: down, kind: read_only}]\n"

    async with Engine("memory:", made) as engine:
        metrics = measure(engine, value.registry)
        closed = circuits(value, "s")
        await engine.run(compile_saga(load(text)), {})
        opened = circuits(value, "s")
        made.breaker("bank")  # somebody adds one later
        metrics.looked(Health(5.0, {}, (), made.breakers()))

    assert (closed, opened) == ([1, 0, 0], [0, 0, 1])
    assert circuits(value, "bank") == [1, 0, 0]


async def _down():
    raise ConnectionError("nobody there")


async def test_what_has_not_happened_yet_is_counted_as_nought(value):
    began = time.time()
    async with Engine("memory:", shop()) as engine:
        metrics = measure(engine, value.registry)
        assert value("sagadsl_store_looked_timestamp_seconds") >= began  # or it would seem not seen for decades

        await engine.register(FAILS)
        await Watch(engine, [metrics.looked]).once()

    for status in ("failed", "compensation_failed"):
        assert value("sagadsl_sagas_failed_total", saga="fails", status=status) == 0
    for ended in ("started", "completed", "compensated"):
        assert value(f"sagadsl_sagas_{ended}_total", saga="fails") == 0


async def test_with_the_first_event_of_a_saga_the_other_counts_are_nought(value):
    async with Engine("memory:", services()) as engine:
        measure(engine, value.registry)
        await engine.run(ORDER, input_with("declined"))

    assert value("sagadsl_sagas_completed_total", saga="order") == 0  # else the share that is undone were unknown
    assert value("sagadsl_sagas_compensated_total", saga="order") == 1


async def test_the_table_has_every_metric_and_says_what_it_is(value):
    async with Engine("memory:", services()) as engine:
        metrics = measure(engine, value.registry)
        await engine.run(ORDER, input_with("fails once"))
        await engine.run(ORDER, input_with("declined"))
        engine.services.breaker("s")
        metrics.looked(Health(5.0, {"failed": 1}, (), engine.services.breakers()))

    found = {family.name: family for family in value.registry.collect()}
    assert {name.removesuffix("_total") for name in METRICS} == set(found)
    for name, metric in METRICS.items():
        family = found[name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.help)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels)


async def test_they_are_served_over_http_until_they_are_not(value):
    async with Engine("memory:", services()) as engine:
        measure(engine, value.registry)
        port, end = serve(0, value.registry)
        try:
            await engine.run(ORDER, input_with())
            text = await asyncio.to_thread(_read, port)
        finally:
            end()

    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["sagadsl_sagas_completed"].samples[0].value == 1
    with pytest.raises(OSError, match="refused"):
        _read(port)


def _read(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()
