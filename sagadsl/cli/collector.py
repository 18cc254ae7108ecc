"""Python's garbage collector in a process that is an engine and nothing else."""

from __future__ import annotations

import gc


def calm_the_collector() -> None:
    """Let it look at young objects alone, and seldom.

    A running saga is made of many objects that live long, and there is hardly a cycle among them. A full collection
    with 10,000 sagas in memory holds up everything for a second, and finds next to nothing. The young ones are few at
    a time, so that to look at them takes no longer than some 30 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000, 10, 1_000)
