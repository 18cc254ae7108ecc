"""A store and the plain model of the contract side by side, for random stories that are told to both."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from sagadsl.runtime.store.contract import LeaseLostError
from sagadsl.runtime.store.memory import MemoryStore
from tests.runtime.store.conftest import opened_at
from tests.runtime.store.model import Model


class SideBySide(RuleBasedStateMachine):
    """Both, empty; `connect` opens stores on a new database, or the one in memory."""

    connect = None

    def __init__(self):
        super().__init__()
        self.exits = contextlib.ExitStack()
        self.runner = self.exits.enter_context(asyncio.Runner())
        self.stores = self.do(type(self).connect(self.exits))
        self.model = Model()
        self.turn = 0

    def do(self, coroutine):
        return self.runner.run(coroutine)

    @property
    def store(self):
        """One of the stores on the database, each in turn."""
        self.turn += 1
        return self.stores[self.turn % len(self.stores)]

    def teardown(self):
        for store in self.stores:
            self.do(store.close())
        self.exits.close()

    def both(self, engine, in_store, in_model):
        """Let both do what only a living engine can, or see that the store refuses it and return None."""
        if engine in self.model.beats:
            return self.do(in_store()), in_model()
        with pytest.raises(LeaseLostError):
            self.do(in_store())
        return None


def tell(stories, kind, databases, examples):
    """Tell random stories to a store of this kind, so many of them; `SAGADSL_STORIES` multiplies the number."""

    async def connect(exits):
        if kind == "memory":
            return [MemoryStore()]
        url = await databases.new(kind, exits)
        stores = [opened_at(url), opened_at(url)]
        for store in stores:
            await store.open()
        return stores

    machine = type(stories.__name__, (stories,), {"connect": staticmethod(connect)})
    many = settings(
        max_examples=examples[kind] * int(os.environ.get("SAGADSL_STORIES", "1")),
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(machine, settings=many)
