"""The garbage collector of `sagadsl worker`."""

import gc
import subprocess
import sys
import weakref

SCRIPT = """
import gc
from sagadsl.cli.collector import calm_the_collector
from tests.cli.test_collector import cycle

calm_the_collector()
assert gc.get_freeze_count() > 1_000, gc.get_freeze_count()
gone = cycle()
keep = [[] for _ in range(20 * gc.get_threshold()[0])]
assert gone() is None
"""


class Node:
    """Something that can be part of a cycle."""


def cycle():
    """A reference to something that is garbage, and that only a collection finds."""
    node = Node()
    node.itself = node
    return weakref.ref(node)


def test_only_a_collection_finds_a_cycle():
    gc.disable()
    try:
        assert cycle()() is not None
    finally:
        gc.enable()


def test_a_calm_collector_leaves_what_exists_alone_and_still_finds_young_cycles():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
