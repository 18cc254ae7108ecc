"""`sagadsl draw --watch`, as a process beside an editor."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.cli.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
LONG = 60.0


class Watching:
    """A running `sagadsl draw --watch`, and what it has said so far."""

    def __init__(self, *args):
        command = [
            sys.executable,
            "-c",
            "from sagadsl.cli.main import main; main()",
            "draw",
            *map(str, args),
            "--watch",
        ]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=env
        )
        self.lines = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, words, times=1):
        """Wait until it has said this so often."""
        until = time.monotonic() + LONG
        while sum(words in line for line in self.lines) < times:
            assert time.monotonic() < until, self.lines
            assert self.process.poll() is None, self.lines
            time.sleep(0.02)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(LONG)
        self.reader.join()
        self.process.stdout.close()
        return code


@pytest.fixture
def watch():
    running = []

    def start(*args):
        running.append(Watching(*args))
        return running[-1]

    yield start
    for watching in running:
        if watching.process.poll() is None:
            watching.process.kill()
            watching.process.wait()
        watching.reader.join()
        watching.process.stdout.close()


def save(path, text):
    """Save as editors do: a new file in the place of the old one."""
    new = path.with_name(f"{path.name}~")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def test_a_saved_definition_is_drawn_again(watch, trip, tmp_path):
    target = tmp_path / "trip.svg"
    watching = watch(trip, "-o", target)
    watching.said("drawn")
    assert "book_hotel" in target.read_text(encoding="utf-8")

    save(trip, trip.read_text(encoding="utf-8").replace("book_hotel", "book_inn"))
    watching.said("drawn", times=2)

    assert "book_inn" in target.read_text(encoding="utf-8")
    assert watching.end() == 130
    assert not any("Traceback" in line for line in watching.lines)


def test_a_broken_save_is_told_and_the_next_one_is_drawn(watch, trip, tmp_path):
    target = tmp_path / "trip.svg"
    text = trip.read_text(encoding="utf-8")
    watching = watch(trip, "-o", target)
    watching.said("drawn")
    before = target.read_bytes()

    save(trip, text.replace("action: book", "action: [book"))
    watching.said("not drawn")
    assert any("SAGA" in line for line in watching.lines), watching.lines
    assert target.read_bytes() == before

    save(trip, text.replace("book_hotel", "book_inn"))
    watching.said("drawn " + str(target), times=2)
    assert "book_inn" in target.read_text(encoding="utf-8")


def test_a_file_that_goes_away_for_a_moment_is_waited_for(watch, trip, tmp_path):
    text = trip.read_text(encoding="utf-8")
    watching = watch(trip, "-o", tmp_path / "trip.svg")
    watching.said("drawn")

    trip.unlink()
    watching.said("there is no such file")
    trip.write_text(text, encoding="utf-8")

    watching.said("drawn", times=2)


def test_a_new_definition_in_a_folder_is_drawn_too(watch, trip, write, tmp_path):
    write("sagas/one.yaml", trip.read_text(encoding="utf-8"))
    watching = watch(tmp_path / "sagas", "-o", tmp_path / "out")
    watching.said("one.svg")

    write("sagas/two.yaml", trip.read_text(encoding="utf-8"))
    watching.said("two.svg")

    assert sum("one.svg" in line for line in watching.lines) == 1


def test_what_is_not_there_from_the_beginning_is_no_file_to_wait_for(sagadsl, tmp_path):
    result = sagadsl("draw", tmp_path / "nothing.yaml", "-o", tmp_path / "x.svg", "--watch")
    assert result.code == 2
    assert "nothing.yaml: there is no such file" in result.err


def test_watching_needs_a_file_to_draw_into(sagadsl, trip):
    result = sagadsl("draw", trip, "--watch")
    assert result.code == 2
    assert "--watch draws into files\nhint: say where to with -o" in result.err
