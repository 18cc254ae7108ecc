"""Traces as a collector gets them: those of two workers, one of them killed, joined with those of a service over HTTP."""

import json
import signal
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from sagadsl.runtime.observe.otel import trace_id_of
from tests.cli.processes import Site, ended, kill, wait_for

CARD = "4111111111111111"
SAGA = """\
name: trip
sensitive: [input.card]
input: {type: object, required: [card], properties: {card: {type: string}}}
steps:
  - {id: nap, type: wait, for: 1ms}
  - {id: book, service: shop, action: book, compensation: cancel}
  - {id: pay, service: shop, action: pay, payload: {card: "${input.card}"}, compensation: refund}
"""


class Quiet(BaseHTTPRequestHandler):
    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, status, content, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_): ...


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Collector:
    """What takes spans by OTLP over HTTP, as a real one does."""

    def __init__(self):
        self.spans = {}
        collector = self

        class Handler(Quiet):
            def do_POST(self):
                collector.take(self.path, ExportTraceServiceRequest.FromString(self.body()))
                self.answer(200, b"", "application/x-protobuf")

        self.handler = Handler

    def take(self, path, request):
        assert path == "/v1/traces"
        for resource in request.resource_spans:
            service = {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.setdefault(f"{service}: {span.name}", []).append(span)

    def one(self, name):
        (span,) = self.spans[name]
        return span

    @property
    def names(self):
        return {name: len(spans) for name, spans in self.spans.items()}


@pytest.fixture
def collector(monkeypatch):
    made = Collector()
    with serving(made.handler) as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # milliseconds; what is killed sends nothing more
        yield made


class Shop:
    """A service with traces of its own; whoever pays waits while it is `shut`, and is declined after that."""

    def __init__(self, provider):
        self.called, self.shut = [], threading.Event()
        tracer = provider.get_tracer("shop")
        shop = self

        class Handler(Quiet):
            def do_POST(self):
                context = TraceContextTextMapPropagator().extract(self.headers)
                with tracer.start_as_current_span(f"POST {self.path}", context):
                    self.body()
                    shop.called.append(self.path)
                    if self.path == "/pay":
                        shop.shut.wait()
                code = 402 if self.path == "/pay" else 200
                try:
                    self.answer(code, json.dumps({"card": CARD}).encode(), "application/json")
                except OSError:  # whoever asked has been killed
                    self.close_connection = True

        self.handler = Handler


@pytest.fixture
def shop(collector):
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    made = Shop(provider)
    with serving(made.handler) as made.url:
        yield made
        made.shut.set()
    provider.shutdown()


@pytest.fixture
def worker(tmp_path, store, write, shop):
    actions = "{book: {}, cancel: {}, pay: {errors: {Declined: 402}}, refund: {}}"
    services = write("services.yaml", f"services: {{shop: {{url: '{shop.url}', actions: {actions}}}}}\n")
    site = Site(tmp_path, store)
    yield lambda: site.begin("worker", write("trip.yaml", SAGA), "--services", services, "--otel")
    site.stop_all()


def test_what_two_workers_and_a_service_have_done_is_one_trace(collector, shop, worker, keep, write):
    keep(write("trip.yaml", SAGA), "trip-1", {"card": CARD}, first=1)

    first = worker()
    wait_for(lambda: "/pay" in shop.called, "call")
    wait_for(lambda: "sagadsl: shop.book" in collector.names, "span")
    kill(first)
    shop.shut.set()
    second = worker()
    assert "compensated" in second.stdout.readline()
    second.send_signal(signal.SIGTERM)
    assert ended(second)[0] == 0

    assert collector.names == {
        "sagadsl: trip": 1,
        "sagadsl: shop.book": 1,
        "shop: POST /book": 1,
        "sagadsl: shop.pay": 1,  # that of the one that was killed has gone with it
        "shop: POST /pay": 2,
        "sagadsl: shop.refund": 1,  # nobody knows what the call of the first one has done
        "shop: POST /refund": 1,
        "sagadsl: shop.cancel": 1,
        "shop: POST /cancel": 1,
    }
    spans = [span for some in collector.spans.values() for span in some]
    assert {span.trace_id.hex() for span in spans} == {trace_id_of("trip-1")}
    saga = collector.one("sagadsl: trip")
    for action in ("book", "pay", "refund", "cancel"):
        attempt = collector.one(f"sagadsl: shop.{action}")
        assert attempt.parent_span_id == saga.span_id
        assert attempt.span_id in {each.parent_span_id for each in collector.spans[f"shop: POST /{action}"]}
    assert [link.span_id for link in collector.one("sagadsl: shop.cancel").links] == [
        collector.one("sagadsl: shop.book").span_id
    ]
    assert CARD not in str(spans)
