"""The smaller commands, and what holds for all of them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import yaml

from sagadsl.cli.exits import EXIT_OF_STATUS, EXITS
from sagadsl.cli.main import COMMANDS
from sagadsl.language.source import parse, read_text
from tests.cli.conftest import ROOT, TRIP


def test_compile_prints_the_machines_that_transitions_is_given(sagadsl, trip):
    as_json = json.loads(sagadsl("compile", trip, "--format", "json").out)
    as_yaml = yaml.safe_load(sagadsl("compile", trip).out)

    assert as_json == as_yaml
    flow = as_json["machines"]["flow"]
    assert flow["initial"] == "book_hotel"
    assert flow["states"][0] == {"name": "book_hotel"}
    assert {"trigger": "next", "source": "book_hotel", "dest": "book_flight"} in flow["transitions"]
    assert {"trigger": "start", "source": "created", "dest": "running"} in as_json["machines"]["saga"]["transitions"]
    assert {"trigger": "skip", "source": "pending", "dest": "skipped"} in as_json["machines"]["step"]["transitions"]


def test_what_compile_prints_is_a_machine_that_plain_transitions_takes(sagadsl, trip):
    from transitions import Machine

    flow = json.loads(sagadsl("compile", trip, "--format", "json").out)["machines"]["flow"]
    machine = Machine(
        states=flow["states"], transitions=flow["transitions"], initial=flow["initial"], auto_transitions=False
    )

    machine.next()
    machine.next()
    assert machine.state == "done"


def test_schema_prints_a_draft_07_schema_that_takes_the_shipped_definitions(sagadsl):
    schema = json.loads(sagadsl("schema").out)

    jsonschema.Draft7Validator.check_schema(schema)
    for file in (path for path in (ROOT / "definitions").glob("*.yaml") if "." not in path.stem):
        jsonschema.validate(parse(read_text(file), str(file)).data, schema, jsonschema.Draft7Validator)


def test_every_property_in_the_schema_has_a_description_that_editors_show(sagadsl):
    schema = json.loads(sagadsl("schema").out)

    def target(node):
        return target(schema["definitions"][node["$ref"].rpartition("/")[2]]) if "$ref" in node else node

    def objects(node):
        """Every schema of an object with properties, but not the conditions of an `if`."""
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict) and "type" in node:
                yield node["properties"]
            yield from (
                found
                for name, value in node.items()
                if name not in ("if", "examples", "default")
                for found in objects(value)
            )
        elif isinstance(node, list):
            yield from (found for value in node for found in objects(value))

    described = {name: target(value).get("description") for group in objects(schema) for name, value in group.items()}
    assert {"service", "retry", "choices", "on_failure", "input", "max_delay"} <= set(described)
    assert [name for name, text in described.items() if not text] == []


@pytest.mark.parametrize("ending", [".svg", ".dot", ".mmd"])
def test_draw_writes_what_the_ending_says(sagadsl, trip, tmp_path, ending):
    target = tmp_path / f"picture{ending}"

    result = sagadsl("draw", trip, "-o", target)

    assert (result.code, result.err) == (0, "")
    assert "book_hotel" in target.read_text(encoding="utf-8")


def test_draw_prints_dot_without_a_target(sagadsl, trip):
    assert sagadsl("draw", trip).out.lstrip().startswith("digraph")


def test_draw_says_which_endings_there_are(sagadsl, trip, tmp_path):
    result = sagadsl("draw", trip, "-o", tmp_path / "picture.docx")

    assert result.code == 2
    assert ".svg" in result.err


def test_draw_says_when_it_cannot_write(sagadsl, trip, tmp_path):
    result = sagadsl("draw", trip, "-o", tmp_path / "no" / "such" / "picture.svg")

    assert result.code == 1
    assert "cannot be written" in result.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(sagadsl, command):
    result = sagadsl(command, "--help")

    assert result.code == 0
    assert "Usage" in result.out
    assert len(result.out) > 300
    assert command in sagadsl("--help").out


def test_the_exit_codes_are_in_the_help(sagadsl):
    text = sagadsl("--help").out

    assert set(EXIT_OF_STATUS.values()) <= set(EXITS)
    for code in EXITS:
        assert f"{code} " in text


def test_a_mistake_of_ours_is_told_without_a_traceback(sagadsl, trip, monkeypatch):
    from sagadsl.machine import compiler

    monkeypatch.delenv("SAGADSL_DEBUG", raising=False)
    monkeypatch.setattr(compiler, "compile_saga", None)
    monkeypatch.delitem(sys.modules, "sagadsl.cli.compile", raising=False)

    result = sagadsl("compile", trip)

    assert result.code == 70
    assert "a mistake in sagadsl itself" in result.err


def in_a_process(*args, **kwargs):
    command = [sys.executable, "-c", "from sagadsl.cli.main import main; main()", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **kwargs)


def test_ctrl_c_ends_a_run_with_130_and_one_line(trip, write):
    services = write(
        "slow.py",
        "import time\nfrom sagadsl import Services\nservices = Services()\n"
        "for name in ('hotel.cancel', 'air.book', 'air.cancel'): services.action(name)(lambda: None)\n"
        "@services.action('hotel.book')\ndef book(city): time.sleep(60)\n",
    )
    process = in_a_process("run", trip, "--services", services, "--input", '{"city": "Rome"}')
    assert "trip" in process.stdout.readline()
    assert "hotel.book" in process.stdout.readline()

    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert err.startswith("error: interrupted while trip was running, at book_hotel")
    assert time.monotonic() - started < 20


def test_a_reader_that_goes_away_is_no_error(trip):
    process = in_a_process("draw", trip)
    process.stdout.close()

    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=30) in (0, 1)


def test_output_that_the_terminal_cannot_show_is_replaced(trip):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = in_a_process("run", trip, "--simulate", "--input", '{"city": "Rome"}', env=env)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")
    assert "? book_hotel" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("command", [["draw"], ["run", "--simulate", "--input", '{"city": "Rome"}'], ["validate"]])
def test_a_full_disk_is_told_in_one_line(trip, command):
    with Path("/dev/full").open("w") as full:
        args = [sys.executable, "-c", "from sagadsl.cli.main import main; main()", command[0], str(trip), *command[1:]]
        done = subprocess.run(args, check=False, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, timeout=60)

    assert done.returncode == 74
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize(
    ("command", "streams", "code"),
    [
        ("validate warned.yaml", "2>/dev/full", 74),
        ("validate warned.yaml", ">/dev/full 2>&1", 74),
        ("validate absent.yaml", "2>/dev/full", 2),
        ("validate absent.yaml", ">/dev/full 2>&1", 2),
        ("draw trip.yaml --format svg", ">/dev/full 2>/dev/full", 74),
        ("stats --format json", ">/dev/full 2>/dev/full", 74),
        ("stats", "2>/dev/full", 0),
    ],
)
def test_where_messages_cannot_be_written_the_exit_code_is_what_is_left(write, trip, keep, command, streams, code):
    keep(trip, "trip-1", {"city": "Rome"})
    write("warned.yaml", TRIP.replace(", compensation: cancel}", "}", 1))
    python = f"{sys.executable} -c 'from sagadsl.cli.main import main; main()'"
    done = subprocess.run(f"{python} {command} {streams}", check=False, shell=True, cwd=trip.parent, timeout=60)

    assert done.returncode == code


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_mistake_of_ours(trip, closed):
    python = f"{sys.executable} -c 'from sagadsl.cli.main import main; main()'"
    done = subprocess.run(
        f"{python} run {trip} --simulate --input @- {closed}",
        check=False,
        shell=True,
        capture_output=True,
        text=True,
        input='{"city": "Rome"}',
        timeout=60,
    )

    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr


def test_a_path_that_is_too_long_is_told(sagadsl):
    for command in (["validate"], ["run", "--simulate"], ["draw"]):
        result = sagadsl(command[0], "x" * 5000 + ".yaml", *command[1:])
        assert result.code in (1, 2)
        assert "too long" in result.err


def test_an_action_that_never_stops_does_not_hold_up_the_command(trip, write):
    services = write(
        "stubborn.py",
        "import asyncio\nfrom sagadsl import Services\nservices = Services()\n"
        "for name in ('hotel.cancel', 'air.book', 'air.cancel'): services.action(name)(lambda: None)\n"
        "@services.action('hotel.book')\nasync def book(city):\n"
        "    while True:\n        try: await asyncio.sleep(3600)\n        except asyncio.CancelledError: pass\n",
    )
    file = write("short.yaml", trip.read_text().replace("action: book,", "action: book, timeout: 100ms,", 1))
    process = in_a_process("run", file, "--services", services, "--input", '{"city": "Rome"}')
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (3, "")
    assert "compensated" in out
