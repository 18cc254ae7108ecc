"""Where a worker's spans go, as OpenTelemetry's own environment variables say.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
from typing import Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

EXPORTER: Final = "OTEL_TRACES_EXPORTER"


def provider_from_environment() -> TracerProvider:
    """Return the process's own provider, as `opentelemetry-instrument` sets one up, or else a new one.

    `OTEL_TRACES_EXPORTER` is `otlp` (the default) or `console`; `OTEL_EXPORTER_OTLP_ENDPOINT` and its relatives say
    where OTLP goes, and `OTEL_TRACES_SAMPLER` what is kept.

    Raises:
        ValueError: There is no such exporter, or it is not installed.
    """
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        return present
    exporter = _exporter(os.environ.get(EXPORTER, "otlp"))
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    provider = TracerProvider(resource=Resource.create({} if named else {SERVICE_NAME: "sagadsl"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter()
    if name != "otlp":
        raise ValueError(f"{EXPORTER}={name}: there is no such exporter here; write otlp or console")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - heavy
    except ImportError:
        raise ValueError("spans go out by OTLP, which needs `pip install 'sagadsl[otel]'`") from None
    return OTLPSpanExporter()
