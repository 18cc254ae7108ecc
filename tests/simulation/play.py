"""One world from its first moment to the last: `play(seed)`."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import ExitStack
from dataclasses import dataclass

from tests.simulation import loop, stores
from tests.simulation.engines import Host, simulated_processes
from tests.simulation.laws import check
from tests.simulation.people import People
from tests.simulation.sagas import sagas_of
from tests.simulation.services import Branch
from tests.simulation.world import World

STORM = 45.0
"""Virtual seconds in which anything may go wrong."""

SEEDS_A_SAGA = 10
"""So many seeds have the same sagas, since compiling one takes longer than running it."""


@dataclass
class Result:
    """What became of a seed: `violation` is `None` if all is well."""

    seed: int
    violation: Exception | None
    story: list
    events: int
    crashes: int

    @property
    def digest(self):
        """The same for the same story."""
        return hashlib.sha256("\n".join(self.story).encode()).hexdigest()[:16]


def play(seed, reach=None):
    """Play the world of this seed; `reach` stands between the engines and the store's methods, to break something."""
    world = World(seed)
    world.reach = reach or stores.at_once
    violation = None
    with _complaints(world):
        try:
            loop.run(_play(world, seed))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this seed shows
            violation = error
    crashes = sum("is killed" in line for line in world.story)
    return Result(seed, violation, world.story, len(world.commits), crashes)


async def _play(world, seed):
    sagas = sagas_of(seed // SEEDS_A_SAGA)
    branch = Branch(world)
    hosts = [Host(world, branch, sagas, number) for number in range(1, 1 + world.rng.choice([1, 2, 2, 3]))]
    people = People(world, hosts, sagas[0])
    with simulated_processes(world, hosts):
        lives = [asyncio.ensure_future(host.live()) for host in hosts]
        others = [asyncio.ensure_future(people.start(wish)) for wish in people.wishes]
        others.append(asyncio.ensure_future(people.meddle()))
        await asyncio.sleep(STORM)
        world.calm_down()
        await asyncio.gather(*lives)
        if not any(host.can_be_asked for host in hosts):
            hosts[0].boot()
        await asyncio.gather(*others)
        await people.see_to_the_end()
        await _settle(world, people, hosts)
    check(world, branch, people, sagas)


async def _settle(world, people, hosts):
    """Let what is still on its way arrive, and close one of the engines."""
    for _ in range(2):
        await asyncio.sleep(20)
        await people.see_to_the_end()
    await people.hear_outcomes()
    for host in hosts:
        if host.can_be_asked:
            await host.close()


class _Ears(logging.Handler):
    def __init__(self, world):
        super().__init__(logging.INFO)
        self.world = world

    def emit(self, record):
        text = record.getMessage()
        self.world.story.append(f"          {record.levelname.lower()}: {text}")
        if record.levelno >= logging.ERROR:
            self.world.complaints.append(f"{text}: {record.exc_info and record.exc_info[1]!r}")


def _complaints(world):
    """Listen to what engines say in their logs."""
    stack = ExitStack()
    log = logging.getLogger("sagadsl.runtime")
    ears, level, propagate = _Ears(world), log.level, log.propagate
    log.addHandler(ears)
    log.setLevel(logging.INFO)
    log.propagate = False
    stack.callback(log.removeHandler, ears)
    stack.callback(log.setLevel, level)
    stack.callback(setattr, log, "propagate", propagate)
    return stack
