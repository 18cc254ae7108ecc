"""`sagadsl ls`: which sagas are listed, in which order, and how."""

import json
import os
import pty
import subprocess
import sys
import time

import pytest

from sagadsl.machine.events import Failure
from tests.cli.conftest import ROOT

ROME = {"city": "Rome"}
KEYED = "name: keyed\nkey: ${input.number}\ninput: {type: object, required: [number], properties: {number: {type: string}}}\nsteps: [{id: a, service: s, action: a, kind: read_only}]\n"


def listed(result):
    """The ids in a list, in its order."""
    assert result.code == 0, result.err
    return [line.split()[0] for line in result.out.splitlines()[1:]]


@pytest.fixture
def some(keep, trip):
    """Four sagas: the oldest completed, one was undone, one is under way, and the youngest is stuck."""
    now = time.time()
    keep(trip, "saga-completed", ROME, started=now - 4000)
    keep(trip, "saga-undone", ROME, {"book_flight": Failure("Full", "no seat left")}, started=now - 3000)
    keep(trip, "saga-running", ROME, first=2, started=now - 2000)
    keep(trip, "saga-stuck", ROME, {"book_flight": Failure("Full"), "~book_hotel": Failure("Shut")}, started=now - 20)


@pytest.mark.usefixtures("some")
def test_the_youngest_saga_comes_first(sagadsl):
    assert listed(sagadsl("ls")) == ["saga-stuck", "saga-running", "saga-undone", "saga-completed"]


@pytest.mark.usefixtures("some")
def test_a_program_is_told_when_something_happened_last_and_since_when_the_status_is_the_same(sagadsl):
    rows = {row["saga_id"]: row for row in json.loads(sagadsl("ls", "--format", "json").out)["sagas"]}

    running = rows["saga-running"]
    assert running["last_event_at"] == pytest.approx(running["created_at"] + 1)
    assert running["status_since"] == running["created_at"]
    assert rows["saga-completed"]["last_event_at"] == rows["saga-completed"]["ended_at"]
    assert (
        json.loads(sagadsl("show", "saga-running", "--format", "json").out)["last_event_at"] == running["last_event_at"]
    )


def test_sagas_of_one_version_that_run_different_texts_are_told_apart(sagadsl, keep, trip, write):
    keep(trip, "saga-before", ROME)
    assert "trip    " in sagadsl("ls").out
    assert "text" not in sagadsl("show", "saga-before").out
    edited = write("edited.yaml", trip.read_text(encoding="utf-8") + "timeout: 1h\n")
    keep(edited, "saga-after", ROME)

    hashes = {row["saga_id"]: row["hash"][:8] for row in json.loads(sagadsl("ls", "--format", "json").out)["sagas"]}

    assert len(set(hashes.values())) == 2
    for saga_id, text in hashes.items():
        assert f"{saga_id}" in sagadsl("ls").out
        assert f"trip {text} " in sagadsl("ls").out
        assert f"trip 1, text {text}" in sagadsl("show", saga_id).out


@pytest.mark.usefixtures("some")
def test_a_line_says_what_became_of_a_saga(sagadsl):
    lines = {line.split()[0]: line.split() for line in sagadsl("ls").out.splitlines()}

    assert lines["saga-completed"][1:3] == ["trip", "completed"]
    assert lines["saga-completed"][-1] == "2.000s"
    assert lines["saga-undone"][-4:] == ["3.000s", "Full", "at", "book_flight"]
    assert lines["saga-stuck"][2] == "compensation_failed"


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--status", "completed"], ["saga-completed"]),
        (["--status", "completed", "--status", "compensated"], ["saga-undone", "saga-completed"]),
        (["--status", "active"], ["saga-stuck", "saga-running"]),
        (["--name", "trip", "--status", "running"], ["saga-running"]),
        (["--name", "trip", "--key", "other"], []),
        (["--since", "1h"], ["saga-stuck", "saga-running", "saga-undone"]),
        (["--since", "40m", "--status", "active"], ["saga-stuck", "saga-running"]),
        (["--since", "2000-01-01", "--limit", "2"], ["saga-stuck", "saga-running"]),
        (["--older-than", "10m"], ["saga-running"]),
        (["--older-than", "1s"], ["saga-running", "saga-stuck"]),
        (["--older-than", "1s", "--status", "compensation_failed"], ["saga-stuck"]),
        (["--older-than", "1s", "--limit", "1"], ["saga-running"]),
        (["--older-than", "1s", "--since", "5m"], ["saga-stuck"]),
    ],
)
def test_filters_hold_together(sagadsl, options, expected):
    assert listed(sagadsl("ls", *options)) == expected


