"""A saga runs to its end although nobody can read what is told of it, and the exit code says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

COMMAND = [sys.executable, "-c", "from sagadsl.cli.main import main; main()"]
ROME = ["--input", '{"city": "Rome"}']
LOST = ["--input", '{"city": "Atlantis"}']
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")


def begin(*args, stdout):
    return subprocess.Popen([*COMMAND, *map(str, args)], stdout=stdout, stderr=subprocess.PIPE, cwd=ROOT)


@full
@pytest.mark.parametrize("simulated", [False, True])
def test_on_a_full_disk_the_saga_goes_on_and_it_is_told_that_its_story_is_not_whole(trip, trip_services, simulated):
    how = ["--simulate"] if simulated else ["--services", trip_services]
    with Path("/dev/full").open("wb") as disk:
        process = begin("run", trip, *how, *ROME, stdout=disk)
        _, err = process.communicate(timeout=60)

    assert process.returncode == 74
    assert err.decode() == "error: not all that was to be told could be written: No space left on device\n"


@full
def test_what_it_did_is_in_the_store(sagadsl, trip, trip_services):
    with Path("/dev/full").open("wb") as disk:
        begin("run", trip, "--services", trip_services, "--id", "t-1", *ROME, stdout=disk).communicate(timeout=60)

    assert "status      completed" in sagadsl("show", "t-1").out


@pytest.mark.parametrize(("given", "code"), [(ROME, 0), (LOST, 3)])
def test_when_the_reader_has_gone_the_exit_code_is_that_of_the_saga(trip, trip_services, given, code):
    process = begin("run", trip, "--services", trip_services, *given, stdout=subprocess.PIPE)
    process.stdout.close()
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err.decode()) == (code, "")
