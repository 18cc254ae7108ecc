"""Which process this is, and whether another one of the same machine is gone, so that nobody waits for its lease."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sagadsl.runtime.store.contract import EngineRow

_PROC = Path("/proc")


def host_name() -> str:
    """Return the name of this machine, for people."""
    return socket.gethostname()


def this_process() -> str:
    """Return what tells this process from every other one, ever and anywhere: `realm pid start`.

    The realm is the machine's last start and the namespace that process ids are numbered in, so that two containers
    are two realms. Where the system does not tell, the realm is empty, and nobody can say that the process is gone.
    """
    pid = os.getpid()
    return f"{_realm()} {pid} {_start_of(pid)}"


def is_gone(process: str) -> bool:
    """Whether a process of our realm has certainly ended; one of another realm may live."""
    realm, pid, start = process.split(" ")
    if not realm or realm != _realm():
        return False
    return _start_of(int(pid)) != start


def new_engine(now: float, actions: Iterable[str]) -> EngineRow:
    """Return the entry of an engine of this process that offers these actions, under a name that no other has had."""
    return EngineRow(uuid.uuid4().hex, host_name(), this_process(), now, actions=tuple(actions))


@lru_cache(maxsize=1)
def _realm() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:  # no Linux
        return ""


def _start_of(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks; a number is given to another process some day."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "-"
    state, *fields = stat.rpartition(")")[2].split()
    return "-" if state in {"Z", "X"} else fields[18]
