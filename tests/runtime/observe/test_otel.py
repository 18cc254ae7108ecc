"""OpenTelemetry: a saga is a trace, an attempt a span, whichever engine makes it."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import NoOpTracerProvider, StatusCode

from sagadsl import ActionError, Engine, Services
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga
from sagadsl.runtime import Limits
from sagadsl.runtime.observe.otel import trace_id_of, trace_sagas
from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.observe.sagas import CARD, IBAN, ORDER, input_with, services
from tests.runtime.shops import eventually


class Spans:
    def __init__(self, **options):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(**options)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def all(self):
        return self.exporter.get_finished_spans()

    def named(self, name):
        return [span for span in self.all if span.name == name]

    def one(self, name):
        (span,) = self.named(name)
        return span


@pytest.fixture
def spans():
    return Spans()


async def run(spans, pay="works"):
    async with Engine("memory:", services()) as engine:
        trace_sagas(engine, spans.provider)
        return await engine.run(ORDER, input_with(pay))


def ids(span):
    return f"{span.context.trace_id:032x}", span.context.span_id


async def test_a_saga_is_a_trace_and_each_attempt_a_span_in_it(spans):
    outcome = await run(spans, "fails once")

    saga, attempts = spans.one("order"), [span for span in spans.all if span.name != "order"]
    assert [(span.name, span.attributes["sagadsl.attempt"]) for span in attempts] == [
        ("s.book", 1),
        ("s.pay", 1),
        ("s.pay", 2),
    ]
    assert {span.context.trace_id for span in spans.all} == {int(trace_id_of(outcome.saga_id), 16)}
    assert saga.parent is None
    assert {span.parent.span_id for span in attempts} == {saga.context.span_id}
    assert len({span.context.span_id for span in spans.all}) == 4
    assert saga.attributes["sagadsl.saga.id"] == outcome.saga_id
    assert saga.start_time <= min(span.start_time for span in attempts)
    assert saga.status.status_code is StatusCode.UNSET


async def test_a_failure_and_its_reason_are_on_the_spans_and_nothing_sensitive(spans):
    await run(spans, "declined")

    pay, saga = spans.one("s.pay"), spans.one("order")
    for span in (pay, saga):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "card *** was declined"
        assert span.attributes["error.type"] == "Declined"
    assert saga.attributes["sagadsl.saga.status"] == "compensated"
    told = "".join(span.to_json() for span in spans.all)
    assert CARD not in told
    assert IBAN not in told


async def test_a_compensation_is_linked_to_what_it_undoes(spans):
    await run(spans, "declined")

    unbook, book = spans.one("s.unbook"), spans.one("s.book")
    assert [ids(link) for link in unbook.links] == [ids(book)]
    assert unbook.attributes["sagadsl.undoes"] == book.attributes["sagadsl.idempotency_key"]


WORK = compile_saga(load("name: work\nsteps: [{id: do, service: s, action: do, kind: read_only, timeout: 50ms}]\n"))


@pytest.mark.parametrize("kind", ["async", "plain"])
async def test_while_an_action_runs_its_span_is_the_current_one(spans, kind):
    made, carried = Services(), {}

    def inject():
        propagate.inject(carried)
        with spans.provider.get_tracer("theirs").start_as_current_span("inside"):
            pass

    if kind == "async":

        @made.action("s.do")
        async def do():
            inject()
    else:
        made.action("s.do")(inject)

    async with Engine("memory:", made) as engine:
        trace_sagas(engine, spans.provider)
        await engine.run(WORK, {})

    trace_id, span_id = ids(spans.one("s.do"))
    assert carried["traceparent"] == f"00-{trace_id}-{span_id:016x}-01"
    assert spans.one("inside").parent.span_id == span_id
    assert not trace.get_current_span().get_span_context().is_valid


async def test_an_attempt_that_times_out_says_so(spans):
    made = Services()

    @made.action("s.do")
    async def do():
        await asyncio.sleep(30)

    async with Engine("memory:", made) as engine:
        trace_sagas(engine, spans.provider)
        await engine.run(WORK, {})

    span = spans.one("s.do")
    assert (span.attributes["error.type"], span.attributes["sagadsl.in_doubt"]) == ("Timeout", True)


PRINTS = compile_saga(
    load("name: prints\nsteps: [{id: do, service: s, action: do, kind: read_only, callback: true, timeout: 1h}]\n")
)


async def test_an_attempt_whose_report_is_faster_than_its_answer_has_not_failed(spans):
    made, called = Services(), asyncio.Event()

    @made.action("s.do")
    async def do():
        called.set()
        await asyncio.Event().wait()

    async with Engine("memory:", made) as engine:
        trace_sagas(engine, spans.provider)
        saga = await engine.start(PRINTS, {})
        await called.wait()
        await engine.report(saga, "do", {"pages": 12})
        assert (await engine.wait(saga)).status == "completed"
        await eventually(lambda: spans.named("s.do"))

    span = spans.one("s.do")
    assert span.status.status_code is StatusCode.UNSET
    assert span.attributes["sagadsl.reported"] is True
    assert "sagadsl.in_doubt" not in span.attributes


FAILS = compile_saga(
    load("name: fails\nsteps: [{id: do, service: s, action: do, kind: read_only, on_failure: fail}]\n")
)


async def test_an_engine_that_goes_on_with_a_saga_goes_on_with_its_trace(spans):
    made, broken = Services(), [True]

    @made.action("s.do")
    async def do():
        if broken:
            raise ActionError("Broken")

    store, elsewhere = MemoryStore(), Spans()
    async with Engine(store, made) as engine:
        trace_sagas(engine, spans.provider)
        failed = await engine.run(FAILS, {})
    broken.clear()
    async with Engine(store, made) as engine:
        trace_sagas(engine, elsewhere.provider)
        await engine.register(FAILS)
        await engine.retry(failed.saga_id)
        await engine.wait(failed.saga_id)

    first, resumed = spans.one("fails"), elsewhere.one("fails resumed")
    assert first.attributes["sagadsl.saga.status"] == "failed"
    assert resumed.attributes["sagadsl.saga.status"] == "completed"
    assert resumed.context.trace_id == first.context.trace_id
    assert {resumed.parent.span_id, elsewhere.one("s.do").parent.span_id} == {first.context.span_id}
    assert elsewhere.named("fails") == []


async def test_an_attempt_that_another_engine_makes_again_is_a_span_of_its_own(spans):
    text = "name: slow\nsteps: [{id: do, service: s, action: do, kind: read_only, timeout: 30d}]\n"
    made, hangs, called = Services(), [True], []

    @made.action("s.do")
    async def do():
        called.append(True)
        if hangs:
            await asyncio.Event().wait()

    store, slow = MemoryStore(), compile_saga(load(text))
    async with Engine(store, made, limits=Limits(grace=0.1)) as engine:
        trace_sagas(engine, spans.provider)
        saga_id = await engine.start(slow, {})
        await eventually(lambda: called)
    hangs.clear()
    engine = Engine(store, made)
    trace_sagas(engine, spans.provider)  # before it takes up what is in the store
    async with engine:
        await engine.register(slow)
        await engine.wait(saga_id)

    stopped, made_again = spans.named("s.do")
    assert stopped.attributes["error.type"] == "Cancelled"
    assert made_again.status.status_code is StatusCode.UNSET
    assert stopped.attributes["sagadsl.attempt"] == made_again.attributes["sagadsl.attempt"] == 1
    assert stopped.context.span_id != made_again.context.span_id
    assert stopped.context.trace_id == made_again.context.trace_id == spans.one("slow").context.trace_id


PARENT = compile_saga(
    load("name: parent\nstates:\n  sub: {type: saga, saga: work, next: end}\n  end: {type: succeed}\n")
)


async def test_a_saga_that_another_one_runs_is_a_trace_of_its_own_with_a_link_to_it(spans):
    made = Services()

    @made.action("s.do")
    async def do(): ...

    async with Engine("memory:", made) as engine:
        trace_sagas(engine, spans.provider)
        await engine.register(WORK)
        await engine.run(PARENT, {})

    child, parent = spans.one("work"), spans.one("parent")
    assert child.context.trace_id != parent.context.trace_id
    assert [ids(link) for link in child.links] == [ids(parent)]


@pytest.mark.parametrize("sampler", [ALWAYS_OFF, ParentBased(ALWAYS_OFF), ParentBased(TraceIdRatioBased(0.5))])
async def test_a_trace_is_kept_whole_or_not_at_all(sampler):
    spans, kept = Spans(sampler=sampler), set()

    async with Engine("memory:", services()) as engine:
        trace_sagas(engine, spans.provider)
        for number in range(40):
            await engine.run(ORDER, input_with(), saga_id=f"saga-{number:02}")

    for span in spans.all:
        kept.add(span.context.trace_id)
    assert len(spans.all) == 3 * len(kept)
    assert len(kept) < 40


async def test_spans_of_somebody_else_have_ids_of_the_usual_kind(spans):
    await run(spans)
    tracer = spans.provider.get_tracer("sagadsl")

    made = {tracer.start_span("x", context=trace.Context()).get_span_context().span_id for _ in range(10)}

    assert len(made) == 10


async def test_an_exporter_that_fails_disturbs_no_saga():
    class Broken(SimpleSpanProcessor):
        def on_start(self, *_, **__):
            raise RuntimeError("no")

        def on_end(self, *_):
            raise RuntimeError("no")

    provider = TracerProvider()
    provider.add_span_processor(Broken(InMemorySpanExporter()))
    async with Engine("memory:", services()) as engine:
        trace_sagas(engine, provider)
        outcome = await engine.run(ORDER, input_with())

    assert outcome.status == "completed"


async def test_without_a_provider_that_makes_spans_it_is_refused():
    async with Engine("memory:", services()) as engine:
        with pytest.raises(ValueError, match="set one with set_tracer_provider"):
            trace_sagas(engine, NoOpTracerProvider())


async def test_a_service_over_http_gets_the_span_of_the_attempt(spans, tmp_path):
    from sagadsl.runtime.http import load_services

    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(self.headers["traceparent"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_): ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    path = tmp_path / "services.yaml"
    url = f"http://127.0.0.1:{server.server_port}"
    path.write_text(f"services: {{s: {{url: '{url}', actions: {{do: {{path: /do}}}}}}}}\n", encoding="utf-8")
    slow = compile_saga(load("name: slow\nsteps: [{id: do, service: s, action: do, kind: read_only}]\n"))
    try:
        async with Engine("memory:", load_services(str(path))) as engine:
            trace_sagas(engine, spans.provider)
            outcome = await engine.run(slow, {})
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    trace_id, span_id = ids(spans.one("s.do"))
    assert outcome.status == "completed"
    assert received == [f"00-{trace_id}-{span_id:016x}-01"]
