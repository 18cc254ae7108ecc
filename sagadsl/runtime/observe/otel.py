"""OpenTelemetry: a saga is a trace, an attempt a span.

The trace's id, and that of its first span, follow from the saga's id. So whichever engine goes on with a saga, after a
crash or days later, goes on with its trace, and nothing about traces has to be kept anywhere. The span of the saga as a
whole is made when it comes to rest; if a person has it go on after that, the rest is a span inside it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Tracer
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from sagadsl.language.definition import Json
from sagadsl.machine.commands import Command, Compensate, Finish
from sagadsl.machine.events import (
    CANCELLED,
    TIMEOUT,
    CompensationRequested,
    Event,
    Failure,
    RetryRequested,
    StepResolved,
    StepSkipped,
)
from sagadsl.machine.saga import Saga
from sagadsl.runtime.calls import ActionCall, Ask, Call
from sagadsl.runtime.engine_life import EngineLife
from sagadsl.runtime.http.request import add_injector
from sagadsl.runtime.observe.masking import masked_failure
from sagadsl.runtime.observe.otel_ids import SagaIds, attempt_id, instant, span_context, span_id, trace_id, with_ids
from sagadsl.runtime.services import ActionContext

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

_FORGET_FROM = 1000
_OF_PERSONS = (RetryRequested, CompensationRequested, StepResolved, StepSkipped)
"""What has a saga go on that had come to rest. Before it, this engine has heard nothing of the saga since."""

_log = logging.getLogger(__name__)


def trace_sagas(engine: EngineLife, provider: TracerProvider | None = None) -> Callable[[], None]:
    """Make spans of what an engine does; what is returned ends those of sagas as a whole.

    Requests to services over HTTP carry the span of their attempt. In an action of your own
    `opentelemetry.propagate.inject(headers)` does the same.

    Args:
        engine: Whose sagas.
        provider: Where spans go; the one that was set for the whole process, otherwise.

    Raises:
        ValueError: There is no provider of `opentelemetry-sdk`.
    """
    tracer = (provider or trace.get_tracer_provider()).get_tracer("sagadsl")
    if not isinstance(tracer, Tracer):
        raise ValueError(  # noqa: TRY004 - what is missing is a set-up, not a type
            "no spans can be made: give a TracerProvider of opentelemetry-sdk, or set one with set_tracer_provider"
        )
    if not isinstance(tracer.id_generator, SagaIds):
        tracer.id_generator = SagaIds(tracer.id_generator)
    add_injector(propagate.inject)
    tracing = _Tracing(engine, tracer)
    engine.surround(tracing.attempt)
    return engine.listen(tracing.hear)


def trace_id_of(saga_id: str) -> str:
    """Return the id of a saga's trace, as 32 hexadecimal digits."""
    return f"{trace_id(saga_id):032x}"


