"""Alerts: told once, to whom it concerns, and never at the cost of the sagas."""

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl import ActionError, Engine, Services
from sagadsl.language.load import load
from sagadsl.machine.compiler import compile_saga
from sagadsl.runtime import Limits, ManualClock
from sagadsl.runtime.observe.alert_hooks import AlertError, command_hook, url_hook
from sagadsl.runtime.observe.alerts import ALERTS, Alert, Alerts
from sagadsl.runtime.observe.setting_up import Observation, ObservationError, Settings
from sagadsl.runtime.observe.telling import QUEUED, Teller
from sagadsl.runtime.observe.watch import Health, Watch
from sagadsl.runtime.store.contract import SagaRow, StoreUnavailableError
from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.shops import eventually

ROW = SagaRow("saga-1", "order", "1", "h", "running", 0.0, 0.0)
ALERT = Alert("stale", "nothing happens", 5.0, details={"count": 1})


class Told:
    """A hook that remembers."""

    def __init__(self):
        self.alerts = []

    async def __call__(self, alert):
        self.alerts.append(alert)

    @property
    def kinds(self):
        return [alert.kind for alert in self.alerts]

    @property
    def states(self):
        return [alert.state for alert in self.alerts]


class Looks:
    """Gives alerts one look after the other, at times of the test's own."""

    def __init__(self, *hooks, every=900.0):
        self.time = 0.0
        self.alerts = Alerts(hooks, every=every, now=lambda: self.time)

    async def look(self, *, after=0.0, stale=(), dead=0, **breakers):
        self.time += after
        self.alerts.look(Health(self.time, {"failed": dead, "running": 7}, stale, breakers))
        running = asyncio.create_task(self.alerts.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_where_all_is_well_nobody_is_told_anything():
    told = Told()

    await Looks(told).look(bank="closed")

    assert told.alerts == []


async def test_stale_sagas_are_told_once_in_a_while(caplog):
    told = Told()
    looks = Looks(told, every=900)

    for after in (0, 15, 880, 10, 15):
        await looks.look(after=after, stale=[ROW])

    assert told.kinds == ["stale", "stale"]
    assert told.alerts[0].details == {
        "count": 1,
        "sagas": [{"saga_id": "saga-1", "name": "order", "status": "running"}],
    }
    assert (
        told.alerts[0].summary
        == "nothing happens to 1 saga although something should; the longest quiet is order saga-1"
    )
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


async def test_that_it_is_over_is_told_once_when_it_has_been_for_a_while(caplog):
    told = Told()
    looks = Looks(told)
    await looks.look(stale=[ROW])

    for after in (15, 59, 1, 15, 1000):
        await looks.look(after=after)

    assert [(alert.state, alert.at) for alert in told.alerts] == [("firing", 0.0), ("resolved", 75.0)]
    over = told.alerts[1].to_json()
    assert (over["alert"], over["state"], over["details"]) == ("stale", "resolved", {"since": 0.0})
    assert over["text"] == "sagadsl: resolved: something happens again to all sagas that should go on"
    assert [(record.state, record.alert) for record in caplog.records] == [("firing", "stale"), ("resolved", "stale")]


async def test_what_comes_and_goes_is_told_once_and_what_comes_back_after_its_end_is_told_at_once():
    told = Told()
    looks = Looks(told)

    for stale in ([ROW], [], [ROW], [], [ROW]):
        await looks.look(after=15, stale=stale)
    assert told.states == ["firing"]

    await looks.look(after=15)
    await looks.look(after=60)
    await looks.look(after=15, stale=[ROW])
    assert told.states == ["firing", "resolved", "firing"]


async def test_dead_letters_are_over_when_those_that_came_have_been_decided_about():
    told = Told()
    looks = Looks(told, every=60)

    for dead in (5, 7, 9, 8, 6, 6, 6, 5):
        await looks.look(after=60, dead=dead)
    assert told.states == ["firing", "firing"]
    await looks.look(after=60, dead=5)
    assert told.alerts[-1].summary == "the sagas that waited for a person have been decided about; 5 wait, as before"
    assert told.alerts[-1].details == {"since": 120.0, "count": 5}
    for dead in (6, 0, 0):
        await looks.look(after=60, dead=dead)

    assert told.states == ["firing", "firing", "resolved", "firing", "resolved"]
    assert told.alerts[-1].summary.endswith("; none waits any more")


async def test_a_breaker_is_over_when_it_is_closed_and_not_while_a_call_tries():
    told = Told()
    looks = Looks(told)

    for state in ("open", "half_open", "half_open", "open", "closed", "closed"):
        await looks.look(after=60, bank=state)

    assert [(alert.state, alert.subject) for alert in told.alerts] == [("firing", "bank"), ("resolved", "bank")]


STATES = st.sampled_from(
    [(stale, dead, state) for stale in (0, 1) for dead in (0, 1, 2) for state in ("open", "closed")]
)


@settings(max_examples=150)
@given(st.lists(st.tuples(STATES, st.sampled_from([15, 60, 900])), max_size=30))
def test_whatever_happens_each_alert_has_one_end_and_after_a_calm_time_none_is_left(story):
    async def run():
        told = Told()
        looks = Looks(told)
        await looks.look()
        for (stale, dead, bank), after in story:
            await looks.look(after=after, stale=[ROW] * stale, dead=dead, bank=bank)
        await looks.look(after=15, bank="closed")
        await looks.look(after=60, bank="closed")
        return told.alerts

    open_ones = set()
    for alert in asyncio.run(run()):
        if alert.state == "firing":
            open_ones.add(alert.about)
        else:
            open_ones.remove(alert.about)  # raises if it was not told of
    assert not open_ones


async def test_dead_letters_are_told_when_they_grow_and_not_when_there_are_some():
    told = Told()
    looks = Looks(told, every=60)

    for dead in (5, 5, 7, 9, 7, 3, 3):
        await looks.look(after=15, dead=dead)
    await looks.look(after=60, dead=4)

    assert [alert.summary for alert in told.alerts] == [
        "2 more sagas wait for a person, 7 in all",
        "1 more saga waits for a person, 4 in all",
    ]


async def test_what_came_while_nobody_was_to_be_told_is_told_afterwards():
    told = Told()
    looks = Looks(told, every=60)

    for dead in (0, 1, 2, 3):
        await looks.look(after=15, dead=dead)
    await looks.look(after=60, dead=3)

    assert [alert.details for alert in told.alerts] == [{"count": 1, "more": 1}, {"count": 3, "more": 2}]


async def test_each_breaker_that_opens_is_told_and_again_after_it_was_closed():
    told = Told()
    looks = Looks(told)

    await looks.look(bank="open", post="half_open")
    await looks.look(bank="half_open", post="open")
    await looks.look(bank="open", post="open")
    await looks.look(bank="closed", post="open")
    await looks.look(after=60, bank="closed", post="open")
    await looks.look(bank="open", post="open")

    assert [(alert.state, alert.subject) for alert in told.alerts] == [
        ("firing", "bank"),
        ("firing", "post"),
        ("resolved", "bank"),
        ("firing", "bank"),
    ]


async def test_a_breaker_that_opens_between_two_looks_is_told_at_once_and_its_end_when_it_stays_closed():
    told = Told()
    looks = Looks(told)

    looks.alerts.opened("bank")
    await looks.look(after=5, bank="closed")
    looks.time += 50
    looks.alerts.opened("bank")
    await looks.look(after=10, bank="closed")
    assert told.states == ["firing"]

    await looks.look(after=60, bank="closed")
    assert [(alert.state, alert.subject) for alert in told.alerts] == [("firing", "bank"), ("resolved", "bank")]


async def test_a_hook_that_fails_keeps_no_other_from_being_called(caplog):
    async def fails(alert):
        raise AlertError("nobody is there")

    told = Told()

    await Looks(fails, told).look(stale=[ROW])

    assert told.kinds == ["stale"]
    assert "an alert could not be told: nobody is there" in caplog.text


async def test_a_hook_that_goes_on_failing_is_told_of_once_until_it_works_again(caplog):
    works = False

    async def sometimes(alert):
        if not works:
            raise AlertError("nobody is there")

    teller = Teller(sometimes)
    telling = asyncio.create_task(teller.run())
    for _ in range(3):
        teller.put(ALERT)
    await asyncio.sleep(0.01)
    works = True
    teller.put(ALERT)
    await asyncio.sleep(0.01)
    telling.cancel()

    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert said == [
        ("ERROR", "an alert could not be told: nobody is there"),
        ("WARNING", "alerts can be told again"),
    ]


async def test_a_hook_that_hangs_is_given_up_and_holds_up_no_other(caplog):
    async def hangs(alert):
        await asyncio.Event().wait()

    told = Told()
    alerts = Alerts([hangs, told], longest=0.05)
    running = asyncio.create_task(alerts.run())
    for bank in ("a", "b"):
        alerts.look(Health(0.0, {}, [], {bank: "open"}))
    await eventually(lambda: len(told.alerts) == 2)
    await eventually(lambda: "could not be told: TimeoutError, after 0.05 s at the most" in caplog.text)
    running.cancel()


async def test_a_hook_that_hangs_lets_only_so_many_wait(caplog):
    async def hangs(alert):
        await asyncio.Event().wait()

    alerts = Alerts([hangs], every=0.0)

    for number in range(QUEUED + 5):
        alerts.look(Health(number, {}, [ROW]))

    assert caplog.text.count("no more are taken until one is") == 1


# whom


def a_script(folder, text):
    path = folder / "alert.py"
    path.write_text(text, encoding="utf-8")
    return f"{sys.executable} {path}"


async def test_a_command_gets_the_alert_on_its_input_and_in_its_environment(tmp_path):
    text = f"import json, os, sys\nopen({str(tmp_path / 'told')!r}, 'w').write(json.dumps([json.load(sys.stdin), os.environ['SAGADSL_ALERT'], os.environ['SAGADSL_ALERT_STATE'], os.environ['SAGADSL_ALERT_SUMMARY']]))"

    await command_hook(a_script(tmp_path, text))(ALERT)

    assert json.loads((tmp_path / "told").read_text()) == [ALERT.to_json(), "stale", "firing", "nothing happens"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys; sys.exit('no mail today')", "ended with 1: no mail today"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "ended with -15"),
    ],
)
async def test_a_command_that_fails_is_told_of(tmp_path, text, message):
    with pytest.raises(AlertError, match=message):
        await command_hook(a_script(tmp_path, text))(ALERT)


