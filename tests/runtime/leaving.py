"""Engines that are closed, or that crash, with sagas under way, and others that go on with them.

A crash is an exact copy of the database, taken while the engine works: that is what a process that is killed at this
moment leaves behind. `tests/crash` kills real ones.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sagadsl import Engine, compile_saga, load
from sagadsl.runtime import Limits
from tests.runtime.shops import eventually

QUICK = Limits(lease=0.4, beat=0.1, poll=0.05, grace=0.2)


def url_of(path):
    return f"sqlite:///{path}"


class Leaving:
    """How an engine goes away."""

    def __init__(self, how, path):
        self.how, self.path, self.copy = how, path, path.with_name("after.db")

    async def leave(self, engine):
        """Let the engine go, and return the URL of what it leaves behind."""
        if self.how == "crashes":
            with closing(sqlite3.connect(self.path)) as before, closing(sqlite3.connect(self.copy)) as after:
                before.backup(after)
        await engine.close()
        return url_of(self.path if self.how == "is closed" else self.copy)


class Story:
    """A saga that was begun by an engine that went away, and that another engine goes on with."""

    def __init__(self, leaving, shop, *texts):
        self.leaving, self.shop = leaving, shop
        self.sagas = [compile_saga(load(text)) for text in texts]
        self.before = Engine(url_of(leaving.path), shop.services, limits=QUICK)

    async def begun(self, saga_id="s", **kwargs):
        """Register everything, and start the first one."""
        await self.before.register(*self.sagas)
        await self.before.start(self.sagas[0], kwargs, saga_id=saga_id)
        return self

    async def until(self, condition):
        await eventually(condition)
        return self

    async def gone_on(self):
        """Let the engine go, and return another one, to be opened."""
        self.shop.let_everybody_in()
        return Engine(await self.leaving.leave(self.before), self.shop.services, limits=QUICK)
