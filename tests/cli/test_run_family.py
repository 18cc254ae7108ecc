"""What is told of a saga that runs others: whose line it is, by one clock, and which of them needs a person."""

import signal

import pytest

from tests.cli.processes import Site, ended

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


def test_a_saga_that_has_failed_needs_a_person_as_well(site, write):
    """It has passed its pivot, so nothing undoes it, and the saga around it waits for what is decided."""
    small = "name: small\ndefaults: {retry: {max_attempts: 1}}\nsteps:\n"
    small += "  - {id: pay, service: stock, action: take, payload: {n: 1}, kind: pivot, compensation: put_back}\n"
    small += "  - {id: close, service: till, action: close}\n"
    around = "name: around\nsteps: [{id: one, type: saga, saga: small, kind: pivot}]\n"
    files = [write("around.yaml", around), "--saga", write("small.yaml", small)]
    run = site.begin("run", *files, "--services", write("shop.py", SERVICES), "--id", "big")

    said = []
    for line in run.stdout:
        said.append(" ".join(line.split()[1:]))
        if "needs a person" in line or len(said) > 20:
            break

    assert said[-1] == "⚡ one > small needs a person: `sagadsl dead-letters big/one`"


CLOSED = """\
name: closed
steps: [{id: move, service: stock, action: put_back, kind: read_only, on_failure: fail, retry: {max_attempts: 1}}]
"""
ABOVE = "name: above\nsteps: [{id: kid, type: saga, saga: closed}, {id: last, service: stock, action: take, kind: read_only, payload: {n: 0}}]\n"
NEEDS = "kid > closed needs a person: `sagadsl dead-letters a/kid`"


def until_told(process, text):
    """Return what a process says until it says this."""
    lines = []
    for line in process.stdout:
        lines.append(" ".join(line.split()))
        if text in lines[-1]:
            return lines
    raise AssertionError(f"{text!r} is not in {lines}")


@pytest.fixture
def run(site, write):
    """A saga that runs another, which has failed and waits for a person."""
    sagas = [write("above.yaml", ABOVE), "--saga", write("closed.yaml", CLOSED)]
    process = site.begin("run", *sagas, "--services", write("shop.py", SERVICES), "--id", "a")
    until_told(process, NEEDS)
    return process


def test_who_stops_waiting_for_a_saga_below_is_led_to_it_and_so_is_who_goes_on(site, run, tmp_path):
    run.send_signal(signal.SIGINT)
    code, _, err = ended(run)
    assert code == 130
    assert "dead-letters a/kid" in err

    resumed = site.begin("resume", "a", "--services", tmp_path / "shop.py")
    told = until_told(resumed, "dead-letters a/kid")
    assert "saga a/kid, closed, which is failed, because of Broken at move: the shelf has gone" in told[-1]


def test_what_somebody_else_decides_about_a_saga_below_is_told_before_what_comes_of_it(site, run):
    code, _, err = site.run("resolve", "a/kid", "move", "--output", "{}", "--by", "Kim")
    assert code == 0, err

    code, out, _ = ended(run)
    told = [" ".join(line.split()[1:]) for line in out.splitlines()]
    assert code == 0
    assert told.index("⚡ kid > closed resolve move by Kim") < told.index("✓ kid") < told.index("✓ last")
