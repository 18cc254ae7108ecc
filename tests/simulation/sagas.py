"""The sagas of a world: a random one, drawn from its seed, and those that it may run as states of its own."""

from __future__ import annotations

import random
from functools import lru_cache

from sagadsl import compile_saga, load
from sagadsl.runtime import stored
from tests.strategies import random_document, written

CHILD = """
name: another
version: "{version}"
max_retries: 1000
steps:
  - {{id: first, service: service, action: act, compensation: undo, payload: {{}}, retry: {retry}}}
  - {{id: second, service: service, action: do_it, compensation: undo, payload: {{}}, timeout: 5s}}
"""


@lru_cache(maxsize=4)
def sagas_of(number):
    """The random saga of this number, compiled, and the two versions of the saga `another` that it may run."""
    rng = random.Random(f"saga {number}")
    return compile_saga(load(written(random_document(rng.choice, 3, 2)))), *children()


@lru_cache(maxsize=1)
def children():
    retries = {"1": "{max_attempts: 2, initial_delay: 1s}", "2": "{max_attempts: 1}"}
    return tuple(compile_saga(load(CHILD.format(version=each, retry=retry))) for each, retry in retries.items())


def compile_once(definition):
    """Stands in for the compiler in engines: a process that is started again compiles what others have compiled."""
    return _compiled(definition.text, definition)


def recall_once(kept):
    """Stands in for reading a definition from the store, likewise."""
    return _recalled(kept.hash, kept)


def _cached(function):
    cache = {}

    def call(key, value):
        if key not in cache:
            if len(cache) > 20:
                cache.clear()
            cache[key] = function(value)
        return cache[key]

    return call


_compiled = _cached(compile_saga)
_recalled = _cached(stored.recall)
