"""After the crashes: is each saga what it should be? Each finding is a sentence; none is what everybody wants."""

from __future__ import annotations

from collections import Counter, defaultdict

from sagadsl.machine.events import (
    TIMEOUT,
    CompensationFailed,
    CompensationSucceeded,
    SagaStarted,
    StepFailed,
    StepSucceeded,
    TimerFired,
)
from tests.crash.audit_together import ALL
from tests.crash.world import completed, key_of, undo_key

FINAL = ("completed", "compensated")
RESULTS = (StepSucceeded, StepFailed, CompensationSucceeded, CompensationFailed)


def findings(world):
    """Yield what is wrong."""
    for story in world.stories.values():
        for wrong in _wrong_with(story):
            yield f"{story.row.id} ({story.row.name}, {story.row.status}): {wrong}"
    for check in ALL:
        yield from check(world)


def _wrong_with(story):
    yield from its_log_is_whole(story)
    if story.misfit is not None:
        yield f"its events are not those of a saga: {story.misfit}"
        return
    for check in EACH:
        yield from check(story)


def it_has_ended(story):
    if story.row.status not in FINAL:
        yield "it has not ended"


def its_log_is_whole(story):
    numbers = [event.seq for event in story.events]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"its events are numbered {numbers}"
    times = [event.at for event in story.events]
    if times != sorted(times):
        yield "time goes back in its log"
    if not isinstance(story.events[0], SagaStarted) or sum(isinstance(e, SagaStarted) for e in story.events) != 1:
        yield "it does not begin with its start, or begins twice"


def nothing_is_in_its_log_twice(story):
    results = Counter(_result(event) for event in story.events if isinstance(event, RESULTS))
    timers = Counter(("TimerFired", e.timer_id) for e in story.events if isinstance(e, TimerFired))
    for what, times in (results + timers).items():
        if times > 1:
            yield f"{what} is in its log {times} times"


def _result(event):
    """What an event says the outcome of; a time-out, the action's own late answer and a report are three of them."""
    timed_out = isinstance(event, StepFailed | CompensationFailed) and event.error.code == TIMEOUT
    reported = getattr(event, "reported", False)
    return type(event).__name__, event.state, event.region, event.execution, event.attempt, timed_out, reported


def its_row_says_what_its_log_says(story):
    row, saga = story.row, story.saga
    error = None if saga.error is None else saga.error.code
    for name, said, logged in (
        ("status", row.status, saga.status),
        ("error_code", row.error_code, error),
        ("error_state", row.error_state, saga.error_state),
        ("created_at", row.created_at, story.events[0].at),
        ("hash", row.hash, story.events[0].hash),
        ("owner", row.owner, None),
        ("key", row.key, saga.key),
    ):
        if said != logged:
            yield f"its row has the {name} {said!r}, and its log {logged!r}"
    if row.ended_at is None or not story.events[0].at <= row.ended_at <= story.events[-1].at:
        yield f"it ended at {row.ended_at}, outside its log"


def nothing_is_left_to_do(story):
    if story.saga.outstanding:
        yield f"it is at its end, and yet waits for {list(story.saga.outstanding.values())}"


def its_effects_fit_its_status(story):
    """Completed: everything that was done stands. Compensated: everything that was done has been undone."""
    if story.row.status == "completed":
        for key in completed(story):
            if key not in story.did:
                yield f"{key} is complete in the log, and was never done"
        for key in story.undone.keys() & set(completed(story)):
            yield f"{key} is complete in the log, and was undone"
    else:
        for key in story.did.keys() - story.undone.keys():
            yield f"{key} was done and not undone"


def it_was_undone_in_reverse_order(story):
    if story.row.status != "compensated":
        return
    done = [key for key in completed(story) if key in story.undone]
    undone = sorted(done, key=lambda key: story.undone[key])
    if undone != done[::-1]:
        yield f"{done} were completed in this order, and undone as {undone}"


def every_attempt_has_its_key(story):
    """The same key, and with it the same payload, for every attempt; and attempts are counted without a gap."""
    of = defaultdict(list)
    for line in story.lines:
        if line["what"] == "called":
            of[line["key"]].append(line)
    for key, lines in of.items():
        expected = f"{story.row.id}/{lines[0]['state']}"
        if not (key == expected or key.startswith(expected + "/")):
            yield f"{key} is no key of the state {lines[0]['state']}"
        if len({(line["state"], line["action"], line["undoes"], line["payload"]) for line in lines}) != 1:
            yield f"{key} was used for different things"
        attempts = {line["attempt"] for line in lines}
        if attempts != set(range(1, len(attempts) + 1)):
            yield f"{key} was tried as the attempts {sorted(attempts)}"
        if lines[0]["action"] == "undo" and key != undo_key(story.row.id, lines[0]["undoes"]):
            yield f"{key} is told to undo {lines[0]['undoes']}"


def the_log_says_only_what_was_called(story):
    called = {(line["key"], line["attempt"]) for line in story.lines if line["what"] == "called"}
    for event in story.events:
        if isinstance(event, StepSucceeded | CompensationSucceeded):
            state = story.saga.definition.all_states[event.state]
            if getattr(state, "service", None) is None:
                continue
            key = key_of(story.row.id, event)
            if isinstance(event, CompensationSucceeded):
                key = undo_key(story.row.id, key)
            if (key, event.attempt) not in called:
                yield f"the log has an answer for attempt {event.attempt} of {key}, which was never called"


EACH = (
    it_has_ended,
    nothing_is_in_its_log_twice,
    its_row_says_what_its_log_says,
    nothing_is_left_to_do,
    its_effects_fit_its_status,
    it_was_undone_in_reverse_order,
    every_attempt_has_its_key,
    the_log_says_only_what_was_called,
)
