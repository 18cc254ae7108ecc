"""Python's garbage collector in a process that is an engine and nothing else."""

from __future__ import annotations

import gc


def calm_the_collector() -> None:
    """Let it look at young objects alone, and seldom.

    A running saga is made of many objects that live long, and there is hardly a cycle among them. A full collection
    with 10,000 sagas in memory holds up everything for a second, and finds next to nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)
