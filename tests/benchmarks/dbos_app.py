"""The same five steps with DBOS; run as `engine_load.py` is.

    python -m tests.benchmarks.dbos_app sqlite:////tmp/dbos.db threads 500 1000 1 tuned

Each step is a `@DBOS.step`, called with the input and the answer before it, and the workflow is started with
`DBOS.start_workflow`: the way its documentation begins with, and the one that its makers' own benchmark measures (local
starts, no queue, which would cost one more write). Its retries are switched on as ours are; compensations are not
written at all, so the peer does less. DBOS checkpoints every step in a transaction of its own.
"""

import asyncio
import json
import sys
import time
from collections import deque

from dbos import DBOS
from sqlalchemy import event
from sqlalchemy.engine import Engine

STEPS = 5
WARM_UP = 20
EXECUTOR_THREADS = 512  # as in the benchmark of its makers
_RETRIES = {"retries_allowed": True, "max_attempts": 3, "interval_seconds": 1.0}


@DBOS.step(**_RETRIES)
def book(payload):
    return {"ref": "r"}


@DBOS.step(**_RETRIES)
async def book_async(payload):
    return {"ref": "r"}


@DBOS.workflow()
def chain(given):
    before = None
    for _ in range(STEPS):
        before = book({"amount": given["amount"], "before": before})["ref"]
    return before


@DBOS.workflow()
async def chain_async(given):
    before = None
    for _ in range(STEPS):
        before = (await book_async({"amount": given["amount"], "before": before}))["ref"]
    return before


def in_threads(total, in_flight):
    """Plain functions, which DBOS runs in a pool of threads."""
    waiting = deque()
    for _ in range(total):
        if len(waiting) == in_flight:
            assert waiting.popleft().get_result() == "r"
        waiting.append(DBOS.start_workflow(chain, {"amount": 1.0}))
    assert all(handle.get_result() == "r" for handle in waiting)


async def in_tasks(total, in_flight):
    """Coroutines, which DBOS runs in the event loop, and its statements in threads."""
    numbers = iter(range(total))

    async def one_after_another():
        for _ in numbers:
            handle = await DBOS.start_workflow_async(chain_async, {"amount": 1.0})
            assert await handle.get_result() == "r"

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(one_after_another())


def write_ahead(connection, _record):
    """Give its SQLite what ours has: a write-ahead log, and every commit on the disk."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def launch(url, pool, tuned):
    if tuned and url.startswith("sqlite"):
        event.listen(Engine, "connect", write_ahead)
    config = {"name": "sagadsl-beside", "system_database_url": url, "log_level": "ERROR", "application_version": "1"}
    if pool:
        config |= {"sys_db_pool_size": pool, "max_executor_threads": EXECUTOR_THREADS}
    DBOS(config=config)
    DBOS.launch()


async def measure_tasks(url, total, in_flight, pool, tuned):
    launch(url, pool, tuned)
    await in_tasks(WARM_UP, in_flight)
    began, cpu = time.perf_counter(), time.process_time()
    await in_tasks(total, in_flight)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    completed = await DBOS.list_workflows_async(status="SUCCESS", load_input=False, load_output=False)
    return told(total, seconds, cpu, completed)


def measure_threads(url, total, in_flight, pool, tuned):
    launch(url, pool, tuned)
    in_threads(WARM_UP, in_flight)
    began, cpu = time.perf_counter(), time.process_time()
    in_threads(total, in_flight)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return told(total, seconds, cpu, DBOS.list_workflows(status="SUCCESS", load_input=False, load_output=False))


def told(total, seconds, cpu, completed):
    assert len(completed) == WARM_UP + total
    DBOS.destroy()
    return {"sagas": total, "seconds": seconds, "cpu": cpu}


def main():
    url, style, total, in_flight, pool, tuned = sys.argv[1:]
    numbers = (url, int(total), int(in_flight), int(pool), tuned == "tuned")
    print(json.dumps(asyncio.run(measure_tasks(*numbers)) if style == "tasks" else measure_threads(*numbers)))


if __name__ == "__main__":
    main()
