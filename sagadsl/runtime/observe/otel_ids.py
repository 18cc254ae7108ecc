"""The ids of traces and spans, which follow from those of sagas."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import SpanContext, TraceFlags

_NANOSECONDS = 1_000_000_000

_wanted: ContextVar[tuple[int, int] | None] = ContextVar("sagadsl_span", default=None)


class SagaIds(IdGenerator):
    """Gives spans the ids that they are to have, and those that have none to have one of the usual kind."""

    def __init__(self, usual: IdGenerator) -> None:
        self._usual = usual

    def generate_trace_id(self) -> int:
        """Return the id of a new trace."""
        wanted = _wanted.get()
        return self._usual.generate_trace_id() if wanted is None else wanted[0]

    def generate_span_id(self) -> int:
        """Return the id of a new span."""
        wanted = _wanted.get()
        return self._usual.generate_span_id() if wanted is None else wanted[1]


@contextmanager
def with_ids(trace_id: int, span_id: int) -> Iterator[None]:
    """Give the span that is started in here these ids."""
    before = _wanted.set((trace_id, span_id))
    try:
        yield
    finally:
        _wanted.reset(before)


def trace_id(saga_id: str) -> int:
    """Return the id of a saga's trace."""
    return _number(f"trace/{saga_id}", 16)


def span_id(saga_id: str) -> int:
    """Return the id of the span of a saga as a whole."""
    return _number(f"saga/{saga_id}", 8)


def attempt_id(key: str, attempt: int) -> int:
    """Return the id of the span of an attempt, given its idempotency key."""
    return _number(f"attempt/{key}#{attempt}", 8)


def _number(text: str, size: int) -> int:
    """Return a number of so many bytes that is never 0, which would stand for no id at all."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:size], "big") or 1


def span_context(saga_id: str, span: int, flags: TraceFlags) -> SpanContext:
    """Return what is known everywhere of a span of a saga."""
    return SpanContext(trace_id(saga_id), span, is_remote=True, trace_flags=flags)


def instant(at: float) -> int:
    """Return an instant as OpenTelemetry has it: nanoseconds since 1970."""
    return int(at * _NANOSECONDS)
