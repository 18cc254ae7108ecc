"""Engines as processes: started, killed without warning, frozen past their lease, buried alive, and closed in peace."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

from sagadsl.runtime import processes, stored
from sagadsl.runtime.engine import Engine
from sagadsl.runtime.limits import Limits
from sagadsl.runtime.store.contract import StoreError
from tests.properties.life import portrait
from tests.simulation.loop import PROCESS, Process
from tests.simulation.sagas import compile_once, recall_once
from tests.simulation.stores import DistantStore, at_once
from tests.simulation.world import EPOCH


class LoopClock:
    """The time of day of one process: the loop's, and somewhat wrong; no two clocks show the same."""

    def __init__(self, offset=0.0):
        self.offset = offset

    def now(self):
        return EPOCH + self.offset + asyncio.get_running_loop().time()

    def call_at(self, instant, callback):
        return asyncio.get_running_loop().call_later(max(0.0, instant - self.now()), callback)

    def idle(self, still):
        """Time passes by itself."""


class Host:
    """A place where an engine runs, in one process after the other."""

    def __init__(self, world, branch, sagas, number):
        self.world, self.branch, self.sagas, self.number = world, branch, sagas, number
        self.numbers = count(1)
        self.process = None
        self.engine = None
        self.is_ready = False
        self.starting = None

    def boot(self):
        """Start a new process with an engine in it."""
        self.process = Process(f"{self.number}.{next(self.numbers)}")
        self.is_ready = False
        self.starting = self.process.spawn(self._boot())

    async def _boot(self):
        world, rng = self.world, self.world.rng
        self.world.note(f"{self.process.name} starts")
        limits = Limits(
            actions=rng.choice([1, 3, 1000]),
            per_service=rng.choice([{}, {"other": 1}]),
            poll=rng.choice([2.0, 4.0]),
            sleep_after=rng.choice([3.0, 20.0, 60.0]),
            patience=10.0,
            residents=rng.choice([2, 1000]),
        )
        self.clock = LoopClock(rng.choice([0.0, 0.0, 0.5, -3.0]) + 1e-3 * rng.random())
        store = DistantStore(world, world.reach)
        engine = Engine(store, self.branch.services(store), clock=self.clock, limits=limits, on_event=self._heard)
        try:
            await engine.open()
            await engine.register(*self.sagas)
        except StoreError as error:
            world.note(f"{self.process.name} cannot open its engine: {error}")
            world.later(1.0, self._boot_again, self.process)
        else:
            self.engine, self.is_ready = engine, True

    def _boot_again(self, process):
        if process is self.process and not process.is_dead:
            self.kill()
            self.boot()

    def _heard(self, saga, event, commands):
        if saga.seq == event.seq:
            self.world.told[saga.id, event.seq] = portrait(saga)

    @property
    def can_be_asked(self):
        return self.is_ready and not self.process.is_dead and not self.process.is_frozen

    def ask(self, make, *arguments):
        """Ask something of the engine; the task is its process's, and may never end."""
        return self.process.spawn(make(self.engine, *arguments))

    def kill(self):
        self.world.note(f"{self.process.name} is killed")
        self.process.kill()
        self.is_ready = False

    async def close(self):
        """Close the engine in peace, which may take a while."""
        self.world.note(f"{self.process.name} closes")
        closing = self.ask(lambda engine: engine.close())
        self.is_ready = False
        await asyncio.wait([closing], timeout=60)
        if closing.done() and not closing.cancelled() and closing.exception() is not None:
            self.world.note(f"{self.process.name} could not close: {closing.exception()!r}")
        self.kill()

    async def freeze(self, seconds):
        self.world.note(f"{self.process.name} is frozen for {seconds:.1f} s")
        self.process.freeze()
        await asyncio.sleep(seconds)
        self.world.note(f"{self.process.name} is woken")
        self.process.wake()

    def bury_alive(self):
        """Take the engine for dead although it lives, as one with a wrong idea of time might."""
        row = next(
            (row for row in at_once(self.world.store, "engines", (), {}) if row.process == self.process.name), None
        )
        if row is not None:
            self.world.note(f"{self.process.name} is buried alive")
            at_once(self.world.store, "bury", (row.id, row.beat), {})

    def jump(self, seconds):
        self.world.note(f"the clock of {self.process.name} jumps by {seconds:.1f} s")
        self.clock.offset += seconds

    async def live(self):
        """Go through good times and bad ones until the world is calm."""
        rng = self.world.rng
        await asyncio.sleep(rng.choice([0.0, 5.0]) * rng.random())
        while not self.world.is_calm:
            self.boot()
            await self._be_treated_badly()
            await asyncio.sleep(rng.choice([0.0, 1.0, 1.0, 15.0]) * rng.random())

    async def _be_treated_badly(self):
        """Return when the process has come to its end."""
        rng = self.world.rng
        while True:
            await asyncio.sleep(rng.choice([0.1, 1.0, 1.0, 4.0]) * self.world.weather.peace * rng.random())
            if self.world.is_calm:
                return
            match rng.choice(["kill", "kill", "close", "freeze", "bury", "jump", "nothing"]):
                case "kill":
                    self.kill()
                    return
                case "close" if self.is_ready:
                    await self.close()
                    return
                case "freeze":
                    await self.freeze(rng.choice([2.0, 30.0]) * rng.random())
                case "bury":
                    self.bury_alive()
                case "jump" if self.is_ready:
                    self.jump(rng.choice([-20.0, 20.0]) * rng.random())


@contextmanager
def simulated_processes(world, hosts):
    """Let engines know each other by the names of their simulated processes, and have ids that are no accident."""
    known_to_be_gone = world.rng.random() < 0.5
    numbers = count(1)

    def is_gone(name):
        return known_to_be_gone and all(
            host.process is None or host.process.name != name or host.process.is_dead for host in hosts
        )

    def uuid4():
        return SimpleNamespace(hex=f"engine-{next(numbers)}-of-{PROCESS.get().name}")

    replacements = (
        (processes, "this_process", lambda: PROCESS.get().name),
        (processes, "is_gone", is_gone),
        (processes, "host_name", lambda: "simulated"),
        (stored, "recall", recall_once),
        (stored, "compile_saga", compile_once),
        (processes, "uuid", SimpleNamespace(uuid4=uuid4)),
    )
    originals = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    for module, name, stand_in in replacements:
        setattr(module, name, stand_in)
    try:
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)