class _Tracing:
    """Makes the spans of one engine."""

    def __init__(self, engine: EngineLife, tracer: Tracer) -> None:
        self._engine = engine
        self._tracer = tracer
        self._heard_of: set[str] = set()
        self._resumed: dict[str, float] = {}

    # the saga

    def hear(self, saga: Saga, event: Event, commands: Sequence[Command]) -> None:
        """Make the span of a saga that has come to rest."""
        if isinstance(event, _OF_PERSONS) and saga.id not in self._heard_of:
            self._resumed.setdefault(saga.id, event.at)
        self._heard_of.add(saga.id)
        for command in commands:
            if isinstance(command, Finish):
                self._end_of_saga(saga, event, command)

    def _end_of_saga(self, saga: Saga, event: Event, end: Finish) -> None:
        resumed = self._resumed.pop(saga.id, None)
        self._forget(saga.id)
        attributes = {**_attributes(saga), "sagadsl.saga.status": end.status}
        if end.state is not None:
            attributes["sagadsl.error.state"] = end.state
        if resumed is None:
            begun = saga.started_at or event.at
            with with_ids(trace_id(saga.id), span_id(saga.id)):
                span = self._tracer.start_span(
                    saga.definition.name,
                    Context(),
                    attributes=attributes,
                    links=self._around(saga),
                    start_time=instant(begun),
                )
        else:
            span = self._tracer.start_span(
                f"{saga.definition.name} resumed",
                self._inside(saga),
                attributes=attributes,
                start_time=instant(resumed),
            )
        if end.status != "completed":
            _fail(span, masked_failure(end.error, saga), end.status)
        span.end(instant(event.at))

    def _forget(self, saga_id: str) -> None:
        self._heard_of.discard(saga_id)
        if len(self._heard_of) > 2 * self._engine.sagas_in_memory + _FORGET_FROM:  # those that others have taken over
            self._heard_of = {each for each in self._heard_of if self._engine.running(each) is not None}
            self._resumed = {each: at for each, at in self._resumed.items() if each in self._heard_of}

    def _around(self, saga: Saga) -> list[Link]:
        """Return the link to the saga that runs this one."""
        run = self._engine.running(saga.id)
        if run is None or run.row.parent is None:
            return []
        return [Link(span_context(run.row.parent, span_id(run.row.parent), TraceFlags(TraceFlags.SAMPLED)))]

    def _inside(self, saga: Saga) -> Context:
        """Return the context of spans inside the saga's own."""
        root = span_context(saga.id, span_id(saga.id), self._flags(saga))
        return trace.set_span_in_context(NonRecordingSpan(root), Context())

    def _flags(self, saga: Saga) -> TraceFlags:
        """Return whether the saga's span is, or will be, one that is kept."""
        name, kind = saga.definition.name, SpanKind.INTERNAL
        result = self._tracer.sampler.should_sample(Context(), trace_id(saga.id), name, kind, _attributes(saga), ())
        return TraceFlags(TraceFlags.SAMPLED if result.decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT)

    # attempts

    async def attempt(self, call: Call, context: ActionContext, ask: Ask) -> Json | Failure:
        """Make the span of an attempt, which is the current one while the action runs."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        run = self._engine.running(call.saga_id)
        saga = None if run is None else run.saga
        span = INVALID_SPAN if saga is None else self._begin(saga, call, context)
        answer: Json | Failure = None
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                answer = await ask(call, context)
        except asyncio.CancelledError:
            if saga is not None and _has_succeeded(saga, call.command):
                span.set_attribute("sagadsl.reported", True)
            else:
                timed_out = loop.time() - begun >= call.command.timeout
                answer = Failure(TIMEOUT if timed_out else CANCELLED, in_doubt=True)
            raise
        finally:
            self._end(span, saga, answer)
        return answer

    def _begin(self, saga: Saga, call: Call, context: ActionContext) -> Span:
        try:
            return self._started(saga, call, context)
        except Exception:  # noqa: BLE001 - a sampler or a processor may be anybody's
            _log.exception("%s: no span could be made", saga.id)
            return INVALID_SPAN

    def _started(self, saga: Saga, call: Call, context: ActionContext) -> Span:
        command = call.command
        attributes: dict[str, Any] = {
            **_attributes(saga),
            "sagadsl.step": command.state,
            "sagadsl.execution": command.execution,
            "sagadsl.attempt": command.attempt,
            "sagadsl.service": command.service,
            "sagadsl.action": command.action,
            "sagadsl.idempotency_key": command.key,
        }
        if command.region:
            attributes["sagadsl.region"] = command.region
        if context.undoes is not None:
            attributes["sagadsl.undoes"] = context.undoes
        ids = None if call.again else (trace_id(saga.id), attempt_id(command.key, command.attempt))
        with with_ids(*ids) if ids else nullcontext():
            return self._tracer.start_span(
                f"{command.service}.{command.action}",
                self._inside(saga),
                SpanKind.CLIENT,
                attributes,
                self._undone(saga, command) if isinstance(command, Compensate) else (),
            )

    def _undone(self, saga: Saga, command: Compensate) -> list[Link]:
        """Return the link from a compensation to the attempt that it undoes."""
        execution = saga.executions.get((command.state, command.region, command.execution))
        if execution is None:
            return []
        return [Link(span_context(saga.id, attempt_id(command.undoes, execution.attempt), self._flags(saga)))]

    @staticmethod
    def _end(span: Span, saga: Saga | None, answer: Json | Failure) -> None:
        if saga is None:
            return
        try:
            if isinstance(answer, Failure):
                _fail(span, masked_failure(answer, saga), answer.code)
                span.set_attribute("sagadsl.in_doubt", answer.in_doubt)
            span.end()
        except Exception:  # noqa: BLE001 - a processor may be anybody's
            _log.exception("%s: a span could not be ended", saga.id)


def _has_succeeded(saga: Saga, command: ActionCall) -> bool:
    """Whether an attempt's outcome was reported before the action itself has answered: nobody waits for it then."""
    if isinstance(command, Compensate):
        return False
    execution = saga.executions.get((command.state, command.region, command.execution))
    return execution is not None and execution.attempt == command.attempt and execution.status == "completed"


def _fail(span: Span, error: Failure | None, code: str) -> None:
    span.set_status(Status(StatusCode.ERROR, code if error is None or not error.message else error.message))
    span.set_attribute("error.type", code if error is None else error.code)


def _attributes(saga: Saga) -> dict[str, str]:
    return {
        "sagadsl.saga.id": saga.id,
        "sagadsl.saga.name": saga.definition.name,
        "sagadsl.saga.version": saga.definition.version,
    }
