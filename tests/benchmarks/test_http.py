"""What a call over HTTP costs in processor time: with a circuit breaker and without, one at a time and many at once.

    pip install 'sagadsl[test]'
    pytest -s tests/benchmarks/test_http.py

The server is a process of its own. The contestants take turns, and of each the best round counts.
"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sagadsl import Engine, compile_saga, load
from tests.runtime.http.calling import shop

ROOT = Path(__file__).parents[2]
CALLS = 400
ROUNDS = 5
SAGA = compile_saga(load("name: a\nsteps: [{id: s, service: shop, action: do, kind: read_only}]"))
SERVER = """
import sys
from tests.runtime.http.server import Server, keep_alive

async def answer(connection):
    await connection.request()
    await connection.json({})

with Server(keep_alive(answer)) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def url():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, text=True, **pipes) as server:
        yield server.stdout.readline().strip()
        server.stdin.close()


async def cost(services, at_once):
    """Seconds of processor time for each call."""
    async with Engine("memory:", services) as engine:
        await engine.run(SAGA, {})
        begun = time.process_time()
        for _ in range(CALLS // at_once):
            await asyncio.gather(*(engine.run(SAGA, {}) for _ in range(at_once)))
        return (time.process_time() - begun) / CALLS


def best(**contestants):
    """The best round of each."""
    found = dict.fromkeys(contestants, 1e9)
    for _ in range(ROUNDS):
        for name, (services, at_once) in contestants.items():
            found[name] = min(found[name], asyncio.run(cost(services, at_once)))
    sys.stdout.write("".join(f"\n  {name:20} {1e6 * seconds:6.0f} µs" for name, seconds in found.items()) + "\n")
    return found


def test_a_circuit_breaker_costs_next_to_nothing(url):
    found = best(plain=(shop(url), 1), guarded=(shop(url, breaker="{}"), 1))

    assert found["guarded"] < 1.2 * found["plain"]


def test_a_call_among_many_costs_no_more_than_one_alone(url):
    found = best(alone=(shop(url), 1), among_many=(shop(url, max_connections=200), 200))

    assert found["among_many"] < 1.5 * found["alone"]
