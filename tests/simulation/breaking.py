"""Ways to break an engine or a store on purpose, to see that the simulation notices each of them.

A breakage is a context in which it lasts; it yields what stands between the engines and the store's methods, or `None`.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import replace

from sagadsl.machine.commands import StartTimer
from sagadsl.runtime import calls, carrying, commits, host
from sagadsl.runtime.store.contract import StoreUnavailableError, Write
from tests.simulation.stores import at_once


@contextmanager
def replaced(place, name, stand_in):
    original = getattr(place, name)
    setattr(place, name, stand_in(original))
    try:
        yield None
    finally:
        setattr(place, name, original)


@contextmanager
def a_store_that_acknowledges_what_it_has_lost():
    dice = random.Random(1)

    def reach(store, name, arguments, options):
        if name == "commit" and dice.random() < 0.05:
            return [None] * len(arguments[1])
        return at_once(store, name, arguments, options)

    yield reach


@contextmanager
def a_store_that_writes_events_without_what_belongs_to_them():
    dice = random.Random(2)

    def reach(store, name, arguments, options):
        if name == "commit" and dice.random() < 0.1:
            engine_id, writes = arguments
            alone = [write if write.event.seq == 1 else Write(write.saga_id, write.event) for write in writes]
            at_once(store, name, (engine_id, alone), options)
            raise StoreUnavailableError("the rest was to come later")
        return at_once(store, name, arguments, options)

    yield reach


@contextmanager
def a_store_that_loses_mail():
    dice = random.Random(3)

    def reach(store, name, arguments, options):
        if name == "commit" and dice.random() < 0.5:
            engine_id, writes = arguments
            arguments = (engine_id, [replace(write, mail=()) for write in writes])
        return at_once(store, name, arguments, options)

    yield reach


@contextmanager
def a_store_that_gives_everybody_the_locks():
    def reach(store, name, arguments, options):
        answer = at_once(store, name, arguments, options)
        return True if name == "lock" else answer

    yield reach


@contextmanager
def a_store_that_lets_the_buried_write():
    def reach(store, name, arguments, options):
        if name != "commit":
            return at_once(store, name, arguments, options)
        store._alive = lambda engine_id: None
        try:
            return at_once(store, name, arguments, options)
        finally:
            del store._alive

    yield reach


@contextmanager
def a_store_that_gives_one_saga_to_two_engines():
    def reach(store, name, arguments, options):
        if name == "claim_one":
            row = at_once(store, "row", arguments[1:], {})
            return replace(row, owner=arguments[0])
        return at_once(store, name, arguments, options)

    yield reach


def an_engine_that_does_things_before_they_are_written():
    def stand_in(original):
        def write(self, run, event, commands, written):
            original(self, run, event, (), written)
            for command in commands:
                self.carrier.carry_out(run, command)

        return write

    return replaced(host.Host, "_write", stand_in)


def an_engine_with_a_new_key_for_every_attempt():
    def stand_in(original):
        return lambda saga_id, state, attempt, key, undoes: original(
            saga_id, state, attempt, f"{key}~{attempt}", undoes
        )

    return replaced(calls, "ActionContext", stand_in)


def an_engine_that_forgets_timers_when_it_takes_a_saga_up():
    def stand_in(original):
        def carry_out(self, run, command, *, again=False):
            if not (again and isinstance(command, StartTimer)):
                original(self, run, command, again=again)

        return carry_out

    return replaced(carrying.Carrier, "carry_out", stand_in)


def an_engine_that_takes_no_answer_for_a_yes():
    def stand_in(original):
        async def commit(self, writes):
            try:
                return await self._store.commit(self._engine_id, writes)
            except StoreUnavailableError:
                return [None] * len(writes)

        return commit

    return replaced(commits.Commits, "_commit", stand_in)


def an_engine_that_believes_a_no_to_a_call_that_was_made_before():
    def stand_in(original):
        def begin(self, *arguments, again=False, **options):
            return original(self, *arguments, **options)

        return begin

    return replaced(calls.Calls, "begin", stand_in)


def an_engine_that_calls_everything_twice():
    def stand_in(original):
        def call(self, run, command, *, again):
            original(self, run, command, again=again)
            original(self, run, command, again=again)

        return call

    return replaced(carrying.Carrier, "_call", stand_in)


BREAKAGES = {
    each.__name__: each
    for each in (
        a_store_that_acknowledges_what_it_has_lost,
        a_store_that_writes_events_without_what_belongs_to_them,
        a_store_that_loses_mail,
        a_store_that_gives_everybody_the_locks,
        a_store_that_lets_the_buried_write,
        a_store_that_gives_one_saga_to_two_engines,
        an_engine_that_does_things_before_they_are_written,
        an_engine_with_a_new_key_for_every_attempt,
        an_engine_that_forgets_timers_when_it_takes_a_saga_up,
        an_engine_that_takes_no_answer_for_a_yes,
        an_engine_that_believes_a_no_to_a_call_that_was_made_before,
        an_engine_that_calls_everything_twice,
    )
}
