"""The audit notices what it is there for: a world in which everything fits is spoilt, one thing at a time."""

import asyncio
from dataclasses import replace

import pytest

from sagadsl.machine.events import LocksAcquired, SagaStarted, SignalReceived, StepSucceeded
from tests.crash import worker
from tests.crash.audit import findings
from tests.crash.world import Story, the_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What a process leaves that ran some sagas of each kind, and was not killed."""
    folder = tmp_path_factory.mktemp("audited")
    url = f"sqlite:///{folder / 'saga.db'}"
    options = worker.options_of([url, str(folder), "--in-flight", "48"])

    async def run():
        working = asyncio.ensure_future(worker.main(options))
        while not working.done() and (await _how_many(folder)) < 120:
            await asyncio.sleep(0.1)
        (folder / worker.ENOUGH).touch()
        await working
        return await the_world(url, folder)

    return asyncio.run(run())


async def _how_many(folder):
    notes = folder / "worker-0.jsonl"
    return notes.read_text().count("was told") if notes.exists() else 0


def one(world, name, status):
    """A story of this kind: of a parent, as its child is told of with it."""
    return next(s for s in world.stories.values() if (s.row.name, s.row.status) == (name, status))


def with_story(world, story):
    return replace(world, stories={**world.stories, story.row.id: story})


def without(lines, **what):
    return tuple(line for line in lines if any(line.get(key) != value for key, value in what.items()))


def renumbered(events):
    return tuple(replace(event, seq=number) for number, event in enumerate(events, 1))


def test_a_world_in_which_everything_fits_has_no_findings(world):
    assert len(world.stories) > 100
    assert [*findings(world)] == []


def lose_an_event(world):
    story = one(world, "order", "completed")
    return with_story(world, replace(story, events=(*story.events[:2], *story.events[3:])))


def double_an_event(world):
    story = one(world, "patient", "completed")
    signal = next(event for event in story.events if isinstance(event, SignalReceived))
    at = signal.seq
    return with_story(world, replace(story, events=renumbered((*story.events[:at], signal, *story.events[at:]))))


def set_time_back(world):
    story = one(world, "order", "completed")
    last = replace(story.events[-1], at=story.events[0].at - 1)
    return with_story(world, replace(story, events=(*story.events[:-1], last)))


def lie_in_the_row(world):
    story = one(world, "five", "compensated")
    return with_story(world, replace(story, row=replace(story.row, status="completed")))


def forget_to_undo(world):
    story = one(world, "five", "compensated")
    undone = next(line for line in story.lines if line["what"] == "undone")
    return with_story(world, replace(story, lines=without(story.lines, what="undone", undoes=undone["undoes"])))


def undo_what_is_complete(world):
    story = one(world, "order", "completed")
    did = next(line for line in story.lines if line["what"] == "did")
    undone = {**did, "what": "undone", "undoes": did["key"], "t": did["t"] + 1}
    return with_story(world, replace(story, lines=(*story.lines, undone)))


def never_do_what_is_complete(world):
    story = one(world, "order", "completed")
    did = next(line for line in story.lines if line["what"] == "did")
    return with_story(world, replace(story, lines=without(story.lines, what="did", key=did["key"])))


def undo_in_the_wrong_order(world):
    story = next(
        s for s in world.stories.values() if (s.row.name, s.row.status) == ("five", "compensated") and len(s.undone) > 2
    )
    last = max(story.undone.values())
    turned = tuple({**line, "t": last - line["t"]} if line["what"] == "undone" else line for line in story.lines)
    did = tuple({**line, "t": -1} if line["what"] == "did" else line for line in turned)
    return with_story(world, replace(story, lines=did))


def change_a_key(world):
    story = one(world, "order", "completed")
    call = next(line for line in story.lines if line["what"] == "called")
    other = {**call, "key": call["key"] + "?", "attempt": 2}
    return with_story(world, replace(story, lines=(*story.lines, other)))


def change_a_payload(world):
    story = one(world, "order", "completed")
    call = next(line for line in story.lines if line["what"] == "called")
    return with_story(world, replace(story, lines=(*story.lines, {**call, "payload": 1})))


def answer_without_a_call(world):
    story = one(world, "order", "completed")
    answer = next(event for event in story.events if isinstance(event, StepSucceeded))
    lines = without(story.lines, what="called", state=answer.state)
    return with_story(world, replace(story, lines=lines))


def lose_a_saga(world):
    lost = one(world, "keyed", "completed").row.id
    return replace(world, stories={name: story for name, story in world.stories.items() if name != lost})


def find_a_saga(world):
    story = one(world, "order", "completed")
    return with_story(world, Story(replace(story.row, id="saga-999999"), story.events, story.lines))


def lose_a_signal(world):
    story = one(world, "patient", "completed")
    kept = tuple(event for event in story.events if not isinstance(event, SignalReceived))
    return with_story(world, replace(story, events=renumbered(kept)))


def share_a_lock(world):
    holders = [s for s in world.stories.values() if s.row.name == "account"]
    first = min(holders, key=lambda s: next(event.at for event in s.events if isinstance(event, LocksAcquired)))
    assert sum(s.saga.locks == first.saga.locks for s in holders) > 1
    late = replace(first.row, ended_at=first.row.ended_at + 3600)
    return with_story(world, replace(first, row=late))


def share_a_key(world):
    keyed = [s for s in world.stories.values() if s.row.name == "keyed"]
    one_of_them, other = keyed[:2]
    both = replace(one_of_them.row, key=other.row.key)
    return with_story(world, replace(one_of_them, row=both, lines=other.lines))


def leave_a_child_behind(world):
    child = next(s for s in world.stories.values() if (s.row.name, s.row.status) == ("stay", "compensated"))
    parent = world.stories[child.row.parent]
    return with_story(world, replace(parent, row=replace(parent.row, status="completed")))


def begin_twice(world):
    story = one(world, "order", "completed")
    start = next(event for event in story.events if isinstance(event, SagaStarted))
    return with_story(world, replace(story, events=renumbered((start, *story.events))))


def keep_a_lock(world):
    return replace(world, locks={"account-1": "saga-000005"})


SPOILERS = {
    lose_an_event: "its events are numbered",
    double_an_event: "signals came",
    set_time_back: "time goes back",
    lie_in_the_row: "its row has the status 'completed'",
    forget_to_undo: "was done and not undone",
    undo_what_is_complete: "is complete in the log, and was undone",
    never_do_what_is_complete: "is complete in the log, and was never done",
    undo_in_the_wrong_order: "were completed in this order",
    change_a_key: "is no key of the state",
    change_a_payload: "was used for different things",
    answer_without_a_call: "which was never called",
    lose_a_saga: "it is not there",
    find_a_saga: "nobody asked for it",
    lose_a_signal: "0 signals came",
    share_a_lock: "held the lock",
    share_a_key: "had the key",
    leave_a_child_behind: "it is compensated, and",
    begin_twice: "begins twice",
    keep_a_lock: "locks are held",
}


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_the_audit_notices(world, spoil):
    found = [*findings(spoil(world))]

    assert [sentence for sentence in found if SPOILERS[spoil] in sentence], found[:3]
