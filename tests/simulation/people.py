"""People, and other systems, who start sagas, send signals, report and decide: until they have an answer, or too late."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from sagadsl.machine.events import Failure
from sagadsl.machine.lifecycles import AT_REST
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.engine import EngineClosedError
from sagadsl.runtime.store.contract import StoreError
from tests.properties.life import GOOD
from tests.simulation.stores import at_once
from tests.simulation.world import EPOCH, BrokenLawError
from tests.strategies import SIGNALS

REFUSED = (UnexpectedEvent, StoreError, EngineClosedError, TimeoutError)
PATIENCE = 20.0
MANY = 60
UNTIL_REST = 3 * 3600.0
"""Virtual seconds after the last fault within which everything must have come to rest."""


@dataclass
class Wish:
    """A saga that somebody wants."""

    saga_id: str
    input: dict
    at: float
    got: str | None = None


class People:
    """Everybody outside."""

    def __init__(self, world, hosts, saga):
        self.world, self.hosts, self.saga = world, hosts, saga
        self.numbers = count(1)
        self.hopeless = set()
        self.waiting = []
        self.outcomes = []
        rng = world.rng
        when = datetime.fromtimestamp(EPOCH + rng.choice([-60, 30, 200]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        things = rng.choice([[], ["x"], ["x", "y", "z"]])
        self.wishes = [
            Wish(f"saga-{n}", {"amount": rng.choice([5.0, 12.5]), "things": things, "when": when}, 30 * rng.random())
            for n in range(1, 1 + rng.choice([1, 3, 8]))
        ]

    # asking

    async def ask(self, what, make):
        """Ask any engine that can be asked; return whether it was done, and what came of it."""
        able = [host for host in self.hosts if host.can_be_asked]
        if not able:
            return False, None
        host = self.world.rng.choice(able)
        self.world.note(f"{host.process.name} is asked to {what}")
        task = host.ask(make)
        task.add_done_callback(lambda task: task.cancelled() or task.exception())  # one that comes too late is no news
        await asyncio.wait([task], timeout=PATIENCE)
        if not task.done():
            self.world.note(f"no answer to {what}")
            return False, None
        if isinstance(task.exception(), REFUSED):
            self.world.note(f"not done: {what}: {task.exception()!r}")
            return False, task.exception()
        return True, task.result()

    async def start(self, wish):
        await asyncio.sleep(wish.at)
        while wish.got is None:
            _, wish.got = await self.ask(
                f"start {wish.saga_id}",
                lambda engine: engine.start(self.saga.definition.name, wish.input, wish.saga_id),
            )
            if not isinstance(wish.got, str):
                wish.got = None
                await asyncio.sleep(1)
        self.wait_for(wish)

    def wait_for(self, wish):
        """Wait for the outcome at some engine, which may not live to tell it."""
        able = [host for host in self.hosts if host.can_be_asked]
        if able:
            host, name = self.world.rng.choice(able), self.saga.definition.name
            self.world.note(f"{host.process.name} is asked for the outcome of {wish.got}")
            wait = self.world.rng.choice(
                [
                    lambda engine: engine.wait(wish.got),
                    lambda engine: engine.run(name, wish.input, wish.saga_id),
                ]
            )
            self.waiting.append((wish.got, host.process, host.ask(wait)))

    async def hear_outcomes(self):
        """Collect what those have been told who have waited for a saga, and ask for every outcome once more."""
        there = {row.id: row.status for row in self.rows()}
        lost = [wish.saga_id for wish in self.wishes if wish.got not in there]
        if lost:
            raise BrokenLawError(f"acknowledged, and not there: {lost}")
        for saga_id, process, task in self.waiting:
            is_closed = all(host.process is not process or not host.can_be_asked for host in self.hosts)
            if task.done():
                self.take_note(task)
            elif there[saga_id] in AT_REST and not is_closed:
                raise BrokenLawError(f"{process.name} lives, {saga_id} is at rest, and who waits for it is not told")
        for wish in self.wishes:
            if wish.got not in self.restless() and not self.hopeless:
                done, outcome = await self.ask(f"tell of {wish.got}", lambda engine, wish=wish: engine.wait(wish.got))
                if not done:
                    raise BrokenLawError(f"{wish.got} is at rest, and who asks for it is told {outcome!r}")
                self.outcomes.append(outcome)

    def take_note(self, task):
        if task.exception() is None:
            self.outcomes.append(task.result())
        elif not isinstance(task.exception(), REFUSED):
            raise task.exception()

    async def signal(self, saga_id, name):
        letter = f"signal {next(self.numbers)}"
        self.world.sent[letter] = saga_id
        done, _ = await self.ask(
            f"send {letter} {name} to {saga_id}", lambda engine: engine.signal(saga_id, name, {"letter": letter})
        )
        if done:
            self.world.acknowledged[letter] = saga_id
        return done

    async def meddle(self):
        """Do, every now and then, what may make sense or not, until the world is calm."""
        rng = self.world.rng
        while True:
            await asyncio.sleep(rng.choice([1.0, 8.0]) * rng.random())
            if self.world.is_calm:
                return
            rows = self.rows()
            if rows:
                await self.meddle_with(rng.choice(rows).id)

    async def meddle_with(self, saga_id):
        rng = self.world.rng
        saga = self.as_stored(saga_id)
        steps = [*saga.latest.values()]
        failed = [step for step in steps if step.status in {"failed", "compensation_failed"}]
        jobs = [step for step in steps if getattr(step.state, "callback", False)]
        awaited = [step.awaits for step in steps if step.awaits is not None]
        asks = (
            ["signal", "retry", "compensate"] + ["report", "report"] * bool(jobs) + ["skip", "resolve"] * bool(failed)
        )
        match rng.choice([*asks, *(["awaited"] * 3 if awaited else [])]):
            case "awaited":
                await self.signal(saga_id, rng.choice(awaited))
            case "signal":
                await self.signal(saga_id, rng.choice(SIGNALS))
            case "retry":
                await self.ask(f"retry {saga_id}", lambda engine: engine.retry(saga_id, by="x"))
            case "compensate" if rng.random() < 0.3:
                await self.ask(f"compensate {saga_id}", lambda engine: engine.compensate(saga_id, by="x"))
            case "report" if jobs:
                error = rng.choice([None, None, Failure("Caught", "no")])
                await self.report(saga_id, rng.choice(jobs), error)
            case "skip" if rng.random() < 0.3:
                await self.skip(saga_id, rng.choice(failed))
            case "resolve" if rng.random() < 0.3:
                await self.resolve(saga_id, rng.choice(failed))

    async def report(self, saga_id, step, error=None):
        output = None if error else GOOD
        await self.ask(
            f"report {step.label} of {saga_id}",
            lambda engine: engine.report(saga_id, step.name, output, error=error, region=step.region),
        )

    async def resolve(self, saga_id, step):
        done, _ = await self.ask(
            f"resolve {step.label} of {saga_id}",
            lambda engine: engine.resolve(saga_id, step.name, GOOD, region=step.region),
        )
        return done

    # seeing to it that everything comes to rest

    def rows(self):
        return sorted(at_once(self.world.store, "list", (), {"limit": 10_000}).sagas, key=lambda row: row.id)

    def as_stored(self, saga_id):
        row = at_once(self.world.store, "row", (saga_id,), {})
        events = at_once(self.world.store, "events", (saga_id,), {})
        compiled = next(each for each in self.hosts[0].sagas if each.hash == row.hash)
        return compiled.replay(saga_id, events)

    async def see_to_the_end(self):
        """Do what the sagas wait for, kindly, until all of them have come to rest."""
        until = self.world.time + UNTIL_REST
        rounds = count(1)
        while self.restless() or any(wish.got is None for wish in self.wishes):
            if self.world.time > until:
                raise BrokenLawError(f"not at rest: {', '.join(self.restless())}")
            for saga_id in self.restless():
                await self.help(saga_id, next(rounds))
            await asyncio.sleep(self.world.rng.choice([2.0, 10.0, 61.0]))

    def restless(self):
        """The sagas that are not at rest, although they could be.

        Some wait for one that is: for a child, or for one that holds their locks. Of those, one that has failed behind
        its pivot where no step has, as where no choice is true, can be helped by nobody.
        """
        waits = {"created"} if self.hopeless else set()
        return [row.id for row in self.rows() if row.status not in AT_REST | waits]

    async def help(self, saga_id, rounds):
        saga = self.as_stored(saga_id)
        in_the_way = set(at_once(self.world.store, "locks", (), {}).values()) if saga.status == "created" else set()
        for row in self.rows():
            if row.status in {"failed", "compensation_failed"} and (row.parent == saga_id or row.id in in_the_way):
                await self.decide(row.id)
        for step in list(saga.latest.values()):
            await self.help_step(saga_id, step, rounds)

    async def help_step(self, saga_id, step, rounds):
        """Report what a step waits for, or send it; one that fails again after every signal is skipped in the end."""
        if getattr(step.state, "callback", False) and step.status in {"running", "waiting"}:
            await self.report(saga_id, step)
        elif step.awaits is not None:
            if rounds > MANY and step.status == "failed" and not await self.skip(saga_id, step):
                await self.resolve(saga_id, step)  # somebody reads its output
            await self.signal(saga_id, step.awaits)

    async def skip(self, saga_id, step):
        done, _ = await self.ask(
            f"skip {step.label}", lambda engine: engine.skip(saga_id, step.name, region=step.region)
        )
        return done

    async def decide(self, saga_id):
        """Let a saga that waits for a person go on, one way or the other."""
        for ask in (
            lambda engine: engine.retry(saga_id, by="kind"),
            lambda engine: engine.compensate(saga_id, by="kind"),
        ):
            done, _ = await self.ask(f"decide about {saga_id}", ask)
            if done:
                return
        steps = self.as_stored(saga_id).latest.values()
        failed = [step for step in steps if step.status in {"failed", "compensation_failed"}]
        if not any([await self.resolve(saga_id, step) for step in failed]):
            self.hopeless.add(saga_id)
