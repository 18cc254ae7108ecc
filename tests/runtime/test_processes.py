"""Telling one process from every other, and whether it is gone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from sagadsl.runtime import processes

TELL = (
    "from sagadsl.runtime import processes; import sys; print(processes.this_process(), flush=True); sys.stdin.read()"
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process is which")


@pytest.fixture
def other():
    process = subprocess.Popen([sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield process, process.stdout.readline().strip()
        process.kill()


def test_a_process_that_lives_is_not_gone_even_when_it_is_frozen(other):
    process, name = other
    assert not processes.is_gone(processes.this_process())
    assert not processes.is_gone(name)

    os.kill(process.pid, signal.SIGSTOP)

    assert not processes.is_gone(name)
    os.kill(process.pid, signal.SIGCONT)


def test_a_process_that_was_killed_is_gone_though_its_parent_has_not_asked_after_it(other):
    process, name = other

    process.kill()
    for _ in range(500):
        if processes.is_gone(name):
            break
        time.sleep(0.01)

    assert processes.is_gone(name)
    assert process.returncode is None


def test_one_of_another_machine_may_live():
    realm, pid, start = processes.this_process().split(" ")

    assert not processes.is_gone(f"elsewhere/{realm} {pid} {int(start) - 1}")
    assert processes.is_gone(f"{realm} {pid} {int(start) - 1}")


def test_where_the_system_does_not_tell_nobody_is_gone(monkeypatch):
    monkeypatch.setattr(processes, "_realm", lambda: "")
    name = processes.this_process()

    assert name.startswith(" ")
    assert not processes.is_gone(name)
