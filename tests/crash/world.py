"""What is left of a crash test: the sagas as the store tells them, and what the services and the workers have noted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sagadsl.machine.events import StepFailed, StepSucceeded
from sagadsl.machine.unexpected import UnexpectedEvent
from sagadsl.runtime.store.contract import Filter, SagaRow
from sagadsl.runtime.store.opening import open_store
from tests.crash.ledger import ledger_of, read, requests_of
from tests.crash.sagas import SAGAS
from tests.crash.services import NAMES

NEVER = float("inf")


@dataclass(frozen=True)
class Story:
    """A saga as the store tells it, and as the ledgers do."""

    row: SagaRow
    events: tuple
    lines: tuple

    @cached_property
    def saga(self):
        return SAGAS[self.row.name].replay(self.row.id, self.events)

    @cached_property
    def misfit(self):
        """Why the events cannot be replayed, if that is so."""
        try:
            return None if self.saga else "there is nothing"
        except UnexpectedEvent as error:
            return str(error)

    @cached_property
    def did(self):
        """The keys of the effects that came about, by when they did; one that was undone before never does."""
        did = {}
        for line in self.lines:
            if line["what"] == "did" and line["t"] < self.undone.get(line["key"], NEVER):
                did.setdefault(line["key"], line["t"])
        return did

    @cached_property
    def undone(self):
        """The keys of the actions that were undone, by when that was."""
        undone = {}
        for line in self.lines:
            if line["what"] == "undone":
                undone.setdefault(line["undoes"], line["t"])
        return undone


@dataclass(frozen=True)
class World:
    """Everything that is left of a crash test."""

    stories: dict
    locks: dict
    lines: tuple
    requests: tuple


async def the_world(url, folder):
    """Read the store and the ledgers."""
    rows, histories, locks = await _everything_in(url)
    lines = sorted((line for name in NAMES for line in read(ledger_of(folder, name))), key=lambda line: line["t"])
    of = defaultdict(list)
    for line in lines:
        of[line["saga"]].append(line)
    stories = {row.id: Story(row, tuple(histories[row.id]), tuple(of[row.id])) for row in rows}
    return World(stories, locks, tuple(lines), tuple(_requests(folder)))


def _requests(folder):
    for path in sorted(Path(folder).glob(requests_of(".", "*").name)):
        yield from read(path)


async def _everything_in(url):
    store = open_store(url)
    await store.open()
    try:
        rows, after = [], None
        while True:
            page = await store.list(Filter(), after=after, limit=500)
            rows += page.sagas
            after = page.after
            if after is None:
                break
        return rows, await store.histories([row.id for row in rows]), await store.locks()
    finally:
        await store.close()


def completed(story):
    """Return the keys of the steps with an effect that the log says were completed, in their order."""
    done, given_up = [], set()
    for event in story.events:
        if isinstance(event, StepFailed):
            given_up.add((event.state, event.region, event.execution, event.attempt))
        elif isinstance(event, StepSucceeded) and _has_effect(story, event):
            execution = story.saga.executions[event.state, event.region, event.execution]
            late = (event.state, event.region, event.execution, event.attempt) in given_up
            if not late and event.attempt == execution.attempts.number:
                done.append(key_of(story.row.id, event))
    return done


def _has_effect(story, event):
    state = story.saga.definition.all_states[event.state]
    return getattr(state, "action", "look") != "look" and (event.reported or not state.callback)


def key_of(saga_id, event):
    """The idempotency key by the specification (`language.md`, "What happens", 6 and 8)."""
    index = f"/{event.region}" if event.region else ""
    again = f":{event.execution}" if event.execution > 1 else ""
    return f"{saga_id}/{event.state}{index}{again}"


def undo_key(saga_id, undoes):
    """The key of a compensation, made from the one of the action that it undoes."""
    place, colon, again = undoes.removeprefix(saga_id).partition(":")
    return f"{saga_id}{place}/compensate{colon}{again}"