async def test_a_command_that_is_not_there_is_told_of():
    with pytest.raises(AlertError, match="no-such-command: No such file or directory"):
        await command_hook("no-such-command --now")(ALERT)


async def test_a_command_that_hangs_is_killed_with_all_that_it_has_started(tmp_path):
    text = f"import subprocess, sys, time\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\ntime.sleep(600)"

    with pytest.raises(AlertError, match="had not ended after 3 s, and was killed"):
        await command_hook(a_script(tmp_path, text), patience=3.0)(ALERT)

    child = int((tmp_path / "pid").read_text())
    await eventually(lambda: _is_gone(child))


def _is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z")


@contextlib.contextmanager
def server(behave):
    """A web server that remembers what it was sent, and then behaves in some way."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            behave(self)

        def do_GET(self):
            received.append("GET")
            behave(self)

        def log_message(self, *_): ...

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}/hooks/s3cret", received
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def answers(status, **headers):
    def behave(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behave


def hangs(handler):
    handler.server.done = threading.Event()
    handler.server.done.wait(2)
    handler.close_connection = True


def drips(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    with contextlib.suppress(OSError):
        for _ in range(20):
            handler.wfile.write(b"X-More: yes\r\n")
            handler.wfile.flush()
            time.sleep(0.1)
    handler.close_connection = True


def hangs_up(handler):
    handler.connection.close()


async def test_a_url_gets_the_alert_as_json():
    with server(answers(204)) as (url, received):
        await url_hook(url)(ALERT)

    assert received == [ALERT.to_json()]
    assert received[0]["text"] == "sagadsl: nothing happens"


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        (answers(500), "answered 500"),
        (answers(302, Location="/elsewhere"), "answered 302"),
        (hangs, "did not answer within"),
        (drips, "did not answer within"),
        (hangs_up, "127.0.0.1: "),
    ],
    ids=["an error", "a redirect", "hangs", "drips", "hangs up"],
)
async def test_a_server_that_does_not_take_it_is_told_of_without_the_urls_secret(behave, message):
    with server(behave) as (url, received), pytest.raises(AlertError, match=message) as told:
        await url_hook(url, patience=0.5)(ALERT)

    assert "s3cret" not in str(told.value)
    assert "GET" not in received


async def test_a_server_that_is_not_there_is_told_of():
    with server(answers(204)) as (url, _):
        pass

    with pytest.raises(AlertError, match=r"127\.0\.0\.1: .*refused"):
        await url_hook(url)(ALERT)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "bank", "http://", "ftp://x/y"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ValueError, match="it begins with http:// or https://"):
        url_hook(url)


# looking


FAILS = compile_saga(load("name: fails\nsteps: [{id: a, service: s, action: a, kind: read_only, on_failure: fail}]\n"))
WAITS = compile_saga(
    load("name: waits\nstates:\n  w: {type: wait, signal: go, timeout: 30d, next: end}\n  end: {type: succeed}\n")
)
HANGS = compile_saga(load("name: hangs\nsteps: [{id: h, service: s, action: h, kind: read_only, timeout: 30d}]\n"))


def shop():
    made = Services()

    @made.action("s.a")
    async def a():
        raise ActionError("Broken")

    @made.action("s.h")
    async def h():
        await asyncio.Event().wait()

    return made


async def test_stale_is_what_should_go_on_and_does_not():
    clock = ManualClock(1000.0)
    async with Engine("memory:", shop(), clock=clock, limits=Limits(sleep_after=0.05, poll=0.02)) as engine:
        await engine.run(FAILS, {})
        waiting = await engine.start(WAITS, {})
        await eventually(lambda: engine.running(waiting) is None)
        hanging = await engine.start(HANGS, {})
        watch = Watch(engine, [], stale_after=3600.0, clock=clock)
        young = await watch.once()
        await clock.advance(7200)
        old = await watch.once()

    assert young.stale == ()
    assert [row.id for row in old.stale] == [hanging]
    assert (old.dead_letters, old.by_status["running"]) == (1, 2)


async def test_a_watch_outlives_a_store_that_does_not_answer(caplog):
    class Flaky(MemoryStore):
        broken = True

        async def stats(self, which):
            if self.broken:
                raise StoreUnavailableError("not now")
            return await super().stats(which)

    store, seen = Flaky(), []
    async with Engine(store, shop()) as engine:
        with caplog.at_level(logging.INFO):
            watching = asyncio.create_task(Watch(engine, [seen.append], every=0.01).run())
            await eventually(lambda: "could not be looked at: not now" in caplog.text)
            store.broken = False
            await eventually(lambda: seen)
        watching.cancel()


async def test_a_watch_ends_with_its_engine():
    engine = Engine("memory:", shop())
    async with engine:
        watching = asyncio.create_task(Watch(engine, [], every=0.01).run())
        await asyncio.sleep(0.05)

    await asyncio.wait_for(watching, 10)


async def test_all_of_it_together_tells_of_a_saga_that_failed(tmp_path):
    text = f"import sys\nopen({str(tmp_path / 'told')!r}, 'a').write(sys.stdin.read() + '\\n')"
    wanted = Settings(alert_command=a_script(tmp_path, text), metrics_port=0, logs=True, look_every=0.05)
    engine = Engine("memory:", shop())
    observation = Observation(engine, wanted)
    try:
        async with engine, observation:
            await asyncio.sleep(0.1)
            await engine.run(FAILS, {})
            await eventually((tmp_path / "told").exists)
            await eventually((tmp_path / "told").read_text)
    finally:
        observation.close()

    assert json.loads((tmp_path / "told").read_text())["alert"] == "dead_letters"
    assert observation.metrics_port > 0


@pytest.mark.parametrize("when", ["before", "afterwards"])
async def test_a_breaker_is_told_of_although_it_is_open_for_less_time_than_passes_between_looks(tmp_path, when):
    text = f"import sys\nopen({str(tmp_path / 'told')!r}, 'a').write(sys.stdin.read() + '\\n')"
    services = shop()
    services.breaker("s", failures=1, reset=0.01)
    engine = Engine("memory:", services)
    observation = Observation(engine, Settings(alert_command=a_script(tmp_path, text), look_every=3600.0))
    try:
        async with engine, observation:
            if when == "afterwards":  # one that came in its place is listened to from the next look on
                services.breaker("s", failures=1, reset=0.01)
                await observation._watch.once()
            await engine.run(FAILS, {})
            await eventually((tmp_path / "told").exists)
            await eventually((tmp_path / "told").read_text)
    finally:
        observation.close()

    told = json.loads((tmp_path / "told").read_text())
    assert (told["alert"], told["subject"], told["state"]) == ("breaker_open", "s", "firing")
    assert services.guard("s")._listeners == []


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Settings(alert_command=" "), "alerts: there is no command"),
        (Settings(alert_command="./page-nobody --team x"), "alerts: there is no command ./page-nobody that can be run"),
        (Settings(alert_command="say 'hello"), "alerts: No closing quotation"),
        (Settings(alert_url="bank"), "alerts: not the URL of a web server"),
        (Settings(metrics_port=99_999), "port 99999: "),
    ],
)
def test_what_cannot_be_had_is_refused_in_words(wanted, message):
    with pytest.raises(ObservationError, match=message):
        Observation(Engine("memory:", shop()), wanted)


def test_every_kind_of_alert_is_in_the_table():
    looks = Alerts()
    found = [
        *looks._found(Health(0.0, {"failed": 0}, [ROW], {"bank": "open"})),
        *looks._found(Health(0.0, {"failed": 1})),
    ]

    assert {alert.kind for alert in found} == set(ALERTS)
