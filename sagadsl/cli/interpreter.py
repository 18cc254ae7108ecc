"""Python itself in a process that is an engine and nothing else."""

from __future__ import annotations

import gc
import sys

SWITCH = 0.0005
"""Seconds after which a thread that is busy lets another one go on."""


def tune_the_interpreter() -> None:
    """Have Python look for garbage seldom, and let the threads of the store go on soon.

    A running saga is made of many objects that live long, and there is hardly a cycle among them. A full collection
    with 10,000 sagas in memory holds up everything for a second, and finds next to nothing. The young ones are few at
    a time, so that to look at them takes no longer than some 30 ms.

    Each statement that a store executes ends in waiting until the event loop lets go of the interpreter. Of the 5 ms
    that Python lets it keep that, a transaction would wait several times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000, 10, 1_000)
    sys.setswitchinterval(SWITCH)
