"""`sagadsl run` that is interrupted or killed, and `sagadsl resume`: no saga is lost, and nothing is done twice."""

import json
import signal
import time

import pytest

from sagadsl.machine.events import Failure
from tests.cli.processes import Site, ended, kill

ROME = {"city": "Rome"}
INPUT = '{"city": "Rome"}'

HAND_BACK = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


@pytest.fixture
def site(tmp_path, store):
    site = Site(tmp_path, store)
    yield site
    site.stop_all()


def run(site, trip, *options):
    return ("run", trip, "--services", site.services, "--input", INPUT, "--id", "trip-1", *options)


@HAND_BACK
def test_a_saga_that_is_interrupted_is_handed_back_and_goes_on_where_it_was(site, trip, number, code):
    site.hold("book_flight")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_flight")

    process.send_signal(number)
    interrupted = ended(process)
    site.let_go("book_flight")
    resumed = site.run("resume", "trip-1", "--services", site.services)

    assert interrupted[0] == code
    assert interrupted[2].startswith("error: interrupted while trip was running, at book_flight\n")
    assert f"`sagadsl resume trip-1 --services {site.services}` goes on with it" in interrupted[2]
    assert resumed[0] == 0
    assert "trip 1, saga trip-1, started" in resumed[1]
    assert "✓ book_flight" in resumed[1]
    assert site.ledger.count("begin trip-1/book_hotel") == 1


def test_an_action_that_ends_in_time_is_recorded_before_the_saga_is_handed_back(site, trip):
    site.hold("book_hotel")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_hotel")

    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    site.let_go("book_hotel")
    interrupted = ended(process)
    resumed = site.run("resume", "trip-1", "--services", site.services)

    assert interrupted[0] == 130
    assert resumed[0] == 0
    assert site.ledger == [
        f"{what} trip-1/{step}" for step in ("book_hotel", "book_flight") for what in ("begin", "end")
    ]


@HAND_BACK
def test_a_second_signal_stops_at_once_and_the_saga_is_still_there(site, trip, number, code):
    site.hold("book_hotel")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_hotel")

    process.send_signal(number)
    time.sleep(1)
    process.send_signal(number)
    stopped = ended(process)
    site.let_go("book_hotel")
    resumed = site.run("resume", "trip-1", "--services", site.services)

    assert stopped[0] == code
    assert "stopped at once" in stopped[2]
    assert resumed[0] == 0


def test_a_signal_that_a_wrapper_passes_on_counts_once(site, trip):
    site.hold("book_hotel")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_hotel")

    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)

    assert (code, "stopped at once" in err) == (130, False)
    assert "goes on with it" in err


def test_a_saga_whose_process_was_killed_is_resumed(site, trip):
    site.hold("book_flight")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_flight")

    kill(process)
    site.let_go("book_flight")
    code, out, _ = site.run("resume", "trip-1", "--services", site.services)

    assert code == 0
    assert 'output: {"hotel": "hotel in Rome"}' in out
    assert site.ledger.count("begin trip-1/book_hotel") == 1
    assert site.ledger.count("begin trip-1/book_flight") == 2


def test_the_definition_is_the_one_that_the_saga_was_started_with(site, trip):
    site.hold("book_hotel")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_hotel")
    kill(process)
    trip.write_text("this is no definition any more", encoding="utf-8")
    site.let_go("book_hotel")

    assert site.run("resume", "trip-1", "--services", site.services)[0] == 0


def test_the_same_id_and_input_again_go_on_with_the_same_saga(site, trip):
    site.hold("book_flight")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_flight")
    kill(process)
    site.let_go("book_flight")

    again = site.run(*run(site, trip))
    shown = site.run(*run(site, trip))

    assert (again[0], shown[0]) == (0, 0)
    assert "✓ book_flight" in again[1]
    assert "is completed" in shown[1]
    assert site.ledger.count("end trip-1/book_flight") == 1
    assert len(json.loads(site.run("ls", "--format", "json")[1])["sagas"]) == 1


def test_a_saga_that_another_process_runs_is_followed(site, trip):
    site.hold("book_flight")
    first = site.begin(*run(site, trip))
    site.until("begin trip-1/book_flight")

    second = site.begin("resume", "trip-1", "--services", site.services)
    lines = [second.stdout.readline() for _ in range(4)]
    site.let_go("book_flight")

    assert "runs it: what happens is told here" in lines[-1]
    assert ended(first)[0] == 0
    code, out, _ = ended(second)
    assert code == 0
    assert "✓ book_flight" in out
    assert site.ledger.count("begin trip-1/book_flight") == 1


def test_a_saga_that_is_followed_is_taken_up_when_its_engine_dies(site, trip):
    site.hold("book_flight")
    first = site.begin(*run(site, trip))
    site.until("begin trip-1/book_flight")
    second = site.begin("resume", "trip-1", "--services", site.services)
    assert "runs it" in [second.stdout.readline() for _ in range(4)][-1]

    kill(first)
    site.let_go("book_flight")

    assert ended(second)[0] == 0
    assert site.ledger.count("begin trip-1/book_flight") == 2


def test_neither_run_nor_resume_touches_another_saga_of_the_store(site, trip, keep):
    keep(trip, "other-saga", ROME, first=2)
    keep(trip, "trip-2", ROME, first=2)

    assert site.run(*run(site, trip))[0] == 0
    assert site.run("resume", "trip-2", "--services", site.services)[0] == 0
    assert {row["saga_id"]: row["status"] for row in json.loads(site.run("ls", "--format", "json")[1])["sagas"]} == {
        "other-saga": "running",
        "trip-1": "completed",
        "trip-2": "completed",
    }


