"""Sagas that nobody goes on with, because no engine that is at work offers what they call."""

import asyncio
import json
import time

import pytest

from sagadsl.runtime.processes import this_process
from sagadsl.runtime.store.contract import EngineRow
from sagadsl.runtime.store.opening import open_store

EVERYTHING = ("air.book", "air.cancel", "hotel.book", "hotel.cancel")


@pytest.fixture
def at_work(store):
    """Let an engine be at work that offers these actions; `None` is one that does not say."""

    def join(name, actions, process=None):
        async def enter():
            opened = open_store(store)
            await opened.open()
            await opened.join(EngineRow(name, "here", process or this_process(), time.time(), actions=actions))
            await opened.close()

        asyncio.run(enter())

    return join


@pytest.fixture
def left(keep, trip):
    """A saga in the middle of everything that nobody runs, and one that has failed for good."""
    keep(trip, "trip-left", {"city": "Rome"}, first=2)


def words(text):
    return " ".join(text.split())


def listed(sagadsl):
    return json.loads(sagadsl("ls", "--format", "json").out)["sagas"][0]


def test_where_engines_lack_an_action_it_is_said_which_and_what_to_do(sagadsl, left, at_work):
    at_work("old", ("hotel.book", "hotel.cancel"))
    at_work("older", ("hotel.book",))
    why = "no engine at work offers air.book, air.cancel"

    assert f"nobody: {why}; a `sagadsl worker` with services that do takes it up" in words(
        sagadsl("show", "trip-left").out
    )
    assert f"1 of these is not finished, and {why}" in sagadsl("ls").err
    assert f"1 not finished, and {why}" in sagadsl("stats").out
    assert listed(sagadsl)["obstacle"] == why
    assert json.loads(sagadsl("show", "trip-left", "--format", "json").out)["obstacle"] == why
    assert json.loads(sagadsl("stats", "--format", "json").out)["stranded"] == {why: 1}


@pytest.mark.parametrize("others", [EVERYTHING, None])
def test_where_one_engine_can_do_everything_or_does_not_say_nothing_is_wrong(sagadsl, left, at_work, others):
    at_work("old", ("hotel.book",))
    at_work("new", others)

    assert "takes it up" in words(sagadsl("show", "trip-left").out)
    assert sagadsl("ls").err == ""
    assert listed(sagadsl)["obstacle"] is None
    assert json.loads(sagadsl("stats", "--format", "json").out)["stranded"] == {}


def test_engines_that_are_gone_or_only_record_decisions_are_not_at_work(sagadsl, left, at_work):
    realm, _, _ = this_process().split(" ")
    at_work("dead", EVERYTHING, f"{realm} 4194305 1")
    at_work("recorder", ())

    assert "1 of these is not finished, and nobody is at work on this store" in sagadsl("ls").err
    assert "nobody is at work on this store" in sagadsl("stats").out


def test_a_saga_that_runs_is_in_good_hands(sagadsl, keep, trip, at_work):
    keep(trip, "trip-owned", {"city": "Rome"}, first=2, owned=True)
    at_work("old", ("hotel.book",))

    assert listed(sagadsl)["obstacle"] is None


def test_who_is_about_to_decide_is_told_that_nobody_will_carry_it_out(sagadsl, keep, write, at_work):
    text = "name: stay\nsteps: [{id: pay, service: bank, action: pay, compensation: refund, on_failure: fail}]\n"
    from sagadsl.machine.events import Failure

    keep(write("stay.yaml", text), "stay-1", {}, [("pay", Failure("NoFunds", "", retryable=False))])
    at_work("old", ("hotel.book",))
    why = "no engine at work offers bank.pay, bank.refund"

    assert f"1 of these is not finished, and {why}" in sagadsl("dead-letters").err
    assert f"{why}: whatever is decided waits for" in words(sagadsl("dead-letters", "stay-1").out)
    assert json.loads(sagadsl("dead-letters", "--format", "json").out)["sagas"][0]["obstacle"] == why
    assert why in sagadsl("retry", "stay-1").out


def test_the_actions_of_a_saga_that_the_saga_runs_are_needed_too(sagadsl, keep, trip, write, at_work):
    around = (
        "name: around\nstates:\n  go: {type: saga, saga: trip, input: {city: x}, next: done}\n  done: {type: succeed}\n"
    )
    keep(trip, "trip-done", {"city": "Rome"})
    keep(write("around.yaml", around), "around-1", {}, first=1)
    at_work("old", ("hotel.book",))

    obstacles = {row["saga_id"]: row["obstacle"] for row in json.loads(sagadsl("ls", "--format", "json").out)["sagas"]}

    assert "air.book" in obstacles["around-1"]


def test_an_engine_says_what_its_services_offer(sagadsl, left, store):
    from sagadsl import Engine
    from sagadsl.cli.service_module import load_services

    async def entry(path):
        async with Engine(store, load_services([str(path)])) as engine:
            (row,) = [each for each in await engine.store.engines() if each.process == this_process()]
            return row.actions

    from pathlib import Path

    path = Path(store.removeprefix("sqlite:///")).parent / "stay_services.py"
    path.write_text(
        "from sagadsl import Services\nservices = Services()\n"
        "@services.action('hotel.book')\ndef book(payload: dict): ...\n",
        encoding="utf-8",
    )
    assert asyncio.run(entry(path)) == ("hotel.book",)
