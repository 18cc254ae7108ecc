"""The garbage collector of a process that is an engine and little else."""

import gc
import subprocess
import sys
import weakref

SCRIPT = """
import gc
from sagadsl.runtime import collector
from tests.runtime.test_collector import cycle

collector.spare()
assert gc.get_freeze_count() > 1_000, gc.get_freeze_count()
gone = cycle()
keep = [[] for _ in range(2 * collector.YOUNG)]
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


def test_what_exists_is_left_alone_and_young_cycles_are_still_found():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
