"""Prometheus metrics of one engine, and of the store that it works on.

`METRICS` is the whole list. What an engine does is counted as it happens; what stands in the store is looked up every
few seconds (`watch.py`), so every engine of one store reports the same figures of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Command, Compensate, Finish, Invoke
from sagadsl.machine.events import Event, Failure, SagaStarted, StepFailed, StepSucceeded
from sagadsl.machine.lifecycles import DEAD, SAGA
from sagadsl.machine.saga import Saga
from sagadsl.runtime.calls import Ask, Call
from sagadsl.runtime.engine_life import EngineLife
from sagadsl.runtime.observe.watch import Health
from sagadsl.runtime.services import ActionContext

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LONG: Final = (*_SECONDS, 1800.0, 3600.0, 21600.0, 86400.0)
_EVENTS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
_GOING_ON: Final = frozenset({"running", "retrying", "waiting"})
_CIRCUITS: Final = ("closed", "half_open", "open")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Args:
        kind: `counter`, `gauge` or `histogram`.
        help: What it says.
        labels: What it is told apart by.
        buckets: The upper bounds of a histogram's buckets, in what it measures.
    """

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


METRICS: Mapping[str, Metric] = {
    "sagadsl_sagas_started_total": Metric("counter", "Sagas that this engine has started.", ("saga",)),
    "sagadsl_sagas_completed_total": Metric("counter", "Sagas that have completed here.", ("saga",)),
    "sagadsl_sagas_compensated_total": Metric("counter", "Sagas that failed here and were undone.", ("saga",)),
    "sagadsl_sagas_failed_total": Metric(
        "counter", "Sagas that came to wait for a person here, `failed` or `compensation_failed`.", ("saga", "status")
    ),
    "sagadsl_saga_duration_seconds": Metric(
        "histogram", "Time from a saga's start until it came to rest here.", ("saga", "status"), _LONG
    ),
    "sagadsl_step_duration_seconds": Metric(
        "histogram",
        "Time from a step's first attempt until it `completed` or `failed` for good, retries included.",
        ("saga", "step", "outcome"),
        _LONG,
    ),
    "sagadsl_attempt_duration_seconds": Metric(
        "histogram",
        "Time that one attempt of an action, or of a compensation, took; it `succeeded`, `failed`, or is `in_doubt`.",
        ("service", "action", "outcome"),
        _SECONDS,
    ),
    "sagadsl_retries_total": Metric(
        "counter", "Attempts after the first; `kind` is `action` or `compensation`.", ("saga", "step", "kind")
    ),
    "sagadsl_sagas_in_flight": Metric("gauge", "Sagas in this engine's memory."),
    "sagadsl_actions_in_flight": Metric("gauge", "Actions that this engine has called and that have not ended."),
    "sagadsl_commit_events": Metric("histogram", "Events that were written in one transaction.", (), _EVENTS),
    "sagadsl_commit_duration_seconds": Metric("histogram", "Time that a transaction took.", (), _SECONDS),
    "sagadsl_store_sagas": Metric("gauge", "Sagas in the store that are not finished.", ("status",)),
    "sagadsl_store_dead_letters": Metric(
        "gauge", "Sagas in the store that wait for a person, `failed` or `compensation_failed`.", ("status",)
    ),
    "sagadsl_store_stale": Metric("gauge", "Sagas in the store to which nothing happens although something should."),
    "sagadsl_store_looked_timestamp_seconds": Metric(
        "gauge",
        "When the store was last looked at, or else when this engine was made, in seconds since 1970; the figures of "
        "the store are of then.",
    ),
    "sagadsl_breaker_state": Metric(
        "gauge",
        "1 for the state that the circuit breaker of a service is in: `closed`, `half_open` or `open`.",
        ("service", "state"),
    ),
}
"""Every metric by its name."""

_KINDS: Mapping[str, Any] = {"counter": Counter, "gauge": Gauge}


def measure(engine: EngineLife, registry: CollectorRegistry = REGISTRY) -> Metrics:
    """Measure an engine from now on; to be said before it is opened, and for one engine of each registry.

    Raises:
        ValueError: The registry has these metrics already.
    """
    metrics = Metrics(engine, registry)
    engine.listen(metrics.hear)
    engine.surround(metrics.attempt)
    engine.hear_commits(metrics.committed)
    return metrics


