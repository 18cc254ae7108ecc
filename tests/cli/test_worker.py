"""`sagadsl worker`: takes up what the store has, tells what becomes of it, and stops as it is asked to."""

import json
import signal
import time

import pytest

from sagadsl.machine.events import Failure
from tests.cli.processes import Site, ended, kill, wait_for
from tests.cli.test_resume import AROUND

ROME = {"city": "Rome"}


@pytest.fixture
def site(tmp_path, store):
    site = Site(tmp_path, store)
    yield site
    site.stop_all()


@pytest.fixture
def worker(site, trip):
    """Start a worker for trips."""

    def begin(*options, files=None):
        return site.begin("worker", *(files or [trip]), "--services", site.services, *options)

    return begin


def next_line(process):
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line


def test_a_worker_takes_up_what_others_left_and_tells_each_end_in_a_line(worker, keep, trip):
    keep(trip, "left-1", ROME, first=2)
    process = worker()

    line = next_line(process)
    process.send_signal(signal.SIGTERM)
    code, out, err = ended(process)

    assert line.split()[2:5] == ["completed", "trip", "left-1"]
    assert (code, out) == (0, "")
    assert "at work on sqlite:///" in err
    assert "handed back" in err


def test_programs_get_an_object_in_a_line(worker, keep, trip):
    keep(trip, "left-1", ROME, first=2)
    keep(trip, "left-2", ROME, {"book_flight": Failure("Full", "no seat left")}, first=3)
    process = worker("--format", "json")

    ends = {end["saga_id"]: end for end in (json.loads(next_line(process)) for _ in range(2))}
    process.send_signal(signal.SIGINT)

    assert ended(process)[:2] == (0, "")
    assert ends["left-1"]["status"] == "completed"
    assert ends["left-1"]["output"] == {"hotel": "<book_hotel.ref>"}
    assert ends["left-2"]["status"] == "compensated"
    assert ends["left-2"]["error"] == {"code": "Full", "message": "no seat left", "state": "book_flight"}
    assert ends["left-2"]["duration"] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_stopped_lets_actions_end_and_hands_the_saga_back(worker, site, keep, trip, number):
    keep(trip, "left-1", ROME, first=1)
    site.hold("book_hotel")
    process = worker()
    site.until("begin left-1/book_hotel")

    process.send_signal(number)
    time.sleep(0.5)
    site.let_go("book_hotel")
    code, out, err = ended(process)

    assert (code, out) == (0, "")
    assert "stopping: waiting for 1 action" in err
    shown = json.loads(site.run("show", "left-1", "--format", "json")[1])
    assert [step["status"] for step in shown["steps"]] == ["completed", "running"]
    assert shown["owner"] is None
    assert site.ledger == ["begin left-1/book_hotel", "end left-1/book_hotel"]


def test_a_second_signal_stops_a_worker_at_once(worker, site, keep, trip):
    keep(trip, "left-1", ROME, first=1)
    site.hold("book_hotel")
    process = worker()
    site.until("begin left-1/book_hotel")

    process.send_signal(signal.SIGTERM)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    code, _, err = ended(process)

    assert code == 143
    assert "stopped at once" in err


def test_an_action_that_does_not_stop_does_not_keep_a_worker_from_stopping(site, keep, trip, write):
    keep(trip, "left-1", ROME, first=1)
    services = write(
        "stubborn.py",
        "import pathlib, time\nfrom sagadsl import Services\nservices = Services()\n"
        "for name in ('hotel.cancel', 'air.book', 'air.cancel'): services.action(name)(lambda: None)\n"
        "@services.action('hotel.book')\ndef book(city):\n"
        f"    pathlib.Path({str(site.folder / 'ledger')!r}).write_text('begun\\n')\n    time.sleep(600)\n",
    )
    process = site.begin("worker", trip, "--services", services)
    site.until("begun")

    process.send_signal(signal.SIGTERM)

    assert ended(process)[0] == 0


