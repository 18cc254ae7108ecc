"""Commands as processes of their own, which can be interrupted and killed, and services that keep a ledger on disk."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.conftest import ROOT

PATIENCE = 60.0
"""Seconds that a process has on a busy machine."""

SERVICES = """\
import asyncio
from pathlib import Path
from sagadsl import ActionContext, Services

services = Services()
here = Path(__file__).parent


def note(text):
    with (here / "ledger").open("a") as ledger:
        ledger.write(text + "\\n")


async def work(context):
    note(f"begin {context.idempotency_key}")
    while (here / f"hold_{context.state}").exists():
        await asyncio.sleep(0.02)
    note(f"end {context.idempotency_key}")


@services.action("hotel.book")
async def book_hotel(city, context: ActionContext):
    await work(context)
    return {"ref": f"hotel in {city}"}


@services.action("air.book")
async def book_flight(hotel, context: ActionContext):
    await work(context)


@services.action("hotel.cancel")
@services.action("air.cancel")
async def cancel(context: ActionContext):
    note(f"undo {context.undoes}")
"""


class Site:
    """A folder with services that can be held at a state, and the processes that were started in it."""

    def __init__(self, folder, store):
        self.folder = Path(folder)
        self.store = store
        self.services = self.folder / "held_services.py"
        self.services.write_text(SERVICES, encoding="utf-8")
        self.started = []

    def hold(self, state):
        """Let the action of a state wait until it is let go."""
        (self.folder / f"hold_{state}").touch()

    def let_go(self, state):
        (self.folder / f"hold_{state}").unlink()

    @property
    def ledger(self):
        path = self.folder / "ledger"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def begin(self, *args):
        """Start a command."""
        command = [sys.executable, "-c", "from sagadsl.cli.main import main; main()", *map(str, args)]
        env = {**os.environ, "SAGADSL_STORE": self.store, "COLUMNS": "200"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=env
        )
        self.started.append(process)
        return process

    def run(self, *args):
        """Carry a command out."""
        return ended(self.begin(*args))

    def until(self, line):
        """Wait until the ledger has a line."""
        wait_for(lambda: line in self.ledger, f"{line} in the ledger")

    def stop_all(self):
        """End what is left; what those processes said is shown where the test has failed."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                print(process.args[3:], *process.communicate(), sep="\n")  # noqa: T201
            else:
                process.communicate()


def wait_for(condition, what):
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"there is no {what}"
        time.sleep(0.02)


def ended(process):
    """Return the exit code and both streams of a process that ends."""
    out, err = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in out + err, err
    return process.returncode, out, err


def kill(process):
    """Kill a process as a machine that fails does."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
