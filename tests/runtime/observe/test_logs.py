"""Structured logs: a record for everything that happens, with the saga, the step and the attempt."""

import io
import json
import logging
import sys

import pytest

from sagadsl import ActionError, Engine, Services
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga
from sagadsl.runtime import SyncEngine
from sagadsl.runtime.observe.logs import FIELDS, LOGGER, JsonFormatter, json_handler, log_sagas
from tests.runtime.observe.sagas import CARD, ORDER, input_with, services


@pytest.fixture
def stream():
    """What a worker writes with `--log json`."""
    stream = io.StringIO()
    loggers, handler = [logging.getLogger(name) for name in ("sagadsl", "shop")], json_handler(stream)
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def lines(stream, **wanted):
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if all(line.get(key) == value for key, value in wanted.items())]


async def run(pay, made=None, definition=ORDER):
    async with Engine("memory:", made or services()) as engine:
        log_sagas(engine)
        return await engine.run(definition, input_with(pay))


async def test_every_event_is_a_record_with_the_saga_the_step_and_the_attempt(stream):
    outcome = await run("fails once")

    records = lines(stream, logger=LOGGER)
    told = [(line.get("event"), line.get("step"), line.get("attempt"), line["level"]) for line in records]
    assert told == [
        ("SagaStarted", None, None, "info"),
        ("StepSucceeded", "book", 1, "info"),
        ("StepFailed", "pay", 1, "warning"),
        ("StepSucceeded", "pay", 2, "info"),
        (None, None, None, "info"),
    ]
    assert {line["saga_id"] for line in records} == {outcome.saga_id}
    assert {(line["saga"], line["version"]) for line in records} == {("order", "7")}
    assert [line["seq"] for line in records] == [1, 2, 3, 5, 5]
    assert records[-1]["status"] == "completed"
    assert records[-1]["duration"] >= 0


async def test_what_ends_badly_is_told_with_its_reason_at_its_level(stream):
    await run("declined")

    failed, *_, ended = lines(stream, logger=LOGGER, error_code="Declined")
    assert (failed["level"], failed["step"], failed["in_doubt"]) == ("warning", "pay", False)
    assert (ended["level"], ended["status"], ended["step"]) == ("warning", "compensated", "pay")
    assert ended["message"].endswith("compensated because of Declined")


@pytest.mark.parametrize("pay", ["works", "fails once", "declined"])
async def test_nothing_sensitive_is_logged(stream, pay):
    await run(pay)

    assert CARD not in "".join(json.dumps(line) for line in lines(stream, logger=LOGGER))


async def test_records_have_no_field_that_is_not_in_the_table(stream):
    await run("declined")

    usual = {"time", "level", "logger", "message"}
    assert {key for line in lines(stream, logger=LOGGER) for key in line} - usual <= set(FIELDS)


WORK = compile_saga(load("name: work\nsteps: [{id: do, service: s, action: do, kind: read_only}]\n"))


@pytest.mark.parametrize("kind", ["async", "plain"])
async def test_what_an_action_logs_belongs_to_its_attempt(stream, kind):
    made = Services()
    log = logging.getLogger("shop")

    if kind == "async":

        @made.action("s.do")
        async def do():
            log.info("at work")
    else:

        @made.action("s.do")
        def do():
            log.info("at work")

    outcome = await run("works", made, WORK)
    log.info("afterwards")

    (at_work,), (afterwards,) = lines(stream, message="at work"), lines(stream, message="afterwards")
    assert (at_work["saga_id"], at_work["step"], at_work["attempt"]) == (outcome.saga_id, "do", 1)
    assert at_work["idempotency_key"] == f"{outcome.saga_id}/do"
    assert "saga_id" not in afterwards


async def test_a_logger_that_is_off_costs_no_record(stream):
    logging.getLogger(LOGGER).setLevel(logging.ERROR)
    try:
        await run("declined")
    finally:
        logging.getLogger(LOGGER).setLevel(logging.NOTSET)

    assert lines(stream, logger=LOGGER) == []


async def test_listening_ends_when_it_is_told_to(stream):
    async with Engine("memory:", services()) as engine:
        log_sagas(engine)()
        await engine.run(ORDER, input_with())

    assert lines(stream, logger=LOGGER) == []


def a_record(message="hello", **extra):
    record = logging.makeLogRecord({"name": "x", "msg": message, "levelno": logging.INFO, "levelname": "INFO"})
    vars(record).update(extra)
    return record


@pytest.mark.parametrize("message", ["two\nlines", "half \ud800 a character", "NUL \0", "“quoted”", ""])
def test_a_record_is_one_line_of_json_whatever_is_in_it(message):
    line = JsonFormatter().format(a_record(message, thing=object()))

    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == message
    assert line.isascii()


def test_an_exception_is_told_whole():
    try:
        raise ActionError("Broken", "all is lost")
    except ActionError:
        line = JsonFormatter().format(a_record(exc_info=sys.exc_info()))

    assert "ActionError: all is lost" in json.loads(line)["exception"]


async def test_several_may_listen_and_one_that_fails_disturbs_nobody():
    heard, ends = [], []

    def fails(*_):
        raise RuntimeError("no")

    async with Engine("memory:", services(), on_event=lambda s, e, c: heard.append(("first", e.seq))) as engine:
        engine.listen(fails)
        ends.append(engine.listen(lambda s, e, c: heard.append(("second", e.seq))))
        await engine.run(ORDER, input_with())
        ends.pop()()
        await engine.run(ORDER, input_with())

    assert [who for who, _ in heard].count("first") == 2 * [who for who, _ in heard].count("second") == 6


def test_a_listener_can_be_given_to_an_engine_without_asyncio():
    heard = []
    with SyncEngine("memory:", services()) as engine:
        end = engine.listen(lambda saga, event, commands: heard.append(event.seq))
        engine.run(ORDER, input_with())
        end()
        engine.run(ORDER, input_with())

    assert heard == [1, 2, 3]


async def test_what_goes_wrong_in_the_engine_says_in_which_saga_and_where(stream):
    async with Engine("memory:", services()) as engine:
        engine.listen(lambda saga, event, commands: 1 / 0 if event.seq == 2 else None)
        outcome = await engine.run(ORDER, input_with("works"))

    (line,) = lines(stream, logger="sagadsl.runtime.host")
    assert (line["saga_id"], line["saga"], line["step"], line["attempt"]) == (outcome.saga_id, "order", "book", 1)
    assert "ZeroDivisionError" in line["exception"]
    assert set(line) <= {*FIELDS, "time", "level", "logger", "message", "exception"}


async def test_how_long_a_service_asks_to_be_left_alone_is_in_the_record(stream):
    made = Services()

    @made.action("shop.do")
    async def do():
        raise ActionError("Busy", retry_after=30)

    saga = compile_saga(load("name: a\nsteps: [{id: s, service: shop, action: do, kind: read_only}]"))
    async with Engine("memory:", made) as engine:
        log_sagas(engine)
        await engine.run(saga, {})

    (failed,) = lines(stream, event="StepFailed")
    assert failed["retry_after"] == 30
