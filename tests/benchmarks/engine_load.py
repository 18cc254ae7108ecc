"""What the measurements of the engine run, each in a process of its own; the last line it prints is JSON.

    python -m tests.benchmarks.engine_load throughput sqlite:////tmp/saga.db 5000 1000
    python -m tests.benchmarks.engine_load --worker latency sqlite:////tmp/saga.db 10000

With `--worker`, Python is set as for a process that is an engine and little else: its garbage collector, and how soon
threads go on; without, it is left as it comes, as in somebody's own service.

Five steps as in `sagas.chain`, with actions that do nothing, or sleep, or never answer. Every event is in the store
before anything follows from it: SQLite with WAL and `synchronous=FULL`, PostgreSQL with `fsync` and
`synchronous_commit` as the server has them.
"""

import asyncio
import contextlib
import json
import random
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path

from sagadsl import Engine, Services, compile_saga, load
from sagadsl.cli.interpreter import tune_the_interpreter
from sagadsl.machine.commands import Finish
from sagadsl.runtime import ActionContext, Limits
from tests.benchmarks.sagas import chain

STEPS = 5
EVENTS = STEPS + 1
INPUT = {"amount": 1.0}
PROBES, PROBES_A_SECOND = 400, 20
SLEEP = (8.0, 16.0)  # seconds of an action where sagas are to be in flight
ROOMY = Limits(actions=100_000)


def compiled_chain():
    return compile_saga(load(chain(STEPS)))


WORKER = "--worker" in sys.argv


@contextlib.asynccontextmanager
async def ready(url, act, **options):
    """An engine that is open and knows the definition."""
    compiled = compiled_chain()
    async with Engine(url, services(act), **options) as engine:
        await engine.register(compiled)
        if WORKER:
            tune_the_interpreter()
        yield engine, compiled


def services(act):
    """Services whose actions are all this function."""
    registry = Services()
    for name in ("accounts.book", "accounts.unbook"):
        registry.action(name)(act)
    return registry


async def answer(payload: dict):
    return {"ref": "r"}


async def sleep(payload: dict):
    await asyncio.sleep(random.uniform(*SLEEP))
    return {"ref": "r"}


class Ends:
    """Hears of the ends of sagas; a listener of an engine."""

    def __init__(self):
        self.statuses = defaultdict(lambda: asyncio.get_running_loop().create_future())

    def __call__(self, saga, event, commands):
        if commands and isinstance(commands[-1], Finish):
            self.statuses[saga.id].set_result(saga.status)

    async def of(self, saga_id):
        status = await self.statuses[saga_id]
        del self.statuses[saga_id]
        return status


async def throughput(url, total, in_flight):
    """Run so many sagas, so many at a time; each is begun when another has ended."""
    ends, numbers = Ends(), iter(range(total))
    async with ready(url, answer, on_event=ends, limits=Limits(actions=in_flight)) as (engine, compiled):

        async def one_after_another():
            for _ in numbers:
                assert await ends.of(await engine.start(compiled, INPUT)) == "completed"

        began, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(one_after_another())
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        stats = await engine.stats()
    assert stats.completed >= total
    return {"sagas": total, "seconds": seconds, "cpu": cpu}


async def outcomes(url, total, in_flight):
    """Likewise with `engine.run`, which also brings every saga's outcome back from the store."""
    numbers = iter(range(total))
    async with ready(url, answer, limits=Limits(actions=in_flight)) as (engine, compiled):

        async def one_after_another():
            for _ in numbers:
                assert (await engine.run(compiled, INPUT)).status == "completed"

        began, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(one_after_another())
        return {"sagas": total, "seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


async def latency(url, in_flight):
    """Have so many sagas in flight, whose actions take seconds, and ask for `start` and `get` all the while."""
    async with ready(url, sleep, limits=ROOMY) as (engine, compiled):
        warm = await engine.start(compiled, INPUT)
        await engine.get(warm)
        before = _resident()
        ids = [warm, *await asyncio.gather(*(engine.start(compiled, INPUT) for _ in range(in_flight)))]
        weight = (_resident() - before) / in_flight
        await asyncio.sleep(1)
        starts, gets = await asyncio.gather(
            _probe(lambda: engine.start(compiled, INPUT)), _probe(lambda: engine.get(random.choice(ids)))
        )
        active = (await engine.stats()).running
    assert active >= in_flight
    return {"active": active, "start": starts, "get": gets, "bytes": weight}


async def _probe(ask):
    """Ask at a steady pace, whether the one before has been answered or not; return the seconds each one took."""
    loop = asyncio.get_running_loop()
    first = loop.time()

    async def once(number):
        due = first + number / PROBES_A_SECOND
        await asyncio.sleep(due - loop.time())
        await ask()
        return loop.time() - due

    return await asyncio.gather(*(once(number) for number in range(PROBES)))


def _resident():
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


async def begin(url, count):
    """Start so many sagas, whose third step never answers; say so when all of them wait for it, and wait to be killed."""
    await _hang(url, count, "waiting", start=True)


async def resume(url, count):
    """Take up what another process has left; say so when every saga's third step has been called again."""
    await _hang(url, count, "running", start=False)


async def _hang(url, count, word, start):
    called, all_called = set(), asyncio.Event()

    async def act(payload: dict, context: ActionContext):
        if context.state != "s2":
            return {"ref": "r"}
        called.add(context.saga_id)
        if len(called) == count:
            all_called.set()
        return await asyncio.Event().wait()

    async with ready(url, act, limits=ROOMY) as (engine, compiled):
        if start:
            await asyncio.gather(*(engine.start(compiled, INPUT) for _ in range(count)))
        await all_called.wait()
        print(json.dumps({word: len(called)}), flush=True)
        await asyncio.Event().wait()


def main():
    what, url, *numbers = (argument for argument in sys.argv[1:] if argument != "--worker")
    scenario = {f.__name__: f for f in (throughput, outcomes, latency, begin, resume)}[what]
    print(json.dumps(asyncio.run(scenario(url, *map(int, numbers)))))


if __name__ == "__main__":
    main()
