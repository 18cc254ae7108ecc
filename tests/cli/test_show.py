"""`sagadsl show` and `sagadsl events`: how far a saga has come, what it waits for, and what has happened to it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from sagadsl.machine.events import Failure, from_json
from sagadsl.runtime.store.contract import Mail
from sagadsl.runtime.store.opening import open_store
from tests.cli.conftest import ROOT

ROME = {"city": "Rome"}

WAITS = """\
name: waits
timeout: 30d
steps:
  - {id: print, service: printer, action: order, kind: read_only, callback: true, timeout: 3d}
"""

ASKS = """\
name: asks
states:
  ask: {type: wait, signal: decision, timeout: 48h, next: done}
  done: {type: succeed}
"""

SLEEPS = "name: sleeps\nstates:\n  nap: {type: wait, for: 2h, next: done}\n  done: {type: succeed}\n"

RETRIES = """\
name: retries
steps:
  - {id: pay, service: bank, action: pay, kind: read_only, retry: {max_attempts: 3, initial_delay: 1h}}
"""

AROUND = "name: around\nstates:\n  go: {type: saga, saga: trip, timeout: 4h, next: done}\n  done: {type: succeed}\n"

LOCKS = 'name: locks\nlocks: ["room 12"]\nsteps: [{id: a, service: s, action: a, kind: read_only}]\n'


def words(text):
    return " ".join(text.split())


def test_a_saga_that_completed_shows_its_steps_and_its_output(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME)

    result = sagadsl("show", "saga-1")

    assert result.code == 0
    assert "definition trip 1 status completed" in words(result.out)
    assert 'input {"city": "Rome"} output {"hotel": "<book_hotel.ref>"}' in words(result.out)
    assert "book_hotel completed 1 1.000s book_flight completed 1 1.000s" in words(result.out)
    assert "after 2.000s" in result.out
    assert "waits for" not in result.out


def test_a_saga_that_needs_a_person_says_what_can_be_done(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME, {"book_flight": Failure("Full", "no seat left"), "~book_hotel": Failure("Shut")})

    result = sagadsl("show", "saga-1")

    assert result.code == 0
    assert "nobody; it waits for a person" in result.out
    assert "compensation_failed at book_flight, because of Full: no seat left" in result.out
    assert "not undone: book_hotel; a person has to retry" in result.out


@pytest.mark.parametrize(
    ("text", "given", "first", "said"),
    [
        (SLEEPS, {}, 1, "nap the time to come at"),
        (ASKS, {}, 1, "ask the signal decision, at the latest until"),
        (WAITS, {}, 1, "print the answer of printer.order"),
        (WAITS, {}, 2, "print its outcome to be reported, at the latest until"),
        (RETRIES, {"pay": Failure("Busy")}, 2, "pay attempt 2 at"),
        (RETRIES, {"pay": Failure("Busy")}, 3, "pay the answer of bank.pay, attempt 2"),
        (AROUND, {}, 1, "go the saga saga-1/go, at the latest until"),
        (LOCKS, {}, 1, "the lock room 12"),
    ],
)
def test_what_a_saga_waits_for_is_shown(sagadsl, keep, write, text, given, first, said):
    keep(write("definition.yaml", text), "saga-1", {}, given, first=first)

    shown = words(sagadsl("show", "saga-1").out)

    assert said in shown.split("waits for ")[1]


def test_the_undo_that_is_under_way_is_waited_for(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME, {"book_flight": Failure("Full")}, first=3)

    assert "waits for book_hotel hotel.cancel to undo it" in words(sagadsl("show", "saga-1").out)


def test_a_timeout_of_the_whole_saga_is_shown(sagadsl, keep, write):
    keep(write("definition.yaml", WAITS), "saga-1", {}, first=2)

    assert "in 30d" in sagadsl("show", "saga-1").out.replace("in 29d23h", "in 30d")


def test_who_runs_a_saga_is_shown(sagadsl, keep, trip):
    keep(trip, "saga-owned", ROME, first=2, owned=True)

    assert "run by engine engine-of-the-test on here" in words(sagadsl("show", "saga-owned").out)


def test_a_saga_that_nobody_runs_tells_how_it_goes_on(sagadsl, keep, trip):
    keep(trip, "saga-free", ROME, first=2)

    assert "`sagadsl resume` or a `sagadsl worker` takes it up" in sagadsl("show", "saga-free").out


def test_json_is_the_row_with_the_steps_and_what_is_waited_for(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME, first=2)

    data = json.loads(sagadsl("show", "saga-1", "--format", "json").out)

    assert (data["saga_id"], data["name"], data["status"], data["input"]) == ("saga-1", "trip", "running", ROME)
    assert [step["status"] for step in data["steps"]] == ["completed", "running"]
    assert data["waits_for"] == [
        {"kind": "action", "step": "book_flight", "what": "air.book", "attempt": 1, "until": None, "held_by": None}
    ]
    assert "events" not in data


def test_an_id_may_be_shortened_while_it_is_the_only_one(sagadsl, keep, trip):
    keep(trip, "abcdef-111", ROME)
    keep(trip, "abcdef-222", ROME)

    assert sagadsl("show", "abcdef-1").out.startswith("saga        abcdef-111")
    several = sagadsl("show", "abcdef")
    assert (several.code, several.out) == (2, "")
    assert "several sagas begin or end so: abcdef-222, abcdef-111" in several.err
    assert "at least 6 characters" in sagadsl("show", "abc").err


def test_a_whole_id_is_meant_even_where_others_begin_so(sagadsl, keep, trip):
    keep(trip, "order-17", ROME)
    keep(trip, "order-171", ROME)

    assert sagadsl("show", "order-17").out.startswith("saga        order-17\n")


@pytest.mark.parametrize("command", ["show", "events"])
def test_an_unknown_id_is_told_with_one_that_looks_alike(sagadsl, keep, trip, command):
    keep(trip, "order-17", ROME)

    result = sagadsl(command, "ordre-17")

    assert (result.code, result.out) == (2, "")
    assert "ordre-17: there is no such saga in sqlite:///" in result.err
    assert "did you mean 'order-17'?" in result.err


def told(result):
    """The story without its times."""
    return [" ".join(line.split("s  ", 1)[1].split()) for line in result.out.splitlines()]


def test_events_tell_the_story_that_run_told(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME, {"book_flight": Failure("Full", "no seat left")})

    result = sagadsl("events", "saga-1")

    assert told(result) == [
        "· trip version 1, saga saga-1",
        "→ book_hotel hotel.book",
        "✓ book_hotel",
        "→ book_flight air.book",
        "✗ book_flight Full: no seat left",
        "↩ book_hotel hotel.cancel",
        "↶ book_hotel undone",
    ]


def test_events_as_json_are_one_a_line_and_all_that_happened(sagadsl, keep, trip):
    events = keep(trip, "saga-1", ROME)

    lines = sagadsl("events", "saga-1", "--format", "json").out.splitlines()

    assert [from_json(json.loads(line)) for line in lines] == events


@pytest.fixture
def follow():
    """Follow a saga's events in a process of their own."""
    started = []

    def begin(*args):
        command = [sys.executable, "-c", "from sagadsl.cli.main import main; main()", "events", "--follow", *args]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_followed_events_end_when_the_saga_does(follow, keep, trip, store):
    keep(trip, "saga-1", ROME, first=1)
    process = follow("saga-1")
    assert "saga-1" in process.stdout.readline()

    keep_rest(store, trip, "saga-1")
    out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")
    assert "✓ book_flight" in out


