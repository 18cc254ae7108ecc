"""Many worlds, one after the other, as each of several processes plays them."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import islice

from tests.simulation.breaking import BREAKAGES
from tests.simulation.play import play


def broken(name, seed):
    """Play a world with something broken on purpose."""
    with BREAKAGES[name]() if name else nullcontext() as reach:
        return play(seed, reach)


def play_block(block):
    """Play the seeds from one to another; return what is to be said of each."""
    begin, end, breaking = block
    results = (broken(breaking, seed) for seed in range(begin, end))
    return [
        (each.seed, None if each.violation is None else _in_short(each.violation), each.events, each.crashes)
        for each in results
    ]


def _in_short(violation):
    lines = f"{type(violation).__name__}: {violation}".splitlines()
    return "\n        ".join(line[:300] for line in islice(lines, 4))