def test_a_reader_that_goes_away_does_not_stop_a_worker(worker, site, keep, trip):
    process = worker()
    process.stdout.close()
    for number in range(3):
        keep(trip, f"left-{number}", ROME, first=2)
        site.until(f"end left-{number}/book_flight")
    wait_for(lambda: json.loads(site.run("stats", "--format", "json")[1])["completed"] == 3, "third end")

    process.send_signal(signal.SIGTERM)
    err = process.stderr.read()

    assert process.wait(timeout=60) == 0
    assert err.count("nobody reads") == 1
    assert "Traceback" not in err
    process.stderr.close()


def test_a_second_worker_takes_up_what_a_dead_one_left(worker, site, keep, trip):
    keep(trip, "left-1", ROME, first=1)
    site.hold("book_hotel")
    first = worker()
    site.until("begin left-1/book_hotel")
    second = worker()

    kill(first)
    site.let_go("book_hotel")
    line = next_line(second)
    second.send_signal(signal.SIGTERM)

    assert "left-1" in line
    assert ended(second)[0] == 0
    assert site.ledger.count("begin left-1/book_hotel") == 2
    assert site.ledger.count("begin left-1/book_flight") == 1


@pytest.mark.parametrize("options", [["--concurrency", "2"], ["--limit", "hotel=2"]])
def test_no_more_actions_run_at_a_time_than_are_allowed(worker, site, keep, trip, options):
    for number in range(5):
        keep(trip, f"left-{number}", ROME, first=1)
    site.hold("book_hotel")
    process = worker(*options)
    wait_for(lambda: len(site.ledger) == 2, "second action")
    time.sleep(0.5)

    assert len(site.ledger) == 2

    site.let_go("book_hotel")
    for _ in range(5):
        next_line(process)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 0
    under_way = most = 0
    for line in site.ledger:
        if "book_hotel" in line:
            under_way += 1 if line.startswith("begin") else -1
            most = max(most, under_way)
    assert most == 2


def test_a_worker_finds_the_sagas_that_stored_sagas_run(worker, site, keep, trip, write):
    keep(trip, "any-trip", ROME)
    keep(write("around.yaml", AROUND), "left-1", ROME, first=1)
    other = write("other.yaml", "name: other\nsteps: [{id: a, service: air, action: book, kind: read_only}]\n")
    process = worker(files=[other])

    lines = [next_line(process), next_line(process)]
    process.send_signal(signal.SIGTERM)

    assert ended(process)[0] == 0
    assert [line.split()[2:5] for line in lines] == [
        ["completed", "trip", "left-1/go"],
        ["completed", "around", "left-1"],
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--limit", "hotel"], "not of the form SERVICE=N"),
        (["--limit", "hotel=0"], "not of the form SERVICE=N"),
        (["--limit", "hotle=1"], "did you mean 'hotel'?"),
        (["--concurrency", "0"], "--concurrency"),
        (["--store", "memory:"], "memory: is a store that ends with its process"),
        (["--store", "nothing"], "not the URL of a store"),
    ],
)
def test_options_that_make_no_sense_start_no_worker(sagadsl, trip, trip_services, options, said):
    result = sagadsl("worker", trip, "--services", trip_services, *options)

    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_worker_without_the_actions_of_its_sagas_does_not_start(sagadsl, trip, write):
    services = write("few.py", "from sagadsl import Services\nservices = Services()\n")

    result = sagadsl("worker", trip, "--services", services)

    assert (result.code, result.out) == (2, "")
    assert "no service offers hotel.book" in result.err


def test_a_store_that_cannot_be_used_ends_a_worker(sagadsl, trip, trip_services, write):
    file = write("text.db", "This is no database, and it never was one. " * 100)

    result = sagadsl("worker", trip, "--services", trip_services, "--store", f"sqlite:///{file}")

    assert (result.code, result.out) == (69, "")
    assert "text.db" in result.err