def test_a_saga_is_found_by_its_business_key(sagadsl, keep, write):
    file = write("keyed.yaml", KEYED)
    keep(file, "saga-of-7", {"number": "order 7"})
    keep(file, "saga-of-8", {"number": "order 8"})

    assert listed(sagadsl("ls", "--key", "order 7")) == ["saga-of-7"]
    assert "order 7" in sagadsl("ls", "--key", "order 7").out


@pytest.mark.usefixtures("some")
def test_pages_go_on_from_their_cursor_until_all_are_seen(sagadsl):
    first = sagadsl("ls", "--limit", 3)
    cursor = first.err.split("--after ")[1].strip()
    last = sagadsl("ls", "--limit", 3, "--after", cursor)

    assert listed(first) + listed(last) == ["saga-stuck", "saga-running", "saga-undone", "saga-completed"]
    assert "--after" not in last.err


@pytest.mark.usefixtures("some")
def test_json_has_the_rows_and_the_cursor(sagadsl):
    data = json.loads(sagadsl("ls", "--format", "json", "--limit", 3).out)
    rest = json.loads(sagadsl("ls", "--format", "json", "--after", data["after"]).out)

    assert [row["saga_id"] for row in data["sagas"]] == ["saga-stuck", "saga-running", "saga-undone"]
    undone = data["sagas"][2]
    assert undone["error"] == {"code": "Full", "message": "no seat left", "state": "book_flight"}
    assert undone["ended_at"] - undone["created_at"] == pytest.approx(3)
    assert (rest["sagas"][0]["status"], rest["after"]) == ("completed", None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--status", "runing"], "did you mean 'running'?"),
        (["--status", "xxxxxx"], "it is created,"),
        (["--since", "yesterday"], "a date such as"),
        (["--older-than", "long"], "a duration such as"),
        (["--after", "page two"], "has not ended so"),
        (["--older-than", "1s", "--after", "x"], "has no pages"),
        (["--limit", "0"], "--limit"),
    ],
)
@pytest.mark.usefixtures("some")
def test_options_that_make_no_sense_say_so(sagadsl, options, said):
    result = sagadsl("ls", *options)

    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_no_sagas_are_no_error(sagadsl, keep, trip):
    keep(trip, "saga-1", ROME)

    result = sagadsl("ls", "--name", "trip", "--status", "failed")

    assert (result.code, result.out, result.err) == (0, "", "no sagas\n")


def on_a_terminal(columns, *args):
    """What a person sees who has a terminal of so many columns."""
    leader, follower = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    command = [sys.executable, "-c", "from sagadsl.cli.main import main; main()", *args]
    with subprocess.Popen(command, stdout=follower, stderr=follower, stdin=follower, env=env, cwd=ROOT) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(leader)
    assert process.returncode == 0, shown
    return shown.decode()


def without_colours(text):
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.usefixtures("some")
def test_a_terminal_gets_colours_and_a_pipe_gets_none(sagadsl):
    assert "\x1b[32mcompleted" in on_a_terminal(120, "ls")
    assert "\x1b" not in sagadsl("ls").out


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("columns", [40, 50, 60, 80, 100])
def test_a_line_fits_into_the_terminal_and_keeps_the_saga_and_its_status(columns):
    *lines, last = without_colours(on_a_terminal(columns, "ls")).splitlines()

    assert len(lines) == 5
    assert last == "1 of these is not finished, and nobody is at work on this store"
    assert max(map(len, lines)) <= columns
    assert "compensation_failed" in lines[1]
    assert lines[1].startswith("saga-stuck")


def test_a_long_id_is_cut_on_a_narrow_terminal_and_can_be_typed_so(sagadsl, keep, trip):
    keep(trip, "0123456789abcdef0123456789abcdef", ROME)

    cut = without_colours(on_a_terminal(40, "ls")).splitlines()[1].split()[0]

    assert cut.endswith("…")
    assert len(cut) >= 13
    assert sagadsl("show", cut).out.startswith("saga        0123456789abcdef0123456789abcdef")
    assert listed(sagadsl("ls")) == ["0123456789abcdef0123456789abcdef"]


def test_a_key_cannot_speak_to_the_terminal(sagadsl, keep, write):
    keep(write("keyed.yaml", KEYED), "saga-1", {"number": "\x1b[31mred\nline"})

    result = sagadsl("ls")

    assert "\x1b" not in result.out
    assert len(result.out.splitlines()) == 2
