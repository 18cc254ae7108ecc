"""Ledgers: files that processes append to, a line at a time, and that survive them.

A line is written by one `write` to a file opened for appending, so that it is in the operating system's hands whole,
or not at all, whenever the process is killed, and lines of several processes do not mix. `t` is the machine's
monotonic clock, which all its processes share, and `at` the one by which events are stamped.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


class Ledger:
    """A file to append to."""

    def __init__(self, path):
        self.path = Path(path)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def note(self, what, **details):
        line = (
            json.dumps({"t": time.monotonic_ns(), "at": time.time(), "pid": os.getpid(), "what": what, **details})
            + "\n"
        )
        os.write(self._file, line.encode())

    def close(self):
        os.close(self._file)


def read(path):
    """Return the lines of a ledger, in the order in which they were written."""
    path = Path(path)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Tail:
    """What comes to the end of a ledger, read as it comes."""

    def __init__(self, path):
        self.path, self._at = Path(path), 0

    def news(self):
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._at)
            whole, _, _ = file.read().rpartition(b"\n")
        self._at += len(whole) + 1 if whole else 0
        return [json.loads(line) for line in whole.splitlines()]


def ledger_of(folder, service):
    """Return where the ledger of a service is."""
    return Path(folder) / f"service-{service}.jsonl"


def requests_of(folder, worker):
    """Return where a worker notes what it has asked of the engine, and what it was told."""
    return Path(folder) / f"worker-{worker}.jsonl"
