"""Python in `sagadsl worker`: its garbage collector and its threads."""

import gc
import subprocess
import sys
import weakref

SCRIPT = """
import gc
from sagadsl.cli.interpreter import tune_the_interpreter
from tests.cli.test_interpreter import cycle

tune_the_interpreter()
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


def test_the_collector_leaves_what_exists_alone_and_still_finds_young_cycles():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_a_thread_of_the_store_waits_no_longer_than_a_sync_of_the_disk_takes():
    script = (
        "import sys; from sagadsl.cli.interpreter import tune_the_interpreter as t; t(); print(sys.getswitchinterval())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert 0 < float(done.stdout) <= 0.001