def keep_rest(url, definition, saga_id):
    """Write what an engine writes that takes the saga up and brings it to its end."""
    from sagadsl.language.load import load
    from sagadsl.machine.compiler import compile_saga
    from sagadsl.machine.events import StepSucceeded
    from sagadsl.runtime.processes import this_process
    from sagadsl.runtime.store.contract import EngineRow
    from tests.cli.keeping import ENGINE, writes_of

    async def write():
        store = open_store(url)
        await store.open()
        await store.join(EngineRow(ENGINE, "here", this_process(), time.time()))
        await store.claim_one(ENGINE, saga_id)
        started = (await store.events(saga_id))[0]
        rest = [
            StepSucceeded("book_hotel", 1, {"ref": "R"}, seq=2, at=started.at + 1),
            StepSucceeded("book_flight", 1, {}, seq=3, at=started.at + 2),
        ]
        writes = list(writes_of(compile_saga(load(definition)), saga_id, [started, *rest]))
        assert await store.commit(ENGINE, writes[1:]) == [None, None]
        await store.leave(ENGINE)
        await store.close()

    asyncio.run(write())


def test_following_is_ended_by_ctrl_c(follow, keep, trip):
    keep(trip, "saga-1", ROME, first=1)
    process = follow("saga-1")
    assert "saga-1" in process.stdout.readline()

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert (process.returncode, "Traceback" in err) == (130, False)


def test_a_lock_that_another_saga_has_is_shown_with_that_saga(sagadsl, keep, write, store):
    file = write("locks.yaml", LOCKS)
    keep(file, "saga-first", {}, first=1, owned=True)
    keep(file, "saga-second", {}, first=1, owned=True)

    async def lock():
        opened = open_store(store)
        await opened.open()
        try:
            assert await opened.lock("engine-of-the-test", "saga-first", ["room 12"])
            assert not await opened.lock("engine-of-the-test", "saga-second", ["room 12"])
        finally:
            await opened.close()

    asyncio.run(lock())

    assert "the lock room 12, which saga saga-first holds" in sagadsl("show", "saga-second").out


def test_a_message_wakes_a_saga_that_waits_for_nothing_else(sagadsl, keep, write, store):
    keep(write("asks.yaml", ASKS), "saga-1", {}, first=1)

    async def post():
        opened = open_store(store)
        await opened.open()
        await opened.post(Mail("saga-1", {"event": {"type": "SignalReceived", "name": "decision", "payload": None}}))
        await opened.close()

    asyncio.run(post())

    assert "takes it up" in sagadsl("show", "saga-1").out


def test_a_store_with_signs_in_its_path_is_found_again(sagadsl, trip, trip_services, tmp_path):
    (tmp_path / "sp ace #q").mkdir()
    url = f"sqlite:///{tmp_path}/sp ace%20#q/100%25.db"

    assert sagadsl("run", trip, "--services", trip_services, "--store", url, "--input", '{"city": "Rome"}').code == 0
    assert "completed" in sagadsl("ls", "--store", url).out
    assert (tmp_path / "sp ace #q" / "100%.db").exists()


def test_a_question_mark_in_the_path_of_a_store_is_told_by_every_command(sagadsl, tmp_path):
    result = sagadsl("ls", "--store", f"sqlite:///{tmp_path}/a?b.db")

    assert result.code == 2
    assert "an SQLite store takes no settings; leave out what follows the `?`" in result.err
