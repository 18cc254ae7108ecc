"""The world that engines live in: what time it is, what is in the store, what has been done, and how bad it all is.

Nothing of it dies with an engine. Everything that is left to chance comes from one random generator, so that a seed
says all that happens.
"""

from __future__ import annotations

import asyncio
import random
from contextvars import copy_context
from dataclasses import dataclass, field

from sagadsl.runtime.store.memory import MemoryStore

EPOCH = 1_700_000_000.0


class BrokenLawError(AssertionError):
    """A law has been broken."""


@dataclass
class Weather:
    """How often what goes wrong, drawn for each world; all of it is nought once the world is calm."""

    refused: float = 0.0
    """The share of the store's answers that are "not available", with nothing done."""
    unheard: float = 0.0
    """The share that are "not available" although it was done."""
    slow: float = 0.0
    """The share of the ways to and from store and services that take long."""
    outages: tuple = ()
    """Intervals in which the store answers nobody."""
    failing: float = 0.0
    """The share of calls that services fail."""
    silent: float = 0.0
    """The share of calls that are never answered."""
    peace: float = 20.0
    """Seconds after which something happens to a process, or so."""
    again: float = 0.0
    """The share of answers that send a saga round its loop once more, or decline."""


def stormy(rng):
    """A weather, from fair to foul."""
    foulness = rng.choice([0.0, 0.3, 1.0, 1.0])
    begins = [rng.uniform(0, 40) for _ in range(rng.choice([0, 0, 1, 2]))]
    return Weather(
        refused=0.1 * foulness * rng.random(),
        unheard=0.1 * foulness * rng.random(),
        slow=0.1 * foulness * rng.random(),
        outages=tuple((begin, begin + rng.uniform(1, 15)) for begin in begins),
        failing=rng.choice([0.05, 0.2, 0.5]),
        silent=rng.choice([0.0, 0.05]),
        peace=rng.choice([3.0, 10.0, 30.0]),
        again=rng.choice([0.0, 0.1]),
    )


@dataclass
class Commit:
    """That an event is in the store: when, the how manyth of all, and who wrote it."""

    at: float
    order: int
    engine_id: str


@dataclass
class World:
    """See the head of this file.

    Attributes:
        store: What is really there, behind whatever the engines get to see of it.
        commits: When each event got there, by saga and number.
        told: What each engine made of a saga when it told its listener of an event, by saga and number.
        acknowledged: Ids of signals that an engine has confirmed.
        sent: Ids of all signals, by saga.
        complaints: What was seen to be wrong at once, and what engines have written into their logs as errors.
        story: What has happened, for whoever reads why a seed fails.
    """

    seed: object
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self):
        self.rng = random.Random(self.seed)
        self.weather = stormy(self.rng)
        self.is_calm = False
        self.commits = {}
        self.told = {}
        self.acknowledged = {}
        self.sent = {}
        self.complaints = []
        self.story = []
        self._context = copy_context()

    @property
    def time(self):
        return asyncio.get_running_loop().time()

    def later(self, seconds, do, *arguments):
        """Do something in a while, whoever dies meanwhile."""
        asyncio.get_running_loop().call_later(seconds, do, *arguments, context=self._context)

    def soon(self, do, *arguments):
        """Do something when a message has made its way, which may be at once."""
        seconds = self.way()
        if seconds:
            self.later(seconds, do, *arguments)
        else:
            do(*arguments)

    def chance(self, share):
        return not self.is_calm and self.rng.random() < share

    def way(self):
        """Seconds that a message takes."""
        if self.chance(self.weather.slow):
            return self.rng.choice([0.2, 1.0, 5.0, 20.0]) * self.rng.random()
        share = self.rng.random()
        return 0.02 * (share - 0.5) if share > 0.5 else 0.0

    def is_out(self):
        return not self.is_calm and any(begin <= self.time < end for begin, end in self.weather.outages)

    def calm_down(self):
        self.is_calm = True
        self.note("calm")

    def note(self, *what):
        self.story.append(f"{self.time:9.3f} {' '.join(map(str, what))}")
