"""The same commands on PostgreSQL: a killed process, one that takes its saga up, and lists of both."""

import json
import signal

import pytest

from tests.cli.processes import Site, ended, kill
from tests.runtime.store.postgres import new_database, postgres_server


@pytest.fixture(scope="module")
def server():
    with postgres_server() as url:
        yield url


@pytest.fixture
def site(server, tmp_path, monkeypatch):
    with new_database(server) as url:
        monkeypatch.setenv("SAGADSL_STORE", url)
        site = Site(tmp_path, url)
        yield site
        site.stop_all()


def killed_run(site, trip):
    """Leave a saga behind whose process was killed while it booked the flight."""
    site.hold("book_flight")
    process = site.begin("run", trip, "--services", site.services, "--input", '{"city": "Rome"}', "--id", "trip-1")
    site.until("begin trip-1/book_flight")
    kill(process)
    site.let_go("book_flight")


def test_a_killed_saga_is_resumed_and_listed(site, trip, sagadsl):
    killed_run(site, trip)

    code, out, err = site.run("resume", "trip-1", "--services", site.services)
    (row,) = json.loads(sagadsl("ls", "--format", "json").out)["sagas"]

    assert code == 0, err
    assert "✓ book_flight" in out
    assert (row["saga_id"], row["status"]) == ("trip-1", "completed")
    assert json.loads(sagadsl("stats", "--format", "json").out)["completed"] == 1
    assert len(sagadsl("events", "trip-1", "--format", "json").out.splitlines()) == 3
    assert site.ledger.count("begin trip-1/book_hotel") == 1


def test_a_worker_takes_a_killed_saga_up(site, trip):
    killed_run(site, trip)
    worker = site.begin("worker", trip, "--services", site.services, "--format", "json")

    end = json.loads(worker.stdout.readline())
    worker.send_signal(signal.SIGTERM)

    assert (end["saga_id"], end["status"]) == ("trip-1", "completed")
    assert ended(worker)[0] == 0


def test_a_database_is_upgraded_and_an_unknown_one_is_told(site, sagadsl, server):
    assert sagadsl("db", "upgrade").code == 0
    assert "no sagas" in sagadsl("ls").err

    unknown = sagadsl("ls", "--store", site.store.replace("/sagadsl_", "/no_such_"))

    assert (unknown.code, unknown.out) == (69, "")
    assert "no_such_" in unknown.err


def test_the_command_that_goes_on_names_the_store_without_its_password(site, trip):
    store = site.store.replace("://postgres@", "://postgres:secret@")
    site.hold("book_flight")
    process = site.begin(
        "run", trip, "--services", site.services, "--input", '{"city": "Rome"}', "--id", "trip 1", "--store", store
    )
    site.until("begin trip 1/book_flight")

    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)

    assert code == 130
    assert f"`sagadsl resume 'trip 1' --services {site.services} --store " in err
    assert "secret" not in err
