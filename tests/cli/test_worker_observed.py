"""A worker that is observed: its metrics, its logs, its traces, and whom it tells of what goes wrong."""

import json
import signal
import socket
import sys
import urllib.request

import pytest

from sagadsl.machine.events import Failure
from tests.cli.processes import Site, ended, wait_for

ROME = {"city": "Rome"}


@pytest.fixture
def site(tmp_path, store):
    site = Site(tmp_path, store)
    yield site
    site.stop_all()


@pytest.fixture
def worker(site, trip):
    return lambda *options: site.begin("worker", trip, "--services", site.services, *options)


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_metrics_are_served_until_it_is_stopped(worker, keep, trip, port):
    keep(trip, "left-1", ROME, first=2)
    process = worker("--metrics-port", port)

    def counted():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return 'sagadsl_sagas_completed_total{saga="trip"} 1.0' in answer.read().decode()

    assert "completed" in process.stdout.readline()
    wait_for(counted, "count")  # another listener than the one that counts writes the line, and may come first
    process.send_signal(signal.SIGTERM)

    assert ended(process)[0] == 0


def test_a_port_that_is_taken_is_told_of(worker):
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = ended(worker("--metrics-port", port))

    assert (code, out) == (2, "")
    assert f"port {port}: Address already in use" in err


def test_logs_for_programs_are_objects_and_nothing_else(worker, keep, trip):
    keep(trip, "left-1", ROME, {"book_flight": Failure("Full", "no seat left")}, first=3)
    process = worker("--log", "json")

    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)

    records = [json.loads(line) for line in err.splitlines()]
    told = [(record.get("event"), record.get("step")) for record in records if record["logger"] == "sagadsl.sagas"]
    assert code == 0
    assert told == [("CompensationSucceeded", "book_hotel"), (None, "book_flight")]
    assert {"at work", "stopped"} <= {record["message"][:7].strip(";") for record in records}


def test_stale_sagas_call_the_command(site, worker, tmp_path, keep, trip):
    script = tmp_path / "alert.py"
    script.write_text(f"import sys\nopen({str(tmp_path / 'alert')!r}, 'w').write(sys.stdin.read())\n", encoding="utf-8")
    process = worker("--alert-command", f"{sys.executable} {script}", "--stale-after", "1s", "--alert-every", "1s")
    site.hold("book_hotel")
    keep(trip, "left-1", ROME, first=1)

    wait_for((tmp_path / "alert").exists, "alert")
    wait_for((tmp_path / "alert").read_text, "text of an alert")
    process.send_signal(signal.SIGTERM)
    site.let_go("book_hotel")
    _, _, err = ended(process)

    alert = json.loads((tmp_path / "alert").read_text(encoding="utf-8"))
    assert (alert["alert"], alert["details"]["sagas"][0]["saga_id"]) == ("stale", "left-1")
    assert "warning: nothing happens to 1 saga although something should" in err


def test_traces_go_where_the_environment_says(worker, keep, trip, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    keep(trip, "left-1", ROME, first=2)
    process = worker("--otel")

    line = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    code, out, _ = ended(process)

    assert (code, '"name": "trip"' in line + out) == (0, True)
    assert '"sagadsl.saga.id": "left-1"' in line + out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--alert-url", "chat"], "alerts: not the URL of a web server"),
        (["--alert-command", "say 'x"], "alerts: No closing quotation"),
        (["--alert-every", "soon"], "--alert-every soon: a duration"),
        (["--stale-after", "soon"], "--stale-after soon: a duration"),
    ],
)
def test_what_cannot_be_meant_is_refused(worker, options, message):
    code, out, err = ended(worker(*options))

    assert (code, out) == (2, "")
    assert message in err


def test_an_exporter_that_is_not_there_is_told_of(worker, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "pigeon")

    code, _, err = ended(worker("--otel"))

    assert (code, "OTEL_TRACES_EXPORTER=pigeon: there is no such exporter" in err) == (2, True)
