"""Python's garbage collector, set for a process that is an engine and little else."""

from __future__ import annotations

import gc

YOUNG, OLDER, ALL = 5_000, 10, 1_000


def spare() -> None:
    """Leave what exists now out of collections for good, and walk through everything else but seldom.

    A full collection walks through all that there is. With 10,000 sagas in memory it holds up the event loop for some
    tenths of a second and finds nothing, since what a saga consists of ends with the saga: there are hardly any
    cycles. Cycles that actions make are still found while they are young.

    Call it once everything has been imported and the engine is open. It concerns the whole process, which is why no
    engine does it by itself. `tests/benchmarks/test_engine_many.py` measures what it is worth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, ALL)