LOCKED = """\
name: locked
locks: ["room 12"]
steps: [{id: fly, service: air, action: book, kind: read_only, payload: {hotel: H}}]
"""

AROUND = """\
name: around
input: {type: object, required: [city], properties: {city: {type: string}}}
states:
  go: {type: saga, saga: trip, input: {city: "${input.city}"}, next: end}
  end: {type: succeed, output: "${states.go.output}"}
"""


def test_the_sagas_that_a_saga_runs_are_taken_up_with_it(site, trip, write):
    around = write("around.yaml", AROUND)
    site.hold("book_flight")
    process = site.begin(*run(site, around, "--saga", trip))
    site.until("begin trip-1/go/book_flight")
    kill(process)
    site.let_go("book_flight")

    code, out, err = site.run("resume", "trip-1", "--services", site.services)

    assert (code, err.count("error")) == (0, 0)
    assert 'output: {"hotel": "hotel in Rome"}' in out
    assert site.ledger.count("begin trip-1/go/book_hotel") == 1


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({}, 0, 'output: {"hotel": "<book_hotel.ref>"}'),
        ({"book_flight": Failure("Full")}, 3, "compensated at book_flight, because of Full"),
        ({"book_flight": Failure("Full"), "~book_hotel": Failure("Shut")}, 4, "a person has to retry"),
    ],
)
def test_a_saga_that_has_come_to_rest_shows_what_became_of_it(sagadsl, keep, trip, trip_services, given, code, said):
    keep(trip, "saga-1", ROME, given)

    result = sagadsl("resume", "saga-1", "--services", trip_services)

    assert result.code == code
    assert "there is nothing to go on with" in result.out
    assert said in result.out


def test_a_resumed_saga_as_json_is_the_whole_outcome(sagadsl, keep, trip, trip_services):
    keep(trip, "saga-1", ROME, first=2)

    data = json.loads(sagadsl("resume", "saga-1", "--services", trip_services, "--format", "json").out)

    assert (data["saga_id"], data["status"]) == ("saga-1", "completed")
    assert [event["seq"] for event in data["events"]] == [1, 2, 3]


def test_an_unknown_saga_is_told_with_one_that_looks_alike(sagadsl, keep, trip, trip_services):
    keep(trip, "saga-17", ROME, first=2)

    result = sagadsl("resume", "sgaa-17", "--services", trip_services)

    assert (result.code, result.out) == (2, "")
    assert "did you mean 'saga-17'?" in result.err


def test_missing_actions_are_named_before_the_saga_is_taken_up(sagadsl, keep, trip, write):
    keep(trip, "saga-1", ROME, first=2)
    services = write(
        "few.py", "from sagadsl import Services\nservices = Services()\n@services.action('air.book')\ndef book(): ...\n"
    )

    result = sagadsl("resume", "saga-1", "--services", services)

    assert (result.code, result.out) == (2, "")
    assert "no service offers hotel.book, hotel.cancel, air.cancel" in result.err
    assert json.loads(sagadsl("show", "saga-1", "--format", "json").out)["owner"] is None


def test_a_saga_that_runs_one_whose_definition_is_not_there_is_left_alone(sagadsl, keep, write, trip_services):
    keep(write("around.yaml", AROUND), "saga-1", ROME, first=1)

    result = sagadsl("resume", "saga-1", "--services", trip_services)

    assert (result.code, result.out) == (2, "")
    assert "go runs the saga trip, which is not in the store" in result.err


def test_without_a_store_nothing_is_resumed(sagadsl, trip_services):
    result = sagadsl("resume", "saga-1", "--services", trip_services)

    assert (result.code, result.out) == (2, "")
    assert "there is no such store" in result.err


def test_a_run_in_memory_that_is_interrupted_cannot_be_resumed_and_says_so(site, trip):
    site.hold("book_hotel")
    process = site.begin(*run(site, trip, "--store", "memory:"))
    site.until("begin trip-1/book_hotel")

    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)

    assert code == 130
    assert "what it had done is not undone" in err
    assert "resume" not in err


def test_a_saga_that_waits_for_a_lock_says_who_has_it(site, keep, write):
    file = write("locked.yaml", LOCKED)
    site.hold("fly")
    first = site.begin("run", file, "--services", site.services, "--id", "first")
    site.until("begin first/fly")

    second = site.begin("run", file, "--services", site.services, "--id", "second")
    lines = [second.stdout.readline() for _ in range(2)]
    site.let_go("fly")

    assert lines[1] == "it waits for the lock room 12, which saga first holds\n"
    assert ended(first)[0] == 0
    assert ended(second)[0] == 0


def test_a_reader_that_goes_away_does_not_stop_the_saga(site, trip):
    site.hold("book_hotel")
    process = site.begin(*run(site, trip))
    site.until("begin trip-1/book_hotel")

    process.stdout.close()
    site.let_go("book_hotel")
    err = process.stderr.read()
    process.stderr.close()

    assert (process.wait(timeout=60), "Traceback" in err) == (0, False)
    assert json.loads(site.run("show", "trip-1", "--format", "json")[1])["status"] == "completed"