class Metrics:
    """The metrics of one engine."""

    def __init__(self, engine: EngineLife, registry: CollectorRegistry) -> None:
        self._made: dict[str, Any] = {name: _made(name, metric, registry) for name, metric in METRICS.items()}
        self._children: dict[tuple[str, ...], Any] = {}
        self._counted: set[str] = set()
        self._engine = engine
        self._made["sagadsl_sagas_in_flight"].set_function(lambda: engine.sagas_in_memory)
        self._made["sagadsl_actions_in_flight"].set_function(lambda: engine.actions_under_way)
        self._made["sagadsl_store_looked_timestamp_seconds"].set(time.time())  # 0 would be decades without a look
        self._show_breakers(engine.services.breakers())

    def _of(self, name: str, *labels: str) -> Any:
        """Return a metric with these labels; looking it up here takes a third of the library's time."""
        key = (name, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._made[name].labels(*labels) if labels else self._made[name]
        return child

    def _count_from_zero(self, names: Collection[str]) -> None:
        """Show the counters of sagas before there is anything to count.

        Prometheus knows an increase from two samples of a series: what a series begins with is none.
        https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
        """
        for name in set(names) - self._counted:
            self._counted.add(name)
            for ended in ("started", *SAGA.final):
                self._of(f"sagadsl_sagas_{ended}_total", name)
            for status in DEAD:
                self._of("sagadsl_sagas_failed_total", name, status)

    def _show_breakers(self, services: Collection[str]) -> None:
        """Show the states of circuit breakers as they are whenever somebody asks."""
        states = self._engine.services.breakers
        for service in services:
            for each in _CIRCUITS:
                if ("sagadsl_breaker_state", service, each) not in self._children:
                    gauge = self._of("sagadsl_breaker_state", service, each)
                    gauge.set_function(lambda service=service, each=each: states().get(service) == each)

    # what the engine does

    def hear(self, saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        """Count an event and what follows from it; an engine's listener."""
        name = saga.definition.name
        if name not in self._counted:
            self._count_from_zero((name,))
        match event:
            case StepSucceeded() | StepFailed():
                self._step(saga, event)
            case SagaStarted():
                self._of("sagadsl_sagas_started_total", name).inc()
        for command in commands:
            match command:
                case Invoke() | Compensate() if command.attempt > 1:
                    kind = "action" if isinstance(command, Invoke) else "compensation"
                    self._of("sagadsl_retries_total", name, command.state, kind).inc()
                case Finish():
                    self._end(saga, event, command)

    def _step(self, saga: Saga, event: StepSucceeded | StepFailed) -> None:
        execution = saga.executions.get((event.state, event.region, event.execution))
        if execution is None or execution.ended_at != event.at or execution.status in _GOING_ON or execution.awaits:
            return
        outcome = "completed" if execution.failure is None else "failed"
        metric = self._of("sagadsl_step_duration_seconds", saga.definition.name, event.state, outcome)
        metric.observe(event.at - execution.started_at)

    def _end(self, saga: Saga, event: Event, end: Finish) -> None:
        name = saga.definition.name
        if end.status in SAGA.final:
            self._of(f"sagadsl_sagas_{end.status}_total", name).inc()
        else:
            self._of("sagadsl_sagas_failed_total", name, end.status).inc()
        took = event.at - (saga.started_at or event.at)
        self._of("sagadsl_saga_duration_seconds", name, end.status).observe(took)

    async def attempt(self, call: Call, context: ActionContext, ask: Ask) -> Json | Failure:
        """Measure an attempt; one that is stopped, as after its timeout, is in doubt."""
        loop = asyncio.get_running_loop()
        begun, outcome = loop.time(), "in_doubt"
        try:
            answer = await ask(call, context)
            outcome = _outcome(answer)
            return answer
        finally:
            metric = self._of("sagadsl_attempt_duration_seconds", call.command.service, call.command.action, outcome)
            metric.observe(loop.time() - begun)

    def committed(self, events: int, seconds: float) -> None:
        """Measure a transaction."""
        self._of("sagadsl_commit_events").observe(events)
        self._of("sagadsl_commit_duration_seconds").observe(seconds)

    # what stands in the store

    def looked(self, health: Health) -> None:
        """Take over what a look at the store has shown."""
        for status in SAGA.states:
            if status not in SAGA.final:
                self._of("sagadsl_store_sagas", status).set(health.by_status.get(status, 0))
        for status in DEAD:
            self._of("sagadsl_store_dead_letters", status).set(health.by_status.get(status, 0))
        self._of("sagadsl_store_stale").set(len(health.stale))
        self._of("sagadsl_store_looked_timestamp_seconds").set(health.at)
        self._show_breakers(health.breakers.keys())
        self._count_from_zero(self._engine.registered)


def _outcome(answer: Json | Failure) -> str:
    if not isinstance(answer, Failure):
        return "succeeded"
    return "in_doubt" if answer.in_doubt else "failed"


def _made(name: str, metric: Metric, registry: CollectorRegistry) -> Any:
    if metric.kind == "histogram":
        return Histogram(name, metric.help, metric.labels, registry=registry, buckets=metric.buckets)
    return _KINDS[metric.kind](name, metric.help, metric.labels, registry=registry)


def serve(port: int, registry: CollectorRegistry = REGISTRY) -> tuple[int, Callable[[], None]]:
    """Serve metrics over HTTP on every address of this machine; return the port, and what ends it.

    Raises:
        OSError: The port cannot be had.
    """
    server, thread = start_http_server(port, registry=registry)

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server.server_port, end
