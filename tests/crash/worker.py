"""A process that runs sagas until there are none left, to be killed on the way: `python -m tests.crash.worker …`.

It notes what it is about to ask of the engine before it asks, and what it was told afterwards, so that whoever comes
next, and the audit, knows what may have been promised. It also is the world around the sagas: it sends the signals,
works at the desk, and does what an operator does about sagas that have failed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path

from sagadsl import Engine, UnexpectedEvent
from sagadsl.machine.events import Failure
from sagadsl.runtime import Filter, Limits, StoreUnavailableError
from sagadsl.runtime.patience import until_available
from tests.crash.ledger import Ledger, Tail, ledger_of, read, requests_of
from tests.crash.sagas import SAGAS, input_of, name_of
from tests.crash.services import draw, services_in

ENOUGH = "enough"
"""The name of the file whose presence says that no more sagas are to be started."""

PAUSE = 0.05


class Worker:
    """What one process does.

    Args:
        engine: Runs the sagas.
        options: The command line.
    """

    def __init__(self, engine, options):
        self.engine = engine
        self.options = options
        self.folder = Path(options.folder)
        self.notes = Ledger(requests_of(self.folder, options.number))
        before = read(self.notes.path)
        self.asked = {line["saga"] for line in before if line["what"] == "asks"}
        self.answered = {line["saga"] for line in before if line["what"] == "was told"}
        self.told = {(line["saga"], line["about"]) for line in before if line["what"] in ("has sent", "was refused")}
        self.next = max(map(number_of, self.asked), default=options.number - options.workers) + options.workers

    async def work(self):
        await until_available(self.engine.open, "open the engine")
        await until_available(lambda: self.engine.register(*SAGAS.values()), "register sagas")
        self.notes.note("is ready", saga="")
        for saga in sorted(self.asked - self.answered):
            await self.start(saga)
        for saga in sorted(self.answered)[-3:]:
            await self.start(saga)  # whoever was told may ask again
        async with asyncio.TaskGroup() as group:
            world = [group.create_task(work()) for work in (self.signal, self.report, self.operate)]
            await self.keep_busy()
            await self.see_to_the_end()
            for task in world:
                task.cancel()

    async def start(self, saga):
        number = number_of(saga)
        self.notes.note("asks", saga=saga)
        self.asked.add(saga)
        given = await until_available(
            lambda: self.engine.start(name_of(number), input_of(number), saga_id=saga), "start a saga"
        )
        self.notes.note("was told", saga=saga, id=given)
        self.answered.add(saga)

    async def keep_busy(self):
        """Start sagas, so that there are always so many in flight, until there are enough."""
        options, enough = self.options, self.folder / ENOUGH
        while not enough.exists():
            room = options.in_flight - await self.unfinished()
            for _ in range(max(0, room) // options.workers):
                await self.start(f"saga-{self.next:06}")
                self.next += options.workers
            await asyncio.sleep(PAUSE)

    async def unfinished(self):
        stats = await until_available(self.engine.stats, "count sagas")
        return stats.running + stats.failed

    async def see_to_the_end(self):
        while await self.unfinished():
            await asyncio.sleep(PAUSE)

    async def signal(self):
        """Send one signal to each saga that waits for one, through whichever engine this is."""
        while True:
            for row in await self.sagas("patient", "running", "retrying"):
                if self.has_to_tell(row.id, "signal"):
                    await self.tell(row.id, "signal", self.engine.signal(row.id, "go", {"from": self.options.number}))
            await asyncio.sleep(PAUSE)

    async def report(self):
        """Do the jobs that the desk has accepted, and report."""
        desk = Ledger(ledger_of(self.folder, "desk"))
        accepted, to_do = Tail(desk.path), []
        while True:
            to_do += [line for line in accepted.news() if line["what"] == "accepted"]
            to_do = [line for line in to_do if self.has_to_tell(line["saga"], "report")]
            for line in to_do:
                await self.report_on(line, desk)
            await asyncio.sleep(PAUSE)

    async def report_on(self, job, desk):
        declined = draw("desk", job["key"]) < 0.2
        if not declined:
            details = {name: job[name] for name in ("action", "saga", "state", "attempt", "key", "payload")}
            desk.note("did", undoes=None, **details)
        error = Failure("Declined", "not approved", retryable=False) if declined else None
        request = self.engine.report(job["saga"], job["state"], {"by": "desk"}, error=error)
        await self.tell(job["saga"], "report", request)

    async def operate(self):
        """Try again whatever has failed."""
        while True:
            for row in await self.sagas(None, "failed", "compensation_failed"):
                await self.tell(row.id, "retry", self.engine.retry(row.id, by="the crash test"))
            await asyncio.sleep(PAUSE)

    async def sagas(self, name, *statuses):
        which = Filter(name=name, statuses=statuses)
        return (await until_available(lambda: self.engine.list(which, limit=1000), "list sagas")).sagas

    def has_to_tell(self, saga, what):
        """Whether this worker has to send that: rather not the one that has started the saga, and probably runs it."""
        return (saga, what) not in self.told and (number_of(saga) + 1) % self.options.workers == self.options.number

    async def tell(self, saga, what, request):
        self.notes.note("sends", saga=saga, about=what)
        try:
            await request
        except UnexpectedEvent as refusal:
            self.notes.note("was refused", saga=saga, about=what, why=str(refusal))
        except StoreUnavailableError as error:
            self.notes.note("does not know", saga=saga, about=what, why=str(error))
            return
        else:
            self.notes.note("has sent", saga=saga, about=what)
        self.told.add((saga, what))


def number_of(saga):
    """Return the number in a saga's id."""
    return int(saga.split("-")[1])


def options_of(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", help="URL of the store")
    parser.add_argument("folder", help="where the ledgers are")
    parser.add_argument("--in-flight", type=int, default=200, help="how many to have unfinished at a time")
    parser.add_argument("--number", type=int, default=0, help="which of the workers this is")
    parser.add_argument("--workers", type=int, default=1, help="how many there are")
    parser.add_argument("--lease", type=float, default=10.0, help="seconds after which it is taken for dead")
    return parser.parse_args(arguments)


async def main(options, store=None):
    """Run sagas until there are none left, on this store if it is not the one of the command line."""
    limits = Limits(sleep_after=1.0, lease=options.lease, beat=options.lease / 5)
    engine = Engine(store or options.store, services_in(options.folder), limits=limits)
    try:
        await Worker(engine, options).work()
    finally:
        await engine.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s")
    asyncio.run(main(options_of()))
