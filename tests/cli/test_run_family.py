"""What is told of a saga that runs others: whose line it is, by one clock, and which of them needs a person."""

import pytest

from tests.cli.processes import Site

SIDE = """\
name: side
input: {type: object, required: [n], properties: {n: {type: integer}}}
defaults: {retry: {max_attempts: 1}}
steps: [{id: take, service: stock, action: take, compensation: put_back, payload: {n: "${input.n}"}}]
"""
AROUND = """\
name: around
defaults: {retry: {max_attempts: 1}}
states:
  all:
    type: map
    items: "[1, 2]"
    max_concurrency: 2
    steps: [{id: one, type: saga, saga: side, input: {n: "${item}"}}]
    next: close
  close: {service: till, action: close, next: end}
  end: {type: succeed}
"""
SERVICES = """\
import asyncio
from sagadsl import ActionError, Services

services = Services()


@services.action("stock.take")
async def take(n):
    await asyncio.sleep(0.05 * n)


@services.action("stock.put_back")
async def put_back():
    raise ActionError("Broken", "the shelf has gone", retryable=False)


@services.action("till.close")
async def close():
    raise ActionError("Jammed", "the till is jammed", retryable=False)
"""


@pytest.fixture
def site(tmp_path, store):
    site = Site(tmp_path, store)
    yield site
    site.stop_all()


def test_each_line_says_whose_it_is_by_one_clock_and_who_needs_a_person(site, write):
    files = [write("around.yaml", AROUND), "--saga", write("side.yaml", SIDE)]
    run = site.begin("run", *files, "--services", write("shop.py", SERVICES), "--id", "big")

    lines = []
    for line in run.stdout:
        lines.append(line.split(maxsplit=2))
        if "needs a person" in line:
            break

    said = [" ".join(words.split()) for _, _, words in lines]
    assert "one/0 > take stock.take" in said
    assert "one/1 > take not undone: Broken: the shelf has gone" in said
    assert said[-1] == "one/1 > side needs a person: `sagadsl dead-letters big/one/1`"
    times = [float(at.rstrip("s")) for at, _, _ in lines]
    assert times == sorted(times)
    assert times[-1] > 0.1
