"""After the crashes: do the sagas fit together, and is all there that was promised?"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from sagadsl.machine.events import LocksAcquired, SignalReceived, StepSucceeded
from tests.crash.sagas import input_of, name_of


def what_was_promised_is_there(world):
    for line in world.requests:
        if line["what"] == "was told" and line["id"] not in world.stories:
            yield f"{line['id']}: its start was acknowledged, and it is not there"


def nothing_is_there_that_nobody_asked_for(world):
    asked = {line["saga"] for line in world.requests if line["what"] == "asks"}
    for saga_id, story in world.stories.items():
        top = saga_id.split("/")[0]
        number = int(top.split("-")[1])
        if top not in asked:
            yield f"{saga_id}: nobody asked for it"
        elif saga_id == top and (story.row.name, story.events[0].input) != (name_of(number), input_of(number)):
            yield f"{saga_id}: something else was asked for"
    for line in world.lines:
        if line["saga"] not in world.stories:
            yield f"{line['saga']}: {line['key']} was called for it, and it is not there"


def signals_came_as_often_as_they_were_sent(world):
    count = {(what, line["saga"]): 0 for line in world.requests for what in ("sends", "has sent")}
    for line in world.requests:
        if line.get("about") == "signal" and line["what"] in ("sends", "has sent"):
            count[line["what"], line["saga"]] += 1
    for saga_id, story in world.stories.items():
        came = sum(isinstance(event, SignalReceived) for event in story.events)
        most, least = count.get(("sends", saga_id), 0), count.get(("has sent", saga_id), 0)
        if not least <= came <= most:
            yield f"{saga_id}: {came} signals came, of {most} that were sent and {least} that were acknowledged"


def locks_exclude_each_other(world):
    if world.locks:
        yield f"locks are held although everything has ended: {world.locks}"
    holders = defaultdict(list)
    for story in world.stories.values():
        began = next((event.at for event in story.events if isinstance(event, LocksAcquired)), None)
        for name in story.saga.locks if began is not None and story.misfit is None else ():
            holders[name].append((began, story.row.ended_at, story.row.id))
    yield from _overlaps(holders, "held the lock")


def business_keys_exclude_each_other(world):
    """By when each was called for first: a start may wait for a key while the one that has it is being written."""
    holders = defaultdict(list)
    for story in world.stories.values():
        if story.row.key is not None:
            began = min((line["at"] for line in story.lines), default=story.row.created_at)
            holders[story.row.key].append((began, story.row.ended_at, story.row.id))
    yield from _overlaps(holders, "had the key")


def _overlaps(holders, what):
    for name, spans in holders.items():
        spans.sort()
        for (_, end, one), (begin, _, other) in pairwise(spans):
            if end is None or begin < end:
                yield f"{one} and {other} {what} {name} at the same time"


def children_end_as_their_parents_do(world):
    for saga_id, story in world.stories.items():
        parent = story.row.parent
        if (parent is None) != ("/" not in saga_id):
            yield f"{saga_id}: its parent is {parent}"
        elif parent is not None:
            around = world.stories[parent].row.status
            if around == "completed" and story.row.status != "completed":
                yield f"{saga_id}: it is {story.row.status}, and {parent} is completed"
            if around == "compensated" and story.row.status != "compensated":
                yield f"{saga_id}: it is {story.row.status}, and {parent} is compensated"
    for story in world.stories.values():
        ran = any(isinstance(e, StepSucceeded) and e.state == "stay" for e in story.events)
        if story.row.name == "journey" and ran and f"{story.row.id}/stay" not in world.stories:
            yield f"{story.row.id}: the saga that it ran is not there"


ALL = (
    what_was_promised_is_there,
    nothing_is_there_that_nobody_asked_for,
    signals_came_as_often_as_they_were_sent,
    locks_exclude_each_other,
    business_keys_exclude_each_other,
    children_end_as_their_parents_do,
)
