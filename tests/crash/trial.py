"""A trial: workers on one store, which are killed and frozen at random moments, and then let be until all is done."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.crash.ledger import Tail, requests_of
from tests.crash.worker import ENOUGH

ROOT = Path(__file__).parents[2]
TOO_LONG = 180.0


class Trial:
    """Some workers on a store.

    Args:
        url: The store.
        folder: Where their ledgers and logs are.
        workers: How many processes.
        in_flight: How many sagas to have unfinished at a time.
        lease: Seconds after which one that stands still is taken for dead.
        seed: What decides about the moments.
    """

    def __init__(self, url, folder, *, workers=1, in_flight=200, lease=10.0, seed=0):
        self.url, self.folder, self.in_flight, self.lease = url, Path(folder), in_flight, lease
        self.random = random.Random(seed)
        self.processes = [None] * workers
        self.kills = self.freezes = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in range(len(self.processes)):
            self.kill(number)

    def start(self, number=0):
        """Start a worker."""
        command = [sys.executable, "-m", "tests.crash.worker", self.url, str(self.folder)]
        command += ["--in-flight", str(self.in_flight), "--lease", str(self.lease)]
        command += ["--number", str(number), "--workers", str(len(self.processes))]
        with (self.folder / f"worker-{number}.log").open("ab") as log:
            self.processes[number] = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def until_ready(self, number=0):
        """Wait until a worker that was started has its engine open."""
        news, pid = Tail(requests_of(self.folder, number)), self.processes[number].pid
        for _ in _moments(f"worker {number} does not begin"):
            if any(line["pid"] == pid for line in news.news()):
                return
            self.see_that_it_lives(number)

    def see_that_it_lives(self, number):
        process = self.processes[number]
        if process.poll() is not None:
            raise AssertionError(f"worker {number} has ended with {process.returncode}: {self.log(number)[-2000:]}")

    def kill(self, number=0):
        """Kill a worker without any warning, if there is one."""
        process, self.processes[number] = self.processes[number], None
        if process is not None:
            process.kill()
            process.wait()
            self.kills += 1

    def freeze(self, number=0):
        """Let a worker stand still; on SQLite, between two transactions.

        One that stands still within a transaction keeps the lock on an SQLite file, and with it everybody else, until
        it is woken or killed: the operating system knows no leases. PostgreSQL ends such a transaction by itself.
        """
        self.freezes += 1
        while True:
            os.kill(self.processes[number].pid, signal.SIGSTOP)
            if not self.url.startswith("sqlite") or _may_be_written(self.url.removeprefix("sqlite:///")):
                return
            self.wake(number)
            time.sleep(self.random.random() * 0.05)

    def wake(self, number=0):
        os.kill(self.processes[number].pid, signal.SIGCONT)

    def rounds(self, count, longest=1.0, share_frozen=0.0):
        """Kill a worker `count` times, or freeze it for a while, at a random moment after it has begun to work."""
        for _ in range(count):
            number = self.random.randrange(len(self.processes))
            for each, process in enumerate(self.processes):
                if process is None:
                    self.start(each)
            if self.random.random() < 0.9:
                self.until_ready(number)
            time.sleep(self.random.random() * longest)
            if self.random.random() < share_frozen:
                self.freeze(number)
                time.sleep(self.random.random() * 2 * self.lease)
                self.wake(number)
            else:
                self.kill(number)

    def finish(self):
        """Start no more sagas, and wait until all are done and every worker has gone home."""
        (self.folder / ENOUGH).touch()
        for number, process in enumerate(self.processes):
            if process is None:
                self.start(number)
        for number, process in enumerate(self.processes):
            try:
                code = process.wait(TOO_LONG)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"worker {number} does not come to an end: {self.log(number)[-2000:]}") from None
            if code:
                raise AssertionError(f"worker {number} has ended with {code}: {self.log(number)[-2000:]}")
            self.processes[number] = None

    def log(self, number=0):
        """Return what a worker has written for people."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / f"worker-{number}.log").read_text()
        return ""


def _may_be_written(path):
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    return True


def _moments(complaint, longest=TOO_LONG):
    end = time.monotonic() + longest
    while time.monotonic() < end:
        yield
        time.sleep(0.01)
    raise AssertionError(complaint)
